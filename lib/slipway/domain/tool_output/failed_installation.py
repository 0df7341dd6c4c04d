"""Find the cause of a failed resolution or installation in what pip or uv printed.

Each tool's module reads its output into the terms of `ToolOutput`. What they mean, and which of
several is the cause, is decided here, once for all tools.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_requirement, parse_specifiers, parse_version
from slipway.domain.python.wheel_tags import (
    Target,
    describe_platforms,
    marker_for,
    platforms_of,
    wheel_fits,
)
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import requirement_name
from slipway.domain.requirements.superseded import why_superseded
from slipway.domain.tool_output.compiler_output import Build, cause_of_failed_build
from slipway.domain.tool_output.last_lines import last_lines
from slipway.errors.building import PackageBuildFailed
from slipway.errors.dependencies import (
    THE_APP,
    FilesExcluded,
    NotForThisPlatform,
    NoWheelForPython,
    PackageNotFound,
    VersionNotFound,
)
from slipway.errors.fetching import (
    FileNotOnServer,
    IndexBusy,
    IndexPageInvalid,
    IndexRefused,
    IndexUnreachable,
)
from slipway.errors.stopped import BuildStopped

_REFUSED = (401, 403, 407)
GONE = (404, 410)
"""The statuses with which a server says that it does not have a page or file."""
_BUSY = 429
_PHRASES = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
"""https://www.rfc-editor.org/rfc/rfc9110#section-15.6"""


@dataclass(frozen=True, kw_only=True)
class FailedRequest:
    address: str
    """A URL, or the name of a host if the tool does not say more."""
    status: int | None = None
    """What the server answers with; None if there is no answer, or a broken one."""
    reason: str = ""
    """The tool's words, if there is no status."""


@dataclass(frozen=True, kw_only=True)
class SkippedFile:
    """A file on an index that a tool cannot use."""

    name: str
    version: str
    requires_python: str = ""
    """If the file is skipped for this reason."""
    excluded_by: str = ""
    """`--only-binary` or `--no-binary`, if the file is skipped for this reason."""


@dataclass(frozen=True, kw_only=True)
class UnmetRequirement:
    """A requirement for which no index has a file that can be installed."""

    requirement: str
    required_by: str = THE_APP
    """As in RequiredPackage."""
    versions: tuple[str, ...] = ()
    """The versions with files for this Python and platform, in any order."""
    skipped: tuple[SkippedFile, ...] = ()
    """Other files of the same package."""
    needs: tuple[str, ...] = ()
    """Which Pythons the required version supports, if the tool names no files."""
    platforms: frozenset[str] = frozenset()
    """The platform tags of its wheels, if the tool names no files."""
    has_page: bool = False
    """Whether an index has the package, if the tool names no versions."""
    request: FailedRequest | None = None
    """The request for the page of the package, if it failed."""
    invalid_page: str = ""
    """The URL of a page of the package that is not a list of files."""
    page_is: str = ""
    """The predicate of a sentence about that page."""


@dataclass(frozen=True, kw_only=True)
class FailedPackage:
    """A package whose build failed."""

    package: str
    version: str = ""
    """Empty if the tool does not say, like `required_by`."""
    required_by: str = ""
    """As in RequiredPackage."""


class ToolOutput(Protocol):
    """What a failed tool reports: for each question an answer, or None."""

    @property
    def text(self) -> str:
        """All that it printed."""

    def full_disk(self) -> BuildStopped | None: ...

    def wrong_hash(self) -> BuildStopped | None: ...

    def failed_checkout(self) -> BuildStopped | None:
        """Return the error for a repository that was not fetched, or that has no package."""

    def failed_request(self) -> FailedRequest | None: ...

    def untrusted_host(self) -> BuildStopped | None: ...

    def conflict(self) -> BuildStopped | None: ...

    def unmet(self) -> UnmetRequirement | None: ...

    def failed_build(self) -> FailedPackage | None:
        """Return a package that could not be built."""


def cause_of(output: ToolOutput, target: Target) -> BuildStopped | None:
    """Return the error for the output of a failed tool; None if the cause is not known.

    What keeps a tool from working comes first, then what it could not fetch, then what does
    not fit together. A build is the cause only if nothing else is, because a package that
    its build requires fails in the same ways as one of the app.
    """
    request, unmet = output.failed_request(), output.unmet()
    return (
        output.full_disk()
        or output.wrong_hash()
        or output.untrusted_host()
        or output.failed_checkout()
        or (error_of_request(request) if request else None)
        or output.conflict()
        or (error_of_requirement(unmet, target) if unmet else None)
        or _failed_build(output, target)
    )


def error_of_request(request: FailedRequest) -> BuildStopped:
    """Return the error for a request that failed."""
    address = redact(request.address).rstrip(".,;:")
    if request.status in _REFUSED:
        return IndexRefused(index=address, status=request.status)
    if request.status in GONE:
        return FileNotOnServer(address=address, status=request.status)
    if request.status == _BUSY:
        return IndexBusy(index=address)
    reason = redact(request.reason) if request.status is None else _words(request.status)
    return IndexUnreachable(index=address, reason=reason.rstrip(".") or "no connection")


def _words(status: int) -> str:
    phrase = f" ({_PHRASES[status]})" if status in _PHRASES else ""
    return f"the server answers with status {status}{phrase}"


def error_of_requirement(unmet: UnmetRequirement, target: Target) -> BuildStopped:
    """Return the error for a requirement that no file meets, from what the index has."""
    if unmet.request:
        return error_of_request(unmet.request)
    requirement, required_by = unmet.requirement, unmet.required_by
    specifier = specifier_of(requirement)
    versions = _newest_first(unmet.versions, specifier)
    matching = [one for one in unmet.skipped if allows(specifier, one.version)]
    if matching or unmet.platforms or unmet.needs:
        return _error_of_files(unmet, matching, versions, target)
    if versions or unmet.skipped or unmet.has_page:
        return VersionNotFound(
            requirement=requirement, versions=versions, required_by=required_by
        )
    if unmet.invalid_page:
        return IndexPageInvalid(
            index=redact(unmet.invalid_page),
            requirement=requirement,
            reason=unmet.page_is,
            required_by=required_by,
        )
    return PackageNotFound(
        requirement=requirement,
        required_by=required_by,
        successor=why_superseded(requirement_name(requirement)),
    )


def _error_of_files(
    unmet: UnmetRequirement,
    matching: Sequence[SkippedFile],
    versions: tuple[str, ...],
    target: Target,
) -> BuildStopped:
    """Return the error for files of the required version, none of which can be used."""
    requirement, required_by = unmet.requirement, unmet.required_by
    excluded = next((one.excluded_by for one in matching if one.excluded_by), "")
    if excluded:
        return FilesExcluded(requirement=requirement, option=excluded, required_by=required_by)
    here = [one for one in matching if _fits_platform(one, target)]
    for_this_python = [
        one
        for one in matching
        if not one.requires_python and wheel_fits(one.name, target.python, None)
    ]
    others = for_this_python or ([] if here else matching)
    platforms = unmet.platforms or platforms_of(one.name for one in others)
    if platforms:
        return NotForThisPlatform(
            requirement=requirement,
            platform=target.description,
            supported=describe_platforms(platforms),
            required_by=required_by,
            versions=versions,
            marker=marker_for(platforms),
        )
    return NoWheelForPython(
        requirement=requirement,
        python=target.python,
        needs=unmet.needs or _needs(here),
        required_by=required_by,
        versions=versions,
        pythons=_pythons(matching, target),
        requires=_requires(matching),
    )


def _failed_build(output: ToolOutput, target: Target) -> BuildStopped | None:
    failed = output.failed_build()
    if failed is None:
        return None
    package, version, required_by = failed.package, failed.version, failed.required_by
    build = Build(
        package=package, version=version, python=target.python, required_by=required_by
    )
    return cause_of_failed_build(output.text, build) or PackageBuildFailed(
        package=package,
        version=version,
        required_by=required_by,
        output=last_lines(output.text),
    )


def specifier_of(requirement: str) -> SpecifierSet:
    """Return the versions that a requirement allows; all if it cannot be parsed."""
    try:
        # pip writes a list of specifiers as `<4 and >=2.5`.
        return parse_requirement(requirement.replace(" and ", ",")).specifier
    except InvalidRequirement:
        return SpecifierSet()


def allows(specifier: SpecifierSet, version: str) -> bool:
    """Return whether a version satisfies a specifier; a pre-release only if it is asked for."""
    try:
        return specifier.contains(parse_version(version))
    except InvalidVersion:
        return False


def _newest_first(versions: Iterable[str], specifier: SpecifierSet) -> tuple[str, ...]:
    """Sort versions; leave out pre-releases, unless the specifier has one or all are some."""
    known = []
    for text in versions:
        try:
            known.append((parse_version(text), text))
        except InvalidVersion:
            continue  # pip does not install it
    final = [one for one in known if not one[0].is_prerelease or specifier.prereleases]
    return tuple(text for _, text in sorted(final or known, reverse=True))


def _needs(files: Iterable[SkippedFile]) -> tuple[str, ...]:
    """Say which Pythons each version supports, the newest first."""
    ranges: dict[str, dict[str, None]] = {}
    tags: dict[str, set[str]] = {}
    for file in files:
        if file.requires_python:
            ranges.setdefault(file.version, {})[file.requires_python] = None
        elif file.name.endswith(".whl"):
            interpreters = file.name.split("-")[-3].split(".")
            tags.setdefault(file.version, set()).update(interpreters)
    found = []
    for version in _newest_first({*ranges, *tags}, SpecifierSet(prereleases=True)):
        found += [f"{version} needs Python {text}" for text in ranges.get(version, ())]
        if version in tags:
            names = sorted(tags[version], key=lambda tag: (len(tag), tag))
            found.append(f"{version} only has wheels for {', '.join(names)}")
    return tuple(found)


def _pythons(files: Sequence[SkippedFile], target: Target) -> tuple[str, ...]:
    """Return the supported Pythons that one of the files is for, the newest first."""
    return tuple(
        minor
        for minor in target.supported
        if any(_fits(file, minor, target.platforms) for file in files)
    )


def _requires(files: Sequence[SkippedFile]) -> tuple[str, ...]:
    """Return the Requires-Python of files, each once; empty if one has no valid one."""
    found = tuple(dict.fromkeys(file.requires_python for file in files))
    try:
        return found if all(found) and [*map(parse_specifiers, found)] else ()
    except InvalidSpecifier:
        return ()


def _fits_platform(file: SkippedFile, target: Target) -> bool:
    """Return whether a file could be used here with some Python; an sdist can."""
    tags = platforms_of([file.name])
    return not file.name.endswith(".whl") or "any" in tags or bool(tags & {*target.platforms})


def _fits(file: SkippedFile, minor: str, platforms: Collection[str]) -> bool:
    if file.requires_python:
        try:
            specifier = parse_specifiers(file.requires_python)
        except InvalidSpecifier:
            return False
        # Specifiers such as `<3.13,>=3.9` or `!=3.10.0` are about the latest patch releases.
        if not specifier.contains(f"{minor}.99"):
            return False
    return not file.name.endswith(".whl") or wheel_fits(file.name, minor, platforms)
