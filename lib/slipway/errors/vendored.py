"""Errors of vendored packages."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.dependencies import RequiredPackage
from slipway.errors.python import UnfitForPython
from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class VendorFolderMissing(BuildStopped):
    folder: str
    origin: str
    """The variable or table with the setting, as the subject of a sentence."""


@dataclass(eq=False)
class VendoredMissing(BuildStopped):
    path: str
    """The path in a requirement, relative to the app."""
    file: str
    line: int


@dataclass(eq=False)
class VendoredNotPython(BuildStopped):
    path: str
    """The file or folder that a requirement names."""
    file: str
    line: int


@dataclass(eq=False)
class OutsideTheApp(BuildStopped):
    path: str
    """The link, line or setting, such as `vendor/acme/data` or `requirements.txt:3`."""
    target: str
    """Where it points to."""


@dataclass(eq=False)
class VendoredTwice(BuildStopped):
    name: str
    paths: tuple[str, ...]


@dataclass(eq=False)
class VendoredBroken(BuildStopped):
    path: str
    """A package, or a file of one, relative to the app."""
    reason: str


@dataclass(eq=False)
class VendoredBuildFailed(BuildStopped):
    path: str
    backend: str
    output: tuple[str, ...]
    """The last lines of the backend's output."""
    lists_dependencies: bool = False
    """As in FailedBuild."""


@dataclass(eq=False)
class VendoredBuildCycle(BuildStopped):
    paths: tuple[str, ...]
    """The packages that require each other."""


@dataclass(eq=False)
class ArchiveUnsafe(BuildStopped):
    path: str
    member: str
    reason: str


@dataclass(eq=False)
class WheelInvalid(BuildStopped):
    path: str
    reason: str
    is_built: bool = False
    """Whether a backend has just built it; `path` is then that of its source."""


@dataclass(eq=False)
class WheelNotForThisPython(UnfitForPython):
    paths: tuple[str, ...]
    """All vendored wheels of one package."""
    python: str
    """The version and platform, such as `3.12.4 on linux-x86_64 with glibc 2.36`."""
    tags: tuple[str, ...]
    """Some of the tags that are supported, the best first."""


@dataclass(eq=False)
class VendoredVersionUnfit(BuildStopped):
    name: str
    version: str
    path: str
    is_guess: bool
    """Whether Slipway made up the version, because the package does not state one."""
    requirements: tuple[RequiredPackage, ...]
    """The requirements that the version does not satisfy."""


@dataclass(eq=False)
class OfflineMissing(BuildStopped):
    missing: tuple[RequiredPackage, ...]
    folder: str
    """Where to add the files: `vendor`, or `vendor/build`."""


@dataclass(eq=False)
class VendoredNotForThisPython(UnfitForPython):
    path: str
    requires: str
    """Its Requires-Python, such as `>=3.14`."""
    python: str
    """The version that the app gets."""
