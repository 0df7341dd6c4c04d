"""What keeps the tools from being those that the app asks for."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class UvUnavailable(BuildStopped):
    reason: str
    """Half a sentence that follows a colon."""
    version: str
    """The one that Slipway would take."""


@dataclass(eq=False)
class UvUnfit(BuildStopped):
    setting: str
    """What uv cannot honour, by what the user knows it by."""
