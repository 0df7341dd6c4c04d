"""Errors of files that a checkout did not write as they are in the repository."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class LfsPointers(BuildStopped):
    paths: tuple[str, ...]
    """Files of vendored packages, relative to the app."""
