"""Errors of a toolchain that the app requests and that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class UvUnavailable(BuildStopped):
    reason: str
    """A clause that follows a colon."""
    version: str
    """The version that Slipway uses."""
    is_download: bool = False
    """Whether pip tried to download it from the package index."""
    origin: str = ""
    """The variable or table that requests uv, as the subject of a sentence; empty if none."""


@dataclass(eq=False)
class UvUnfit(BuildStopped):
    reason: str
    """A clause that names the setting as the user wrote it."""
    origin: str
    """As in UvUnavailable."""
