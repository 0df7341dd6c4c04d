"""Why the tool that the app's settings name cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class UvUnavailable(BuildStopped):
    reason: str
    """Half a sentence that follows a colon."""
    version: str
    """The version that Slipway uses."""


@dataclass(eq=False)
class UvUnfit(BuildStopped):
    setting: str
    """What uv cannot honour, as the user knows it."""
