"""Where the products of a build lie; each door says so in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Layout:
    app: Path
    """The user's files."""
    virtualenv: Path
    """The folder of what is installed: in the app, or a layer of its own."""
    python: Path
    """The folder of a Python that is carried along."""
    record: Path
    """The folder of the lock and of what else is written down."""


IN_APP = ".slipway"
"""Slipway's folder, where its products live in the app."""


def in_app(app: Path) -> Layout:
    """Lay everything out below the app itself."""
    own = app / IN_APP
    return Layout(app=app, virtualenv=own / "venv", python=own / "python", record=own)
