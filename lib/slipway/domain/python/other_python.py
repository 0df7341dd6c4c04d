"""Which other Python fits what does not work with the app's, for an error to name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_requirement, parse_version
from slipway.domain.python.fitting import PinnedPackage, could_be_built, misfit
from slipway.domain.python.selection import PythonRequest
from slipway.domain.python.series import MINORS, minor_of
from slipway.domain.python.version_files import VERSION_FILE, is_version_file
from slipway.errors.building import FailedBuild, PackageTooOld
from slipway.errors.dependencies import THE_APP, FilesExcluded, NoWheelForPython
from slipway.errors.django import ModuleMissing, PackageUnfit
from slipway.errors.locks import LockHasNoFile, LockNotForThisPython
from slipway.errors.python import FittingPython, UnfitForPython
from slipway.errors.stopped import BuildStopped
from slipway.errors.vendored import VendoredNotForThisPython, WheelNotForThisPython

_IN_PYLOCK = re.compile(r" in pylock(?:\.[^./]+)?\.toml$")
"""Nobody knows which file to change, and what writes this one."""


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """What does not work with the app's Python, and what its failure itself shows."""

    package: PinnedPackage | None = None
    """None if it is no version of a package, or one whose files nobody can know."""
    shown: str
    """As in FittingPython.package."""
    minors: tuple[str, ...] = ()
    """The minor versions that may fit by what the failure shows, the newest first."""
    known_by: Literal["files", "code", "metadata", "range"] = "code"
    """What shows that, as in FittingPython."""

    requires: tuple[str, ...] = ()
    """The Requires-Python of its files, one of which has to allow a Python; empty for any."""

    @property
    def name(self) -> str:
        return self.package.name if self.package else ""

    def allows(self, release: str) -> bool:
        """Return whether it may fit a release, by what the failure shows."""
        return not self.requires or any(
            PythonRequest(specifier=one, requested=one, origin=None).fits(release)
            for one in self.requires
        )


def suspect_of(error: UnfitForPython, versions: Mapping[str, str]) -> Suspect | None:
    """Return what an error is about; None if nothing is known that another Python has.

    `versions` has those of locked or installed packages, by their normalized names.
    """
    found: Suspect | None = None
    match error:
        case NoWheelForPython() | FilesExcluded():
            found = _of_files(error, versions)
        case LockNotForThisPython() if not error.is_platform:
            # Whether its pins can be selected for a Python decides.
            found = Suspect(shown=error.file, minors=MINORS, known_by="range")
        case LockHasNoFile() | WheelNotForThisPython() | VendoredNotForThisPython():
            found = _of_own_files(error)
        case FailedBuild():
            found = _of_build(error, versions)
        case PackageUnfit() if error.other.startswith("Python "):
            found = _of_import(error)
        case ModuleMissing() if error.removed_in:
            found = Suspect(shown=error.module, minors=_before(error.removed_in))
    return found


def _of_files(error: NoWheelForPython | FilesExcluded, versions: Mapping[str, str]) -> Suspect:
    """Return what an index, or uv, has no file of for the app's Python."""
    name, version = _exact(error.requirement)
    version = version or versions.get(canonicalize_name(name), "")
    minors: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    if isinstance(error, NoWheelForPython):
        requires = error.requires
        allowed = {minor for one in requires for minor in _allowed_by(one)}
        minors = error.pythons or tuple(one for one in MINORS if one in allowed)
    return Suspect(
        package=_package(name, version),
        shown=f"{name} {version}" if version else error.requirement,
        minors=minors,
        requires=requires,
        known_by="files",
    )


def _of_own_files(
    error: LockHasNoFile | WheelNotForThisPython | VendoredNotForThisPython,
) -> Suspect:
    """Return what the app itself has no file of for its Python."""
    if isinstance(error, VendoredNotForThisPython):
        shown = THE_APP if error.path == "." else error.path
        minors = _allowed_by(error.requires)
        requires = (error.requires,)
        return Suspect(shown=shown, minors=minors, known_by="range", requires=requires)
    if isinstance(error, LockHasNoFile):
        name, _, version = error.package.partition(" ")
    else:
        name, version, *_ = f"{error.paths[0].rpartition('/')[2]}--".split("-")
    return Suspect(package=_package(name, version), shown=f"{name} {version}")


def _of_build(error: FailedBuild, versions: Mapping[str, str]) -> Suspect:
    last = error.last_python if isinstance(error, PackageTooOld) else ""
    older = _at_most(last) if last else ()
    if error.is_vendored or error.required_by.startswith("the build of "):
        return Suspect(shown=error.package, minors=older)
    name, version = _exact(error.package)
    version = error.version or version or versions.get(canonicalize_name(name), "")
    return Suspect(package=_package(name, version), shown=f"{name} {version}", minors=older)


def _of_import(error: PackageUnfit) -> Suspect:
    older = _before(error.removed_in) if error.removed_in else MINORS
    named = tuple(minor for minor in error.pythons if minor in older)
    name, _, version = error.package.partition(" ")
    return Suspect(
        package=_package(name, version),
        shown=error.package,
        minors=named or (older if error.removed_in else ()),
        known_by="metadata" if named else "code",
    )


def other_python(
    suspect: Suspect,
    request: PythonRequest,
    current: str,
    usable: Mapping[str, str],
    pinned: Callable[[str], Sequence[PinnedPackage]],
    platforms: Sequence[str],
) -> FittingPython | None:
    """Return the newest usable Python that fits the suspect and all that the app pins.

    `current` is the release of the app's Python, and `usable` has those that the app would get
    here, by their minor versions. `pinned` is as in `fit`, and knows the files of the suspect,
    if anybody does. A package that is not the suspect, and is built for the present Python, is
    no reason against another one for which it could be built.
    """
    installed = _if_possible(pinned, current) or ()
    package = _with_files(suspect, installed)
    fitting, known_by = suspect.minors, suspect.known_by
    unfit = {one for one in usable if not suspect.allows(usable[one])}
    if package and misfit(package, current, platforms):
        fitting = tuple(one for one in MINORS if not misfit(package, one, platforms))
        unfit |= {one for one in usable if misfit(package, usable[one], platforms)}
        known_by = "metadata" if package.name == "django" else "files"
    built = {
        one.name
        for one in installed
        if misfit(one, current, platforms) and could_be_built(one, current, platforms)
    }
    for minor in (one for one in fitting if one in usable and one not in unfit):
        changes, release = _changes(request, minor), usable[minor]
        others = _if_possible(pinned, release)
        if changes is None or others is None or minor == minor_of(current):
            continue
        if all(
            could_be_built(one, release, platforms)
            if one.name in built
            else not misfit(one, release, platforms)
            for one in others
            if one.name != suspect.name
        ):
            return FittingPython(
                minor=minor,
                package=suspect.shown,
                known_by=known_by,
                is_newest=minor == fitting[0],
                changes=changes,
            )
    return None


def _with_files(suspect: Suspect, installed: Sequence[PinnedPackage]) -> PinnedPackage | None:
    """Return the suspect with what is known about its files."""
    if suspect.package is None:
        return None
    return next((one for one in installed if one.name == suspect.name), suspect.package)


def _if_possible(
    pinned: Callable[[str], Sequence[PinnedPackage]], minor: str
) -> Sequence[PinnedPackage] | None:
    try:
        return pinned(minor)
    except BuildStopped:
        return None


def _package(name: str, version: str) -> PinnedPackage | None:
    try:
        parse_version(version)
    except InvalidVersion:
        return None
    if not name:
        return None
    return PinnedPackage(name=canonicalize_name(name), version=version)


def _exact(requirement: str) -> tuple[str, str]:
    """Return the name of a requirement, and its version if it has an exact one."""
    try:
        parsed = parse_requirement(requirement)
    except InvalidRequirement:
        return "", ""
    exact = [
        one.version
        for one in parsed.specifier
        if one.operator == "==" and not one.version.endswith("*")
    ]
    return parsed.name, exact[0] if exact else ""


def _minor(version: str) -> tuple[int, int]:
    major, minor, *_ = f"{version}.0".split(".")
    return int(major), int(minor)


def _at_most(last: str) -> tuple[str, ...]:
    return tuple(one for one in MINORS if _minor(one) <= _minor(last))


def _allowed_by(specifier: str) -> tuple[str, ...]:
    allowed = PythonRequest(specifier=specifier, requested=specifier, origin=None)
    return tuple(one for one in MINORS if allowed.may_fit(*_minor(one)))


def _before(first: str) -> tuple[str, ...]:
    return tuple(one for one in MINORS if _minor(one) < _minor(first))


# Where to request it


def _changes(request: PythonRequest, minor: str) -> tuple[str, ...] | None:
    """Return what has to request a minor version instead, as in FittingPython.

    None if nobody knows where to write it.
    """
    parts = request.parts or ((request,) if request.origin else ())
    excluding = [part for part in parts if not part.may_fit(*_minor(minor))]
    origins = tuple(str(part.origin) for part in excluding)
    if not excluding:
        return tuple(str(part.origin) for part in parts if _is_setting(str(part.origin)))
    if any(map(_IN_PYLOCK.search, origins)):
        return None
    # An app that only declares which Pythons it supports could get the newest of these again.
    return origins if any(map(_is_of_one, origins)) else (VERSION_FILE, *origins)


def _is_setting(origin: str) -> bool:
    return origin.isupper() or origin.startswith("python_version in ")


def _is_of_one(origin: str) -> bool:
    """Return whether an origin names one version, and not all that the app supports."""
    in_pipfile = origin.endswith((" in Pipfile", " in Pipfile.lock"))
    return is_version_file(origin) or in_pipfile or _is_setting(origin)
