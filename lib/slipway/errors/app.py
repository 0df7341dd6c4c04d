"""Errors of the app's folder, its files and settings, and of its web process."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from slipway.errors.dependencies import UnreadSource
from slipway.errors.stopped import BuildStopped

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""The errors of a disk that is full, and of a quota that is exceeded."""


@dataclass(eq=False)
class NotPython(BuildStopped):
    found: tuple[str, ...]
    misspelled: tuple[tuple[str, str], ...]
    """Pairs of (name in the app, file that was probably meant)."""
    unread: tuple[UnreadSource, ...] = ()
    others: tuple[str, ...] = ()
    """As in NoDependencyFile."""
    subfolders: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """As in NoDependencyFile."""


@dataclass(eq=False)
class AppFolderMissing(BuildStopped):
    path: str


@dataclass(eq=False)
class FolderTooWide(BuildStopped):
    """The folder is the home folder or a whole disk, which has more than one app."""

    path: str


@dataclass(eq=False)
class NotCompiled(BuildStopped):
    path: str


@dataclass(eq=False)
class VirtualenvCheckedIn(BuildStopped):
    folders: tuple[str, ...]


@dataclass(eq=False)
class FileUnreadable(BuildStopped):
    file: str
    reason: str
    code: int
    """The errno."""


@dataclass(eq=False)
class NotAFolder(BuildStopped):
    """A build writes into a folder, but the app has a file of that name."""

    path: str


@dataclass(eq=False)
class NotAFile(BuildStopped):
    """A build writes a file, but the app has a folder of that name."""

    path: str


@dataclass(eq=False)
class NamedFileUnusable(BuildStopped):
    """A file outside of the app, which tools of the build would read."""

    path: str
    kind: str
    """What is there: `a folder`, `a device` and so on."""
    variable: str
    """The variable that names it; empty if tools read it without one."""


@dataclass(eq=False)
class VariablesTooLarge(BuildStopped):
    """Linux starts no process with so much in its environment."""

    total: int
    """Bytes of all names and values."""
    largest: str
    """The name of a variable."""
    size: int
    """Bytes of the value of the largest."""


@dataclass(eq=False)
class FileUndecodable(BuildStopped):
    file: str
    line: int
    encoding: str = ""
    """The encoding, if it is known and this file must not have it."""


@dataclass(eq=False)
class LinkDead(BuildStopped):
    file: str
    """A symbolic link, relative to the app."""
    target: str


@dataclass(eq=False)
class LinkWrittenAsText(BuildStopped):
    """A file holds only the path of another one, as Windows writes a symbolic link."""

    file: str
    target: str
    """Relative to the folder of the file."""
    is_in_app: bool


@dataclass(eq=False)
class FileIsLfsPointer(BuildStopped):
    file: str


@dataclass(eq=False)
class FileNotToml(BuildStopped):
    file: str
    reason: str
    conflict: tuple[int, str] = (0, "")
    """The line and text of the first mark of git in it, as in MergeConflict."""


@dataclass(eq=False)
class MergeConflict(BuildStopped):
    """git could not merge two versions of a file, and has left marks in it."""

    file: str
    line: int
    mark: str
    """The first of those lines."""


@dataclass(eq=False)
class ApplicationMissing(BuildStopped):
    """The application that the process `web` is told to serve."""

    target: str
    """`module:attribute`."""
    origin: str
    """The variable, table or file that names it, as the subject of a sentence."""
    key: str
    """The name of the setting in that table or file."""
    file: str = ""
    """The module's file; empty if the app has no such module."""
    other: str = ""
    """What it is instead, if it exists and is not an application, as words after `is`."""
    candidates: tuple[str, ...] = ()
    """Targets that could be meant."""


@dataclass(eq=False)
class SettingUnknown(BuildStopped):
    """A key of the table, or a variable; all names are then names of variables."""

    name: str
    origin: str
    """The variable or table with the setting, as the subject of a sentence."""
    nearest: str | None
    known: tuple[str, ...]


@dataclass(eq=False)
class SettingInvalid(BuildStopped):
    name: str
    origin: str
    """As in SettingUnknown."""
    kind: str
    """`empty`, `text`, `an address`, `a number` and so on; the value itself may be a secret."""
    allowed: str
    """What follows `Set it to `."""
    example: str = ""
    """A valid line of the table, or a valid variable."""


@dataclass(eq=False)
class SettingOutside(BuildStopped):
    """A setting names a path that is absolute or leads out of the app."""

    name: str
    origin: str
    """As in SettingUnknown."""
    path: str
    inside: str = ""
    """The folder of the app that is meant, relative to the repository; empty if unknown."""


@dataclass(eq=False)
class RequirementsMissing(BuildStopped):
    path: str
    origin: str
    """As in SettingUnknown."""
    is_folder: bool = False
    in_folder: tuple[str, ...] = ()
    """The requirements files in it, those for production first."""


@dataclass(frozen=True, kw_only=True)
class Denial:
    """A folder or file that denies access."""

    path: str
    owner: str
    """The name or number of the user; empty if it is not known, as is `mode`."""
    mode: str
    """As `ls -l` shows it, such as `drwx------`."""
    user: str
    """The name or number of the user that builds."""


@dataclass(eq=False)
class FileForbidden(BuildStopped):
    path: str
    reason: str
    denial: Denial | None = None
    """What denies the access; None if it is not a matter of owners and modes."""


@dataclass(eq=False)
class AppUnreadable(BuildStopped):
    """The app has files that neither the build nor the platform's export can read."""

    denials: tuple[Denial, ...]


@dataclass(eq=False)
class DiskFull(BuildStopped):
    path: str | None


@dataclass(eq=False)
class WebProcessMissing(BuildStopped):
    """There is nothing that `try` can serve or run."""

    path: str
    processes: tuple[str, ...] = ()
    """The process types that the app has."""
    line: str = ""
    """The line for the Procfile of this app, if it is known."""


@dataclass(eq=False)
class PortTaken(BuildStopped):
    port: int


@dataclass(eq=False)
class ReleaseFailed(BuildStopped):
    command: str
    reason: str
    """How it ended, as a sentence without its subject."""


@dataclass(eq=False)
class ProcessFailed(BuildStopped):
    """A process that is not a web process failed while `try` ran it."""

    name: str
    """The process type; empty for a command that is of none."""
    command: str
    reason: str
    """How it ended, as a sentence without its subject."""


@dataclass(eq=False)
class WebProcessFailed(BuildStopped):
    command: str
    reason: str
    """A verb and what follows it, such as `exited with status 3`."""
