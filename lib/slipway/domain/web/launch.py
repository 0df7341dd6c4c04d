"""How the built app is started: its processes, and the environment they run in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WebApplication:
    """What gunicorn is to serve."""

    target: str
    """`module:attribute`."""
    folder: str
    """Where the module is found, relative to the app; empty for its root."""
    origin: str
    """The file that says so."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """The end of a build; each door writes it down in its platform's way."""

    processes: Mapping[str, str]
    """Type -> command, in the order to show; the user's own where there is a Procfile."""
    is_default: bool
    """Whether the processes are Slipway's, because the app has no Procfile."""
    defaults: Mapping[str, str]
    """Variables that hold at run time unless the user has set them."""
