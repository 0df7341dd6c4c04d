"""What can be wrong with vendored packages."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.dependencies import RequiredPackage
from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class VendorFolderMissing(BuildStopped):
    folder: str
    origin: str
    """The setting that names it."""


@dataclass(eq=False)
class VendoredMissing(BuildStopped):
    path: str
    """What a requirement names and the app does not have, relative to the app."""
    file: str
    line: int


@dataclass(eq=False)
class VendoredNotPython(BuildStopped):
    path: str
    """A file or folder that a requirement names and no package can be made from."""
    file: str
    line: int


@dataclass(eq=False)
class OutsideTheApp(BuildStopped):
    path: str
    """A file, line or setting of the app, as `vendor/acme/data` or `requirements.txt:3`."""
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


@dataclass(eq=False)
class VendoredBuildCycle(BuildStopped):
    paths: tuple[str, ...]
    """Packages each of which is needed to build the one before."""


@dataclass(eq=False)
class ArchiveUnsafe(BuildStopped):
    path: str
    member: str
    reason: str


@dataclass(eq=False)
class WheelInvalid(BuildStopped):
    path: str
    reason: str


@dataclass(eq=False)
class WheelNotForThisPython(BuildStopped):
    paths: tuple[str, ...]
    """All wheels of one package, none of which fits."""
    python: str
    """The version and platform, as `3.12.4, linux-x86_64`."""
    fitting: tuple[str, ...]
    """Some of the tags that would fit, the best first."""


@dataclass(eq=False)
class VendoredVersionUnfit(BuildStopped):
    name: str
    version: str
    path: str
    is_guess: bool
    """Whether Slipway made the version up, because nothing tells it."""
    requirements: tuple[RequiredPackage, ...]
    """Those that the version does not satisfy."""


@dataclass(eq=False)
class OfflineMissing(BuildStopped):
    missing: tuple[RequiredPackage, ...]
    folder: str
    """Where the files are to be added: `vendor`, or `vendor/build`."""


@dataclass(eq=False)
class VendoredNotForThisPython(BuildStopped):
    path: str
    requires: str
    """What its metadata says, as `>=3.14`."""
    python: str
    """The version that the app gets."""
