"""Turn the output of uv into errors that a user can act on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from slipway.domain.redaction import redact
from slipway.domain.tool_output.compiler_output import missing_for_build
from slipway.domain.tool_output.pip_output import tail
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
from slipway.errors.fetching import IndexRefused, IndexUnreachable
from slipway.errors.stopped import BuildStopped

_MANY = 3
"""If at least this many versions share a requirement, an error names only two of them."""

_VERSIONS = r"(?:[<>=!~]=?[\w.*+!]+)(?:,[<>=!~]=?[\w.*+!]+)*"
_PACKAGE = rf"[A-Za-z0-9](?:[\w.-]*\w)?(?:\[[^\]]*\])?(?:{_VERSIONS})?"
_NO_VERB = r"(?! (?:depends?|has|have|requires?|was|is|are)\b)"
_END = r"(?=[,.]?(?:\s|$))"
_ALSO = rf" and (?!(?:you|all|only|there|we|because)\b){_PACKAGE}{_END}{_NO_VERB}"

_NO_SPACE = re.compile(r"No space left on device|os error 28")
_MISMATCH = re.compile(
    r"Hash mismatch for `(?P<package>[^`]+)`\s+Expected:\n(?P<expected>(?:\s+sha\d+:\w+\n)+)"
    r"\s+Computed:\n\s+sha\d+:(?P<got>\w+)"
)
_UNPINNED = re.compile(
    r"In `--require-hashes` mode, all requirements must have .*?"
    r"(?:provided for|but found): (?P<requirement>.+)"
)
_REFUSED = re.compile(
    r"HTTP status client error \((?P<status>40[137])\b[^)]*\) for url \((?P<url>[^\s)]+)\)"
)
_BROKEN = re.compile(
    r"HTTP status server error \((?P<reason>50[0234][^)]*)\) for url \((?P<url>\S+)\)"
)
_NO_CONNECTION = re.compile(
    r"Failed to fetch: (?P<url>\S+)\n(?:.*\n)*?"
    r"  cause: (?:client error \(Connect\)|operation timed out)"
)
_NOT_TRUSTED = "certificate"
_CAUSE = re.compile(r"^  cause: (?P<reason>.+)$", re.MULTILINE)

_NO_SOLUTION = "No solution found when resolving"
_CONCLUSION = re.compile(r"we can conclude that .*?(?:\.(?=\s|$)|(?=\sAnd because\s))")
_NOT_FOUND = re.compile(
    rf"(?P<name>{_PACKAGE}) was not found in the "
    r"(?:package registry|provided package locations)"
)
_OTHER_TAGS = re.compile(
    r"only found wheels for `(?P<name>[^`]+)` \(v(?P<version>[^)]+)\) with the following"
    r"[^:]*: (?P<tags>.+)"
)
_OTHER_PYTHON = re.compile(
    rf"(?P<package>{_PACKAGE}) (?:depends on|requires) Python ?(?P<range>{_VERSIONS})"
)
_NO_VERSION = re.compile(
    r"(?:there is no version of|only the following versions of|only) "
    rf"(?P<requirement>{_PACKAGE})"
)
_REQUIRES = re.compile(
    rf"(?:(?<!\S)(?P<required_by>{_PACKAGE}) depends? on|you require) "
    rf"(?P<requirements>{_PACKAGE}(?:{_ALSO})*)"
)
_BOUND = re.compile(r"[<>=!~]=?(?P<version>[\w!+]+(?:\.[\w!+]+)*)")
_BUILT = re.compile(r"Failed to (?:download and )?build `(?P<package>[^`=@ ]+)")


def diagnose_uv(output: str, python: str) -> BuildStopped | None:
    """Return the error for uv's output; `python` is the version that uv resolved for.

    None if the cause is not known.
    """
    return (
        _disk_full(output)
        or _wrong_hashes(output)
        or _refused(output)
        or _unreachable(output)
        or _no_solution(output, python)
        or _failed_build(output)
    )


def _disk_full(output: str) -> BuildStopped | None:
    return DiskFull(path=None) if _NO_SPACE.search(output) else None


def _wrong_hashes(output: str) -> BuildStopped | None:
    found = _MISMATCH.search(output)
    if found:
        expected = tuple(line.strip().partition(":")[2] for line in found["expected"].split())
        return HashMismatch(package=found["package"], expected=expected, got=found["got"])
    unpinned = _UNPINNED.search(output)
    return HashesMissing(requirements=(unpinned["requirement"].strip(),)) if unpinned else None


def _refused(output: str) -> BuildStopped | None:
    found = _REFUSED.search(output)
    return (
        IndexRefused(index=redact(found["url"]), status=int(found["status"])) if found else None
    )


def _unreachable(output: str) -> BuildStopped | None:
    broken = _BROKEN.search(output)
    if broken:
        return IndexUnreachable(index=redact(broken["url"]), reason=broken["reason"])
    found = _NO_CONNECTION.search(output)
    # pip may trust a certificate that uv does not trust.
    if not found or _NOT_TRUSTED in output:
        return None
    *_, reason = _CAUSE.findall(output)
    return IndexUnreachable(index=redact(found["url"]), reason=redact(reason))


def _no_solution(output: str, python: str) -> BuildStopped | None:
    _, has_no_solution, text = output.partition(_NO_SOLUTION)
    if not has_no_solution:
        return None
    text = _CONCLUSION.sub("", " ".join(text.split()))
    missing = _NOT_FOUND.search(text)
    if missing:
        return PackageNotFound(requirement=missing["name"])
    requirements = [
        RequiredPackage(requirement=one, required_by=found["required_by"] or THE_APP)
        for found in _REQUIRES.finditer(text)
        for one in found["requirements"].split(" and ")
    ]
    return (
        _other_python(text, python)
        or _conflict(requirements)
        or _version_not_found(text, requirements)
    )


def _other_python(text: str, python: str) -> BuildStopped | None:
    """Return an error with the Pythons that the files of the required version support."""
    tags = _OTHER_TAGS.search(text)
    if tags:
        names = ", ".join(re.findall(r"`([^`]+)`", tags["tags"]))
        return NoWheelForPython(
            requirement=f"{tags['name']}=={tags['version']}",
            python=python,
            needs=(f"{tags['version']} only has wheels for {names}",),
        )
    found = _OTHER_PYTHON.search(text)
    if not found:
        return None
    needs = (f"{found['package']} needs Python {found['range']}",)
    return NoWheelForPython(requirement=found["package"], python=python, needs=needs)


def _conflict(requirements: Sequence[RequiredPackage]) -> BuildStopped | None:
    """Return a conflict of the requirements that name the same package; None if there are none.

    If many versions of a package require another, only the oldest and the newest are named.
    """
    unique = tuple(dict.fromkeys(requirements))
    counts = Counter(canonicalize_name(_name(one.requirement)) for one in unique)
    groups: dict[tuple[str, str], list[RequiredPackage]] = {}
    for one in unique:
        name = _name(one.requirement)
        if counts[canonicalize_name(name)] > 1 and one.requirement != name:
            groups.setdefault((_name(one.required_by), name), []).append(one)
    named: list[RequiredPackage] = []
    for (required_by, _), group in groups.items():
        is_too_many = required_by != THE_APP and len(group) >= _MANY
        named += [min(group, key=_version), max(group, key=_version)] if is_too_many else group
    if len(named) < 2:
        return None
    return ResolutionConflict(
        requirements=tuple(
            replace(one, required_by=one.required_by.replace("==", " ")) for one in named
        )
    )


def _version(one: RequiredPackage) -> Version:
    """Return the highest version in `required_by`; the lowest of all if it has none."""
    bounds = [Version("0.dev0")]
    for found in _BOUND.finditer(one.required_by):
        with suppress(InvalidVersion):
            bounds.append(Version(found["version"]))
    return max(bounds)


def _name(package: str) -> str:
    return re.split(r"[\[<>=!~]", package, maxsplit=1)[0]


def _version_not_found(
    text: str, requirements: Sequence[RequiredPackage]
) -> BuildStopped | None:
    found = _NO_VERSION.search(text)
    if not found:
        return None
    name = _name(found["requirement"])
    required = (
        one.requirement
        for one in requirements
        if _name(one.requirement) == name and one.requirement != name
    )
    return VersionNotFound(requirement=next(required, found["requirement"]), versions=())


def _failed_build(output: str) -> BuildStopped | None:
    found = _BUILT.search(output)
    if not found:
        return None
    package = found["package"]
    return missing_for_build(output, package) or PackageBuildFailed(
        package=package, output=tail(output)
    )
