"""Errors of the setting `root`, which names the app's folder in its repository."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class RootMissing(BuildStopped):
    path: str
    origin: str
    """The variable or table with the setting, as the subject of a sentence."""
    is_file: bool
    nearest: str
    """The folder of the repository with the most similar path; empty if none is similar."""
    apps: tuple[tuple[str, tuple[str, ...]], ...]
    """The folders with Python apps, and the files that show that."""


@dataclass(eq=False)
class RootNotPython(BuildStopped):
    path: str
    origin: str
    """As in RootMissing, as is `apps`."""
    found: tuple[str, ...]
    """What the folder contains."""
    apps: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(eq=False)
class SettingsOfRepository(BuildStopped):
    """The table at the top of the repository has more settings than `root`."""

    path: str
    """The folder that `root` names."""
    keys: tuple[str, ...]
    lines: tuple[str, ...]
    """The settings as the file has them, one for each key."""
