"""Errors of the app's folder, its files, settings and hooks, and of its web process."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class NotPython(BuildStopped):
    found: tuple[str, ...]
    misspelled: tuple[tuple[str, str], ...]
    """Pairs of (name in the app, file that was probably meant)."""


@dataclass(eq=False)
class AppFolderMissing(BuildStopped):
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
    """The variable or table with the setting, as the subject of a sentence."""
    nearest: str | None
    known: tuple[str, ...]


@dataclass(eq=False)
class SettingInvalid(BuildStopped):
    name: str
    origin: str
    """As in SettingUnknown."""
    value: str
    allowed: str
    """What follows `Set NAME to `."""


@dataclass(eq=False)
class RequirementsMissing(BuildStopped):
    path: str
    origin: str
    """As in SettingUnknown."""


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
    """A clause that follows a colon, such as `it exited with status 3`."""


@dataclass(eq=False)
class WebProcessMissing(BuildStopped):
    path: str


@dataclass(eq=False)
class WebProcessFailed(BuildStopped):
    command: str
    reason: str
    """As in HookFailed."""
