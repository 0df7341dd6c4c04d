"""Errors of packaging Slipway itself as a buildpack."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.app import Denial
from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class PackMissing(BuildStopped):
    path: str
    """The PATH on which it was not found."""


@dataclass(eq=False)
class PackFailed(BuildStopped):
    output: tuple[str, ...]
    """The last lines of its output."""


@dataclass(eq=False)
class TargetUnknown(BuildStopped):
    target: str
    known: tuple[str, ...]
    options: tuple[str, ...] = ()
    """Those of the command that was run, without its targets."""


@dataclass(eq=False)
class StageTaken(BuildStopped):
    folder: str


@dataclass(eq=False)
class DownloadFailed(BuildStopped):
    address: str
    reason: str


@dataclass(eq=False)
class DownloadDiffers(BuildStopped):
    address: str
    expected: str
    """64 hexadecimal digits, like `got`."""
    got: str


@dataclass(eq=False)
class PackageNotWritten(BuildStopped):
    path: str
    reason: str
    """A clause, or the system's words."""
    option: str
    """The option that names it, such as `--output`."""
    denial: Denial | None = None
    """What denies access, if that is why."""


@dataclass(eq=False)
class UvNotBundled(BuildStopped):
    version: str
    reason: str
    """As in UvUnavailable."""
    options: tuple[str, ...]
    """Those of the command that was run, without `--offline` and `--with-python`."""


@dataclass(eq=False)
class PythonsNotBundled(BuildStopped):
    reason: tuple[str, ...]
    """Lines of uv's output."""
    options: tuple[str, ...]
    """As in UvNotBundled."""
