"""What the output of uv means, as the error that a user can act on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from slipway.domain.redaction import redact
from slipway.domain.tool_output.compiler_output import missing_for_build
from slipway.domain.tool_output.pip_output import tail
from slipway.errors.app import DiskFull
from slipway.errors.building import IndexRefused, IndexUnreachable, PackageBuildFailed
from slipway.errors.dependencies import (
    THE_APP,
    HashesMissing,
    HashMismatch,
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    VersionNotFound,
)
from slipway.errors.stopped import BuildStopped

_MANY = 3
"""Wishes of as many versions of one package are more than anybody reads."""

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
    r"(?:provided for|but found): (?P<wanted>.+)"
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
    rf"(?P<wanted>{_PACKAGE}) (?:depends on|requires) Python ?(?P<range>{_VERSIONS})"
)
_NO_VERSION = re.compile(
    r"(?:there is no version of|only the following versions of|only) "
    rf"(?P<wanted>{_PACKAGE})"
)
_WANTS = re.compile(
    rf"(?:(?<!\S)(?P<who>{_PACKAGE}) depends? on|you require) "
    rf"(?P<wanted>{_PACKAGE}(?:{_ALSO})*)"
)
_BOUND = re.compile(r"[<>=!~]=?(?P<version>[\w!+]+(?:\.[\w!+]+)*)")
_BUILT = re.compile(r"Failed to (?:download and )?build `(?P<package>[^`=@ ]+)")


def diagnose_uv(output: str, python: str) -> BuildStopped | None:
    """Find the one cause in uv's output; `python` is the version that it worked for."""
    return (
        _disk(output)
        or _hashes(output)
        or _refused(output)
        or _unreachable(output)
        or _no_solution(output, python)
        or _build(output)
    )


def _disk(output: str) -> BuildStopped | None:
    return DiskFull(path=None) if _NO_SPACE.search(output) else None


def _hashes(output: str) -> BuildStopped | None:
    found = _MISMATCH.search(output)
    if found:
        expected = tuple(line.strip().partition(":")[2] for line in found["expected"].split())
        return HashMismatch(package=found["package"], expected=expected, got=found["got"])
    unpinned = _UNPINNED.search(output)
    return HashesMissing(requirements=(unpinned["wanted"].strip(),)) if unpinned else None


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
    # Which certificates are trusted is not the same for uv and pip.
    if not found or _NOT_TRUSTED in output:
        return None
    *_, reason = _CAUSE.findall(output)
    return IndexUnreachable(index=redact(found["url"]), reason=redact(reason))


def _no_solution(output: str, python: str) -> BuildStopped | None:
    _, is_there, text = output.partition(_NO_SOLUTION)
    if not is_there:
        return None
    text = _CONCLUSION.sub("", " ".join(text.split()))
    missing = _NOT_FOUND.search(text)
    if missing:
        return PackageNotFound(requirement=missing["name"])
    return _held_back(text, python) or _conflict(text) or _version(text)


def _held_back(text: str, python: str) -> BuildStopped | None:
    """Say which Pythons the files of the wanted version are for."""
    tags = _OTHER_TAGS.search(text)
    if tags:
        names = ", ".join(re.findall(r"`([^`]+)`", tags["tags"]))
        return NoWheelForPython(
            requirement=f"{tags['name']}=={tags['version']}",
            python=python,
            needs=(f"{tags['version']} has wheels for {names} alone",),
        )
    found = _OTHER_PYTHON.search(text)
    if not found:
        return None
    needs = (f"{found['wanted']} needs Python {found['range']}",)
    return NoWheelForPython(requirement=found["wanted"], python=python, needs=needs)


def _conflict(text: str) -> BuildStopped | None:
    """Name those whose wishes for one package differ; who wants only that leads there."""
    conflicting = tuple(dict.fromkeys(_wants(text)))
    counts = Counter(canonicalize_name(_name(wanted)) for _, wanted in conflicting)
    differing = tuple(
        (required_by, wanted)
        for required_by, wanted in conflicting
        if counts[canonicalize_name(_name(wanted))] > 1 and wanted != _name(wanted)
    )
    shown = tuple(
        (required_by.replace("==", " "), wanted) for required_by, wanted in _ends(differing)
    )
    return ResolutionConflict(conflicting=shown) if len(shown) > 1 else None


def _ends(conflicting: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Keep the oldest and the newest of many versions of one package that want another."""
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for required_by, wanted in conflicting:
        alike.setdefault((_name(required_by), _name(wanted)), []).append((required_by, wanted))
    for (required_by, _), group in alike.items():
        if required_by == THE_APP or len(group) < _MANY:
            yield from group
        else:
            yield from (min(group, key=_age), max(group, key=_age))


def _age(want: tuple[str, str]) -> Version:
    """Give the highest version that a range names; the lowest of all if it names none."""
    bounds = [Version("0.dev0")]
    for found in _BOUND.finditer(want[0]):
        with suppress(InvalidVersion):
            bounds.append(Version(found["version"]))
    return max(bounds)


def _wants(text: str) -> Iterator[tuple[str, str]]:
    for found in _WANTS.finditer(text):
        required_by = found["who"] or THE_APP
        for wanted in found["wanted"].split(" and "):
            yield required_by, wanted


def _name(package: str) -> str:
    return re.split(r"[\[<>=!~]", package, maxsplit=1)[0]


def _version(text: str) -> BuildStopped | None:
    found = _NO_VERSION.search(text)
    if not found:
        return None
    name = _name(found["wanted"])
    wanted = (want for _, want in _wants(text) if _name(want) == name and want != name)
    return VersionNotFound(requirement=next(wanted, found["wanted"]), versions=())


def _build(output: str) -> BuildStopped | None:
    found = _BUILT.search(output)
    if not found:
        return None
    package = found["package"]
    return missing_for_build(output, package) or PackageBuildFailed(
        package=package, output=tail(output)
    )
