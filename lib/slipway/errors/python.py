"""What keeps an app from getting its Python."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class PythonVersionUnparsable(BuildStopped):
    file: str
    """The file, relative to the app, or the setting that asks for it."""
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
