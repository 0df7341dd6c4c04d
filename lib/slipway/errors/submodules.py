"""Errors of git submodules and of vendor.lock."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped

NO_GIT = "git is not installed"
"""A reason of GitUnavailable."""


@dataclass(eq=False)
class SubmoduleEmpty(BuildStopped):
    submodules: tuple[tuple[str, str], ...]
    """Pairs of (path, URL), the URL without credentials."""


@dataclass(eq=False)
class VendorLockInvalid(BuildStopped):
    file: str
    reason: str


@dataclass(eq=False)
class VendorLockDiffers(BuildStopped):
    differences: tuple[tuple[str, str], ...]
    """Pairs of (path, what differs)."""


@dataclass(eq=False)
class GitUnavailable(BuildStopped):
    path: str
    """The repository whose commit vendor.lock should record."""
    reason: str
