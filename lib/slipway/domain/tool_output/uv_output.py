"""Read what uv prints."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from slipway.domain.packaging_text import parse_version
from slipway.domain.python.wheel_tags import Target
from slipway.domain.redaction import redact
from slipway.domain.tool_output.bounded import bounded
from slipway.domain.tool_output.failed_installation import (
    FailedPackage,
    FailedRequest,
    UnmetRequirement,
    cause_of,
)
from slipway.errors.app import DiskFull
from slipway.errors.dependencies import (
    THE_APP,
    HashesMissing,
    HashMismatch,
    RequiredPackage,
    ResolutionConflict,
)
from slipway.errors.fetching import NotAnArchive
from slipway.errors.stopped import BuildStopped

_MANY = 3
"""If at least this many versions share a requirement, an error names only two of them."""

# Everything has a limit, because patterns with several repetitions take very long otherwise.
_VERSIONS = r"[<>=!~]=?[\w.*+!]{1,80}(?:,[<>=!~]=?[\w.*+!]{1,80}){0,20}"
_PACKAGE = (
    rf"(?<![\w.-])[A-Za-z0-9](?:[\w.-]{{0,100}}\w)?(?:\[[^\]]{{0,200}}\])?(?:{_VERSIONS})?"
)
_NO_VERB = r"(?! (?:depends?|has|have|requires?|was|is|are)\b)"
_END = r"(?=[,.]?(?:\s|$))"
_ALSO = rf" and (?!(?:you|all|only|there|we|because)\b){_PACKAGE}{_END}{_NO_VERB}"

_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|os error (?:28|122)\b")
_MISMATCH = re.compile(
    r"Hash mismatch for `(?P<package>[^`]+)`\s+Expected:\n(?P<expected>(?:\s+sha\d+:\w+\n)+)"
    r"\s+Computed:\n\s+sha\d+:(?P<got>\w+)"
)
_UNPINNED = re.compile(
    r"In `--require-hashes` mode, all requirements must have .*?"
    r"(?:provided for|but found): (?P<requirement>.+)"
)
_STATUS = re.compile(
    r"HTTP status (?:client|server) error "
    r"\((?P<status>40[137]|404|410|429|50[0234]|52\d)\b[^)]*\) for url \((?P<url>[^\s)]+)\)"
)
"""Not 501, with which servers answer a HEAD, or 416, for a range: pip has neither."""
_FETCH = re.compile(
    r"Failed to (?:fetch: (?P<url>\S+)|download `[^`\n]+`)\n(?P<causes>(?:[ \t]*cause: .*\n?)+)"
)
_NOT_AN_ARCHIVE = re.compile(
    r"Failed to extract archive: (?P<file>\S+)\n[ \t]*cause: (?:ZIP file|Invalid|invalid|"
    r"Failed to read from zip|unable to locate)"
)
_NO_ANSWER = re.compile(
    r"client error \((?:Connect|SendRequest)\)|operation timed out|error decoding response body"
)
_NOT_TRUSTED = "certificate"
_CAUSE = re.compile(r"^\s*cause: (?P<reason>.+)$", re.MULTILINE)
_CUT = "end of file before message length reached"
_REFUSED = re.compile(
    r"hint: An index(?: URL)? \((?P<url>[^\s)]+)\) (?:could not be queried due to a lack of "
    r"valid authentication credentials \(|returned a )(?P<status>40[137]) "
)
"""uv then searches the other indexes, and says that it has not found the package."""

_NO_SOLUTION = "No solution found when resolving"
_CONCLUSION = re.compile(r"we can conclude that .*?(?:\.(?=\s|$)|(?=\sAnd because\s))")
_NOT_FOUND = re.compile(
    rf"(?P<name>{_PACKAGE}) was not found in the "
    r"(?:package registry|provided package locations|cache)"
)
_OTHER_TAGS = re.compile(
    r"only found wheels for `(?P<name>[^`]+)` \(v(?P<version>[^)]+)\) with the following"
    r"[^:]*: (?P<tags>.+)"
)
_OTHER_PLATFORMS = re.compile(
    r"Wheels are available for `(?P<name>[^`]+)` \(v(?P<version>[^)]+)\) on the following "
    r"platforms?: (?P<tags>.+)"
)
_OTHER_PYTHON = re.compile(
    rf"(?P<package>{_PACKAGE}) (?:depends on|requires) Python ?(?P<range>{_VERSIONS})"
)
_NO_VERSION = re.compile(
    r"(?:there is no version of|only the following versions of|(?<!may )only) "
    rf"(?P<requirement>{_PACKAGE})"
)
_REQUIRES = re.compile(
    rf"(?:(?<!\S)(?P<required_by>{_PACKAGE}) depends? on|you require) "
    rf"(?P<requirements>{_PACKAGE}(?:{_ALSO})*)"
)
_BOUND = re.compile(r"[<>=!~]=?(?P<version>[\w!+]+(?:\.[\w!+]+)*)")
_INCLUDED = re.compile(
    r"`(?P<package>[^`]+)` \(v[^)]+\) was included because `(?P<required_by>[^`\[]+)[^`]*` "
    r"\(v(?P<version>[^)]+)\) depends on"
)
_BUILT = re.compile(
    r"Failed to (?:download and )?build `(?P<package>[^`=@ ]+)(?:==(?P<version>[^`@ ]+)`)?"
)


def diagnose_uv(output: str, target: Target) -> BuildStopped | None:
    """Return the error for the output of a failed uv; None if the cause is not known."""
    return cause_of(UvOutput(bounded(output)), target)


@dataclass(frozen=True)
class UvOutput:
    """The output of a failed uv."""

    text: str

    def full_disk(self) -> BuildStopped | None:
        return DiskFull(path=None) if _NO_SPACE.search(self.text) else None

    def wrong_hash(self) -> BuildStopped | None:
        found = _MISMATCH.search(self.text)
        if found:
            lines = found["expected"].split()
            expected = tuple(line.strip().partition(":")[2] for line in lines)
            return HashMismatch(package=found["package"], expected=expected, got=found["got"])
        unpinned = _UNPINNED.search(self.text)
        if not unpinned:
            return None
        return HashesMissing(requirements=(unpinned["requirement"].strip(),))

    def untrusted_host(self) -> BuildStopped | None:
        return None  # uv gets only the indexes that it may use

    def failed_checkout(self) -> BuildStopped | None:
        # pip fetches all direct references.
        found = _NOT_AN_ARCHIVE.search(self.text)
        return NotAnArchive(address=found["file"]) if found else None

    def failed_request(self) -> FailedRequest | None:
        answered = _STATUS.search(self.text)
        # A missing file with metadata means only that an index has none.
        if answered and not answered["url"].endswith(".metadata"):
            return FailedRequest(address=answered["url"], status=int(answered["status"]))
        found = _FETCH.search(self.text)
        # pip may trust a certificate that uv does not trust.
        if not found or not _NO_ANSWER.search(found["causes"]) or _NOT_TRUSTED in self.text:
            return None
        *_, reason = _CAUSE.findall(found["causes"])
        return FailedRequest(
            address=found["url"] or "the package index",
            reason="the connection ended before the whole response was received"
            if reason == _CUT
            else redact(reason),
        )

    def conflict(self) -> BuildStopped | None:
        reasons = self._reasons
        if _NOT_FOUND.search(reasons) or _OTHER_PYTHON.search(reasons):
            return None
        is_for_others = _OTHER_TAGS.search(reasons) or _OTHER_PLATFORMS.search(reasons)
        return None if is_for_others else _conflict(_requirements(reasons))

    def unmet(self) -> UnmetRequirement | None:
        """Return a requirement that nothing meets; uv names no files that it does not use."""
        reasons = self._reasons
        required = _requirements(reasons)
        missing = _NOT_FOUND.search(reasons)
        if missing:
            return replace(_unmet(missing["name"], required), request=self._refused())
        for pattern in (_OTHER_TAGS, _OTHER_PLATFORMS):
            found = pattern.search(reasons)
            if found:
                names = re.findall(r"`([^`]+)`", found["tags"])
                unmet = _unmet(f"{found['name']}=={found['version']}", required)
                if pattern is _OTHER_PLATFORMS:
                    return replace(unmet, platforms=frozenset(names))
                needs = f"{found['version']} only has wheels for {', '.join(names)}"
                return replace(unmet, needs=(needs,))
        python = _OTHER_PYTHON.search(reasons)
        if python:
            needs = f"{python['package']} needs Python {python['range']}"
            return replace(_unmet(python["package"], required), needs=(needs,))
        version = _NO_VERSION.search(reasons)
        if not version:
            return None
        return replace(_unmet(version["requirement"], required), has_page=True)

    def _refused(self) -> FailedRequest | None:
        """Return the request to an index that refused access; it may have what is missing."""
        found = _REFUSED.search(self.text)
        return found and FailedRequest(address=found["url"], status=int(found["status"]))

    @property
    def _reasons(self) -> str:
        """Why there is no solution, on one line; empty if uv has found one."""
        _, _, text = self.text.partition(_NO_SOLUTION)
        return _CONCLUSION.sub("", " ".join(text.split()))

    def failed_build(self) -> FailedPackage | None:
        found = _BUILT.search(self.text)
        if not found:
            return None
        package, version = found["package"], found["version"] or ""
        for by in _INCLUDED.finditer(self.text):
            if by["package"] == package:
                required_by = f"{by['required_by']} {by['version']}"
                return FailedPackage(package=package, version=version, required_by=required_by)
        return FailedPackage(package=package, version=version)


def _requirements(reasons: str) -> list[RequiredPackage]:
    return [
        RequiredPackage(requirement=one, required_by=found["required_by"] or THE_APP)
        for found in _REQUIRES.finditer(reasons)
        for one in found["requirements"].split(" and ")
    ]


def _unmet(requirement: str, required: Sequence[RequiredPackage]) -> UnmetRequirement:
    """Return the requirement as its requirer has it, if uv says who that is."""
    name = _name(requirement)
    of_name = [one for one in required if _name(one.requirement) == name]
    # uv also says that the app requires a package whose version is not the problem.
    of_name.sort(key=lambda one: (one.requirement == name, one.required_by == THE_APP))
    for one in of_name:
        by = one.required_by.replace("==", " ")
        text = requirement if one.requirement == name else one.requirement
        return UnmetRequirement(requirement=text, required_by=by)
    return UnmetRequirement(requirement=requirement)


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
    bounds = [parse_version("0.dev0")]
    for found in _BOUND.finditer(one.required_by):
        with suppress(InvalidVersion):
            bounds.append(parse_version(found["version"]))
    return max(bounds)


def _name(package: str) -> str:
    return re.split(r"[\[<>=!~]", package, maxsplit=1)[0]
