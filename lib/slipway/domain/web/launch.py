"""How the built app starts: its process types and their environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WebApplication:
    """An application for gunicorn to serve."""

    target: str
    """`module:attribute`."""
    folder: str
    """The folder to import the module from, relative to the app; empty for its root."""
    origin: str
    """Where it was found: a file, or a setting in one."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a built app starts; each door writes it in the format of its platform."""

    processes: Mapping[str, str]
    """Process type -> command, in the order to show; the app's own if it has a Procfile."""
    is_default: bool
    """Whether the process types are Slipway's, because the app has no Procfile."""
    defaults: Mapping[str, str]
    """Environment variables for the running app, unless the user has set them."""
