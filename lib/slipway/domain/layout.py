"""The folders that a build writes to; each door has its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Layout:
    app: Path
    """The user's files."""
    virtualenv: Path
    """The virtual environment: a folder in the app, or a layer."""
    python: Path
    """The folder of a bundled Python."""
    record: Path
    """The folder of the lock and the build record."""


IN_APP = ".slipway"
"""Slipway's folder in an app that is built in place."""


def in_app(app: Path) -> Layout:
    """Return the layout with all folders in the app itself."""
    own = app / IN_APP
    return Layout(app=app, virtualenv=own / "venv", python=own / "python", record=own)
