"""Errors of a Django project, found or run."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


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
    """`file:line` in the app where the variable was read, if known."""


@dataclass(eq=False)
class SettingsBroken(BuildStopped):
    subject: str
    """What fails, at the start of a sentence: the settings module, or Django."""
    reason: str
    place: str | None


@dataclass(eq=False)
class StaticRootOutside(BuildStopped):
    settings: str
    folder: str
    """The absolute path that the storage of static files uses, and where its links lead."""


@dataclass(eq=False)
class StaticFileMissing(BuildStopped):
    reason: str


@dataclass(eq=False)
class CollectstaticFailed(BuildStopped):
    manage: str
    """The path of manage.py, relative to the app."""
    exception: str | None
    """Its type and message; None if collectstatic raised none."""
    place: str | None
    ending: str
    """How the process ended, such as `was killed by signal 9`."""
