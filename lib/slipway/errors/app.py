"""What can be wrong with the app, its settings, its hooks or how it is served."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


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
class RequirementsMissing(BuildStopped):
    path: str
    origin: str
    """The setting that names it."""


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
class WebProcessMissing(BuildStopped):
    path: str


@dataclass(eq=False)
class WebProcessFailed(BuildStopped):
    command: str
    reason: str
