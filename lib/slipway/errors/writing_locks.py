"""Errors of `bin/slipway lock`."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class AlreadyLocked(BuildStopped):
    """An app has a lock that Slipway did not write."""

    file: str
    tool: str
    """In words; empty if the file does not tell."""


@dataclass(eq=False)
class NothingToLock(BuildStopped):
    """An app requires no package."""

    origin: str


@dataclass(eq=False)
class FileNotLockable(BuildStopped):
    """No file of a locked package is where other machines find it as well."""

    requirement: str
    file: str
    """The path of its file outside the app; empty if no file fits Linux."""
