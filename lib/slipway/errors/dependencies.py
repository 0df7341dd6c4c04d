"""Errors of the app's requirements, and of resolving and installing them."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped

THE_APP = "the app"


@dataclass(frozen=True, kw_only=True)
class RequiredPackage:
    """A requirement, and who requires it."""

    requirement: str
    """As in PEP 508."""
    required_by: str
    """THE_APP, a file and line, a package, or the reason why Slipway adds it."""


@dataclass(eq=False)
class NoDependencyFile(BuildStopped):
    found: tuple[str, ...]
    misspelled: tuple[tuple[str, str], ...]
    """As in NotPython."""


@dataclass(eq=False)
class ProjectTableMissing(BuildStopped):
    file: str


@dataclass(eq=False)
class RequirementInvalid(BuildStopped):
    file: str
    line: int
    text: str
    reason: str


@dataclass(eq=False)
class RequirementFileMissing(BuildStopped):
    file: str
    named_in: str
    line: int
    is_folder: bool = False
    """Whether a folder has this name."""


@dataclass(eq=False)
class ResolutionConflict(BuildStopped):
    requirements: tuple[RequiredPackage, ...]


@dataclass(eq=False)
class RequiredOnOtherPythons(BuildStopped):
    """The app requires a vendored package on other Pythons, another package on this one."""

    name: str
    place: str
    """The line of the app's requirement, as `file:line`."""
    required_by: tuple[str, ...]
    """The paths of vendored packages; empty if only other packages require it."""


@dataclass(eq=False)
class PackageNotFound(BuildStopped):
    requirement: str


@dataclass(eq=False)
class VersionNotFound(BuildStopped):
    requirement: str
    versions: tuple[str, ...]


@dataclass(eq=False)
class NoWheelForPython(BuildStopped):
    requirement: str
    python: str
    needs: tuple[str, ...]
    """What each version supports, such as `1.2 needs Python <3.9`."""


@dataclass(eq=False)
class HashMismatch(BuildStopped):
    package: str
    expected: tuple[str, ...]
    got: str
    is_vendored: bool = False
    """Whether the file is vendored; `package` is then its path."""
    is_own: bool = False
    """Whether the app's requirements have the hash, and not just the lock of a build."""


@dataclass(eq=False)
class HashesMissing(BuildStopped):
    requirements: tuple[str, ...]


@dataclass(eq=False)
class ResolveFailed(BuildStopped):
    output: tuple[str, ...]


@dataclass(eq=False)
class InstallFailed(BuildStopped):
    output: tuple[str, ...]


@dataclass(eq=False)
class EnvironmentInconsistent(BuildStopped):
    problems: tuple[str, ...]
