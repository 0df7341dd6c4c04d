"""Errors of the app's requirements, and of resolving and installing them."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.python import UnfitForPython
from slipway.errors.stopped import BuildStopped

THE_APP = "the app"
THE_LOCK = "the lock"


@dataclass(frozen=True, kw_only=True)
class RequiredPackage:
    """A requirement, and who requires it."""

    requirement: str
    """As in PEP 508."""
    required_by: str
    """THE_APP, a file and line, a package, THE_LOCK, or the reason why Slipway adds it."""


@dataclass(frozen=True, kw_only=True)
class UnreadSource:
    """A file or table with dependencies that Slipway does not read."""

    name: str
    tool: str
    is_lock: bool
    commands: tuple[str, ...]
    """What writes its packages to requirements.txt; empty if no command does."""


@dataclass(eq=False)
class NoDependencyFile(BuildStopped):
    found: tuple[str, ...]
    misspelled: tuple[tuple[str, str], ...]
    """As in NotPython."""
    unread: tuple[UnreadSource, ...] = ()
    others: tuple[str, ...] = ()
    """Requirements files with other names, such as requirements/production.txt."""
    subfolders: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pairs of (folder with a Python app, its files that show that)."""


@dataclass(eq=False)
class ProjectTableMissing(BuildStopped):
    file: str
    unread: tuple[UnreadSource, ...] = ()
    others: tuple[str, ...] = ()
    """As in NoDependencyFile."""
    groups: tuple[str, ...] = ()
    """Its dependency groups, the one that the app most likely needs first."""


@dataclass(eq=False)
class DependencyGroupInvalid(BuildStopped):
    """A group to install cannot be read (PEP 735): it is cyclic, or names no group."""

    file: str
    group: str
    reasons: tuple[str, ...]
    """In the words of the library that reads groups, without a stop."""


@dataclass(eq=False)
class RequirementInvalid(BuildStopped):
    file: str
    line: int
    text: str
    reason: str


@dataclass(eq=False)
class PoetryDependencyInvalid(BuildStopped):
    """A dependency in Poetry's tables cannot be read, or not passed on to pip and uv."""

    file: str
    name: str
    """Of the package, or the text that should have one."""
    reason: str
    """What follows the name and a colon."""
    is_read_by_poetry: bool
    """Whether Poetry itself can read it, and lock it."""


@dataclass(eq=False)
class SourceUnsupported(BuildStopped):
    """A file says where a package comes from, and Slipway cannot install it from there."""

    name: str
    file: str
    table: str
    """Such as `[tool.uv.sources]`."""
    declaration: str
    """As in the file, on one line and without credentials."""
    reason: str
    """One or two sentences."""
    tool: str
    """`uv`, `Poetry` or `Pipenv`."""
    required_by: str = ""
    """The line that requires the package, if it is in another file."""
    is_elsewhere: bool = True
    """Whether the package is not in the app, and so could be locked with a hash."""


@dataclass(eq=False)
class ToolSettingUnsupported(BuildStopped):
    """A setting for all packages decides what is installed, and pip has none like it."""

    tool: str
    """`uv`, `Poetry` or `PDM`."""
    file: str
    table: str
    """Such as `[tool.uv]`; empty if `key` is a table."""
    key: str
    reason: str
    """One or two sentences."""
    is_index: bool = False
    variable: str = ""
    """A variable with its value that has the effect of the setting."""


@dataclass(eq=False)
class RequirementOutsideTheApp(BuildStopped):
    """The metadata of a package requires another one at a path outside the app."""

    package: str
    """The path of the package that requires it, or `The app`."""
    name: str
    target: str
    """The path or address; relative to the app, unless it is absolute."""
    exists: bool = False
    """Whether the app has the path, and it is not a package."""


@dataclass(eq=False)
class RequirementFileMissing(BuildStopped):
    file: str
    named_in: str
    line: int
    is_folder: bool = False
    """Whether a folder has this name."""
    similar: str = ""
    """A file of the app whose path differs only by case."""
    in_folder: tuple[str, ...] = ()
    """The lines that name a requirements file in it, those for production first."""


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
    required_by: str = THE_APP
    """As in RequiredPackage."""
    successor: str = ""
    """What has taken its place, as a clause; empty if nothing has."""


@dataclass(eq=False)
class NoIndexAllowed(BuildStopped):
    """A package is not vendored, and a setting of pip or uv forbids to use an index."""

    requirement: str
    setting: str
    """Such as `PIP_NO_INDEX` or `--no-index in the requirements`."""
    required_by: str = THE_APP
    """As in RequiredPackage."""


@dataclass(eq=False)
class VersionNotFound(BuildStopped):
    requirement: str
    versions: tuple[str, ...]
    """The versions that have files for this Python and platform, the newest first."""
    required_by: str = THE_APP
    """As in RequiredPackage."""


@dataclass(eq=False)
class NoWheelForPython(UnfitForPython):
    """The index has the required version, but only for other Pythons."""

    requirement: str
    python: str
    needs: tuple[str, ...]
    """What each version supports, such as `1.2 needs Python <3.9`."""
    required_by: str = THE_APP
    """As in RequiredPackage."""
    versions: tuple[str, ...] = ()
    """As in VersionNotFound: other versions, which support this Python."""
    pythons: tuple[str, ...] = ()
    """Pythons that the required version supports, such as `3.12`, the newest first."""
    requires: tuple[str, ...] = ()
    """The valid Requires-Python of its files for these, any of which is enough; empty if some
    have none."""


@dataclass(eq=False)
class NotForThisPlatform(BuildStopped):
    """The index has the required version for this Python, but only for other platforms."""

    requirement: str
    platform: str
    """Of this image, such as `Linux on x86_64 (glibc 2.36)`."""
    supported: tuple[str, ...]
    """What the required version has files for, in the same words."""
    required_by: str = THE_APP
    """As in RequiredPackage."""
    versions: tuple[str, ...] = ()
    """As in NoWheelForPython."""
    marker: str = ""
    """A marker that is true only where the files fit, such as `sys_platform == "win32"`."""


@dataclass(eq=False)
class FilesExcluded(UnfitForPython):
    """A setting of pip excludes all files of the required version."""

    requirement: str
    option: str
    """`--only-binary` or `--no-binary`."""
    required_by: str = THE_APP
    """As in RequiredPackage."""


Unmet = (
    PackageNotFound,
    NoIndexAllowed,
    VersionNotFound,
    NoWheelForPython,
    NotForThisPlatform,
    FilesExcluded,
)
"""Errors of a requirement for which no index has a file that can be installed."""
UnmetError = (
    PackageNotFound
    | NoIndexAllowed
    | VersionNotFound
    | NoWheelForPython
    | NotForThisPlatform
    | FilesExcluded
)


@dataclass(eq=False)
class HashMismatch(BuildStopped):
    package: str
    expected: tuple[str, ...]
    got: str
    is_vendored: bool = False
    """Whether the file is vendored; `package` is then its path."""
    is_own: bool = False
    """Whether the app's requirements have the hash, and not just the lock of a build."""
    locked_in: str = ""
    """The app's lock that has the hash, if its requirements do not."""
    lock_command: str = ""
    """What locks the app's requirements again, if they say so."""


@dataclass(eq=False)
class HashesMissing(BuildStopped):
    requirements: tuple[str, ...]
    locked_in: str = ""
    """The app's lock, if it lacks the hashes."""
    lock_command: str = ""
    """What locks the app's requirements again, if they say so."""


@dataclass(eq=False)
class ResolveFailed(BuildStopped):
    output: tuple[str, ...]


@dataclass(eq=False)
class InstallFailed(BuildStopped):
    output: tuple[str, ...]


@dataclass(eq=False)
class EnvironmentInconsistent(BuildStopped):
    problems: tuple[str, ...]
    locked_in: str = ""
    """The app's lock, if it is one of another tool than pip-compile."""
    lock_command: str = ""
    """What locks the app's requirements again, if they say so."""
    made_from: str = ""
    """The file that the lock was made from; empty if any can be."""
    excluded: tuple[str, ...] = ()
    """Missing packages that the lock has for other Pythons or platforms."""
