"""What can be wrong with submodules, and with vendor.lock."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class SubmoduleEmpty(BuildStopped):
    submodules: tuple[tuple[str, str], ...]
    """Pairs of (path, address), the address without credentials."""


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
    """A submodule or app whose commit was to be written down."""
    reason: str
