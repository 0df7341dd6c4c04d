"""What can stop a build, as data: what was found, never what to say about it.

The words stand in `messages`, one for each class here; a test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

THE_APP = "the app"


class BuildStopped(Exception):
    """A build that ends for a reason its user can change; the doors exit 1 with its words."""


@dataclass(eq=False)
class NotPython(BuildStopped):
    found: tuple[str, ...]
    misspelled: tuple[tuple[str, str], ...]
    """Pairs of (file in the app, file it was probably meant to be)."""


@dataclass(eq=False)
class AppFolderMissing(BuildStopped):
    path: str


@dataclass(eq=False)
class NotCompiled(BuildStopped):
    path: str


@dataclass(eq=False)
class NoDependencyFile(BuildStopped):
    found: tuple[str, ...]
    misspelled: tuple[tuple[str, str], ...]
    """As in NotPython."""


@dataclass(eq=False)
class ProjectTableMissing(BuildStopped):
    file: str


@dataclass(eq=False)
class VirtualenvCheckedIn(BuildStopped):
    folders: tuple[str, ...]


@dataclass(eq=False)
class FileUnreadable(BuildStopped):
    file: str
    reason: str


@dataclass(eq=False)
class FileUndecodable(BuildStopped):
    file: str
    line: int


@dataclass(eq=False)
class FileNotToml(BuildStopped):
    file: str
    reason: str


@dataclass(eq=False)
class SettingUnknown(BuildStopped):
    name: str
    origin: str
    nearest: str | None
    known: tuple[str, ...]


@dataclass(eq=False)
class SettingInvalid(BuildStopped):
    name: str
    origin: str
    value: str
    allowed: str


@dataclass(eq=False)
class PythonVersionUnparsable(BuildStopped):
    file: str
    found: tuple[str, ...]


@dataclass(eq=False)
class PythonTooOld(BuildStopped):
    origin: str
    asked: str
    oldest: str


@dataclass(eq=False)
class PythonNotHere(BuildStopped):
    asked: str
    origin: str | None
    here: tuple[tuple[str, str], ...]
    """Pairs of (version, path) of the interpreters on the image."""


@dataclass(eq=False)
class PythonNotCarriable(BuildStopped):
    path: str
    reason: str


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


@dataclass(eq=False)
class ResolutionConflict(BuildStopped):
    wants: tuple[tuple[str, str], ...]
    """Pairs of (who, what they want); THE_APP, or the file and line, for the app's own."""


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
    """What the index has instead, as `1.2 needs Python <3.9`."""


@dataclass(eq=False)
class CompilerMissing(BuildStopped):
    package: str
    program: str
    debian: str


@dataclass(eq=False)
class HeaderMissing(BuildStopped):
    package: str
    header: str
    debian: str | None


@dataclass(eq=False)
class PackageBuildFailed(BuildStopped):
    package: str
    output: tuple[str, ...]


@dataclass(eq=False)
class IndexUnreachable(BuildStopped):
    index: str
    reason: str


@dataclass(eq=False)
class IndexRefused(BuildStopped):
    index: str
    status: int


@dataclass(eq=False)
class HashMismatch(BuildStopped):
    package: str
    expected: tuple[str, ...]
    got: str


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


@dataclass(eq=False)
class FileForbidden(BuildStopped):
    path: str
    reason: str


@dataclass(eq=False)
class DiskFull(BuildStopped):
    path: str | None


@dataclass(eq=False)
class HookFailed(BuildStopped):
    hook: str
    reason: str


@dataclass(eq=False)
class ManagePyAmbiguous(BuildStopped):
    candidates: tuple[str, ...]


@dataclass(eq=False)
class ManagePyMissing(BuildStopped):
    path: str
    origin: str


@dataclass(eq=False)
class SettingsVariableMissing(BuildStopped):
    variable: str
    settings: str
    place: str | None
    """`file:line` in the app where the variable was asked for, if known."""


@dataclass(eq=False)
class SettingsBroken(BuildStopped):
    settings: str
    reason: str
    place: str | None


@dataclass(eq=False)
class StaticFileMissing(BuildStopped):
    reason: str


@dataclass(eq=False)
class CollectstaticFailed(BuildStopped):
    reason: str
    place: str | None


@dataclass(eq=False)
class WebProcessMissing(BuildStopped):
    path: str


@dataclass(eq=False)
class WebProcessFailed(BuildStopped):
    command: str
    reason: str


@dataclass(eq=False)
class CommandFailed(BuildStopped):
    """A process that ended with another status than 0; the steps turn it into what it means."""

    command: str
    status: int
    output: str
