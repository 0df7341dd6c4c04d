"""Turn the output of pip and pip-compile into errors that a user can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from slipway.domain.redaction import redact
from slipway.domain.tool_output.compiler_output import missing_for_build
from slipway.errors.app import DiskFull
from slipway.errors.building import PackageBuildFailed
from slipway.errors.dependencies import (
    THE_APP,
    HashesMissing,
    HashMismatch,
    NoWheelForPython,
    PackageNotFound,
    RequiredPackage,
    ResolutionConflict,
    VersionNotFound,
)
from slipway.errors.fetching import IndexNotTrusted, IndexRefused, IndexUnreachable
from slipway.errors.stopped import BuildStopped

_NOISE = ("Skipping link:", "DEBUG:")

TAIL = 30
"""How many of the last lines of an output an error shows."""

_FETCH = re.compile(r"Could not fetch URL (?P<url>\S+): (?P<reason>.*?)(?: - skipping)?$", re.M)
_HTTP = re.compile(
    r"(?:HTTP error (?P<status>40[137]) while getting (?P<url>\S+)"
    r"|(?P<status2>40[137]) Client Error: .*? for url: (?P<url2>\S+))"
)
_CONNECTION = re.compile(
    r"(?:host='(?P<host>[^']+)'|Failed to connect to (?P<host2>\S+))", re.IGNORECASE
)
_NOT_TRUSTED = re.compile(r"The repository located at (?P<host>\S+) is not a trusted or secure")
_NOT_FOUND = re.compile(r"No matching distribution found for (?P<requirement>.+?)\s*$", re.M)
_VERSIONS = re.compile(r"\(from versions: (?P<versions>[^)]*)\)")
_OTHER_PYTHON = re.compile(
    r"Skipping link: (?P<detail>(?P<version>\S+) Requires-Python (?P<range>\S.*?)): "
    r"\S*/(?P<file>[^/\s#]+)",
    re.M,
)
_OTHER_TAGS = re.compile(
    r"Skipping link: none of the wheel's tags .*?/(?P<file>[^/\s]+\.whl)", re.M
)
_CONFLICT = re.compile(r"The conflict is caused by:\n(?P<causes>(?:[ \t]+\S.*\n?)+)")
_CAUSE = re.compile(
    r"\s*(?:The user requested (?:\(constraint\) )?(?P<own>.+)"
    r"|(?P<required_by>\S+ \S+) depends on (?P<requirement>.+))"
)
_BAD_PYTHON = re.compile(
    r"Package '?(?P<name>[\w.-]+)'? requires a different Python: \S+ not in '(?P<range>[^']+)'"
)
_MISMATCH = re.compile(
    r"THESE PACKAGES DO NOT MATCH THE HASHES.*?\n\s*(?P<package>\S[^\n]*?)(?: from [^\n]*)?:\n"
    r"(?P<expected>(?:\s+(?:Expected|or) \S.*\n)+)\s+Got\s+(?P<got>\w+)",
    re.S,
)
_UNPINNED = re.compile(
    r"(?:These do not:|when any package has a hash\.\))\n(?P<lines>(?:\s+\S.*\n?)+)"
)
_NO_SPACE = re.compile(
    r"(?:\[Errno 28\] )?No space left on device(?::\s*'(?P<path>[^']+)')?|\[Errno 28\]"
)

_BUILT = re.compile(
    r"(?:Failed to build '?(?P<a>[^\s']+)'?|Failed building wheel for (?P<b>[\w.-]+)"
    r"|Building wheel for (?P<c>[\w.-]+) \([^)]*\)[^\n]*error)"
)


def diagnose(output: str, python: str) -> BuildStopped | None:
    """Return the error for a failed tool's output; `python` is the version that it ran with.

    None if the cause is not known.
    """
    return (
        _disk_full(output)
        or _wrong_hashes(output)
        or _refused(output)
        or _conflict(output)
        or _failed_build(output)
        or _unreachable(output)
        or _other_python(output, python)
        or _not_found(output, python)
    )


def tail(output: str) -> tuple[str, ...]:
    """Return the last lines, for an error whose cause is not known."""
    lines = [
        redact(line)
        for line in output.splitlines()
        if line.strip() and not line.startswith(_NOISE)
    ]
    return tuple(lines[-TAIL:])


def _disk_full(output: str) -> BuildStopped | None:
    found = _NO_SPACE.search(output)
    return DiskFull(path=found["path"]) if found else None


def _wrong_hashes(output: str) -> BuildStopped | None:
    found = _MISMATCH.search(output)
    if found:
        expected = tuple(line.split()[-1] for line in found["expected"].strip().splitlines())
        return HashMismatch(package=found["package"], expected=expected, got=found["got"])
    unpinned = _UNPINNED.search(output)
    if unpinned:
        lines = (line.strip().partition(" from ")[0] for line in unpinned["lines"].splitlines())
        return HashesMissing(requirements=tuple(line for line in lines if line))
    return None


def _refused(output: str) -> BuildStopped | None:
    found = _HTTP.search(output)
    if not found:
        return None
    status, url = found["status"] or found["status2"], found["url"] or found["url2"]
    return IndexRefused(index=_site(url), status=int(status))


def _conflict(output: str) -> BuildStopped | None:
    found = _CONFLICT.search(output)
    if not found:
        return None
    requirements = [
        RequiredPackage(
            # pip adds the file of a local distribution, which is deleted after the build.
            requirement=(cause["own"] or cause["requirement"]).strip().partition(" (from ")[0],
            required_by=cause["required_by"] or THE_APP,
        )
        for cause in map(_CAUSE.fullmatch, found["causes"].splitlines())
        if cause
    ]
    return ResolutionConflict(requirements=tuple(dict.fromkeys(requirements)))


def _failed_build(output: str) -> BuildStopped | None:
    found = _BUILT.search(output)
    if not found:
        return None
    # pip shows the address of a package whose name it does not know yet.
    package = next(name for name in found.groups() if name).rstrip("/").rpartition("/")[2]
    return missing_for_build(output, package) or PackageBuildFailed(
        package=package, output=tail(output)
    )


def _unreachable(output: str) -> BuildStopped | None:
    if not _NOT_FOUND.search(output) and "Max retries exceeded" not in output:
        return None
    untrusted = _NOT_TRUSTED.search(output)
    if untrusted:
        return IndexNotTrusted(host=untrusted["host"])
    for found in _FETCH.finditer(output):
        if not re.match(r"404\b", found["reason"]):
            return IndexUnreachable(index=_site(found["url"]), reason=redact(found["reason"]))
    if "Max retries exceeded" in output or "Failed to connect" in output:
        host = _CONNECTION.search(output)
        name = (host["host"] or host["host2"]) if host else "the index"
        return IndexUnreachable(index=redact(name), reason="no connection")
    return None


def _site(url: str) -> str:
    return redact(url).rstrip(".,;:")


def _other_python(output: str, python: str) -> BuildStopped | None:
    found = _BAD_PYTHON.search(output)
    if not found:
        return None
    needs = (f"{found['name']} needs Python {found['range']}",)
    return NoWheelForPython(requirement=found["name"], python=python, needs=needs)


def _not_found(output: str, python: str) -> BuildStopped | None:
    found = _NOT_FOUND.search(output)
    if not found:
        return None
    requirement = found["requirement"].partition(" (from ")[0].strip()
    needs = tuple(dict.fromkeys(_skipped_files(output, requirement)))
    if needs:
        return NoWheelForPython(requirement=requirement, python=python, needs=needs)
    listed = _VERSIONS.search(output)
    versions = listed["versions"].split(", ") if listed else []
    if not versions or versions == ["none"]:
        return PackageNotFound(requirement=requirement)
    return VersionNotFound(requirement=requirement, versions=tuple(versions))


def _skipped_files(output: str, requirement: str) -> Iterator[str]:
    """Yield which Pythons the files of the required version support.

    The output is about all packages, so files are selected by their names.
    """
    name = canonicalize_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
    version = re.search(r"==\s*([\w.!+]+)", requirement)
    for found in _OTHER_PYTHON.finditer(output):
        start = canonicalize_name(f"{name}-{found['version']}")
        is_of_package = canonicalize_name(found["file"]).startswith(start)
        if is_of_package and (version is None or found["version"] == version[1]):
            yield f"{found['version']} needs Python {found['range']}"
    tags: dict[str, set[str]] = {}
    for found in _OTHER_TAGS.finditer(output):
        package, release, *_, interpreters, _, _ = found["file"].split("-")
        is_of_package = canonicalize_name(package) == name
        if is_of_package and (version is None or release == version[1]):
            tags.setdefault(release, set()).update(interpreters.split("."))
    for release, names in sorted(tags.items()):
        yield f"{release} only has wheels for {', '.join(sorted(names))}"
