"""Errors of selecting, downloading and bundling the app's Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from slipway.errors.stopped import BuildStopped

OLDEST = (3, 10)
"""The oldest Python that an app may have."""
ADVISED = "3.14"
"""What errors advise to an app that could have any Python: the newest but one, because most
packages have wheels for it. vendor/update_pythons.py writes it."""
_WITHOUT_NEWS = ("error sending request for url", "client error (", "tcp connect error")
"""How lines of uv begin that only lead to the cause, or repeat a long URL."""
TOGETHER = " together with "
"""Joins the origins of a request that several files make."""


@dataclass(frozen=True, kw_only=True)
class FittingPython:
    """Another Python, which fits a package that does not work with the present one."""

    minor: str
    """Such as `3.12`."""
    package: str
    """The package with its version, such as `greenlet 2.0.2`, or as the error names it."""
    known_by: Literal["files", "code", "metadata", "range"]
    """Whether the package has files for it, whether it has what the package's code uses, or
    whether the package's metadata names it, or allows it with Requires-Python."""
    is_newest: bool = True
    """Whether the package itself fits no newer one."""
    changes: tuple[str, ...] = ()
    """The files, keys and settings that request another Python, as in PythonRequest.origin;
    none if `.python-version` is enough."""
    missing: PythonNotFound | None = None
    """Why this build could not use it."""


@dataclass(frozen=True, kw_only=True)
class OldRequirement:
    """A requirement that an app does not need on the Pythons that Slipway supports."""

    file: str
    name: str
    """As the file has it."""
    reason: str
    """What has taken its place: a clause with `{}` for the names of packages; empty if
    another package has."""
    replacement: str
    """What to require instead; empty to require nothing."""
    then: str
    """What else to do, as sentences; empty for nothing."""
    commands: tuple[str, ...] = ()
    """The exact text for `then`, if that ends with a colon."""
    never_installs: bool
    """Whether no Python 3 can install it."""


@dataclass(frozen=True, kw_only=True)
class OldCode:
    """The first line of a module that only Python 2 can run."""

    file: str
    line: int
    statement: str


@dataclass(frozen=True, kw_only=True)
class OldVersion:
    """A requirement with an exact version that no tool of today can read, such as `2012d`."""

    file: str
    line: int
    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class OldParts:
    """What in an app is too old for every Python that Slipway supports; false if nothing is."""

    requirements: tuple[OldRequirement, ...] = ()
    django: str = ""
    """The version of Django that the app requires, if it is too old."""
    django_pythons: str = ""
    """The Pythons that this Django is for, such as `3.6 to 3.8`; empty if `django` is."""
    modules: tuple[OldCode, ...] = ()
    pinned_in: tuple[str, ...] = ()
    """The requirements files that pin versions, which people edit themselves."""
    lock: str = ""
    """The lock that the app brings; empty if it has none."""
    exact: tuple[str, ...] = ()
    """The packages whose exact versions the file requires that the lock is made from."""
    versions: tuple[OldVersion, ...] = ()
    git_addresses_in: tuple[str, ...] = ()
    """The requirements files with addresses that begin with git://."""

    def __bool__(self) -> bool:
        return bool(self.requirements or self.django or self.modules or self.versions)


@dataclass(eq=False, kw_only=True)
class NeedsPython2(BuildStopped):
    """The app requires packages that only Python 2 can install."""

    old: OldParts


@dataclass(eq=False, kw_only=True)
class VersionsUnreadable(BuildStopped):
    """The app requires exact versions that are none since PEP 440."""

    old: OldParts
    """All else that has to change, if something has."""


@dataclass(eq=False, kw_only=True)
class UnfitForPython(BuildStopped):
    """A package, or code of the app, that another Python may fit."""

    fitting: FittingPython | None = None
    """None if no other is known to fit."""
    old: OldParts = OldParts()
    """What in the app no supported Python fits, if a build of a package failed."""


@dataclass(eq=False, kw_only=True)
class RequestRefused(BuildStopped):
    """A single request that no build can follow, whatever the image has."""

    origin: str
    """The file, relative to the app, or the key, setting or variable."""
    instead: str = ADVISED
    """A minor version to write, which the app's other requests allow."""
    others: str = ""
    """What the app's other requests allow, as a PEP 440 specifier; empty if there are none."""


@dataclass(eq=False)
class PythonVersionUnparsable(RequestRefused):
    found: str
    """What is there instead of a version; empty if nothing is, or if it must not be shown."""
    is_text: bool = field(default=True, kw_only=True)
    """Whether a text was found, and not another value of TOML."""
    is_hidden: bool = field(default=False, kw_only=True)
    """Whether it is not shown, because it may be a secret in the wrong place."""


@dataclass(eq=False)
class PythonKindUnsupported(RequestRefused):
    """A request names another Python than a release of CPython."""

    requested: str
    kind: str
    """`free-threaded`, `debug`, `development`, `pre-release`, `system`, `conda`, or the name of
    another implementation, such as `PyPy`."""


@dataclass(eq=False)
class PythonTooOld(RequestRefused):
    requested: str
    oldest: str
    also: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    """The other files and keys that request one that is too old, and what each requests."""
    old: OldParts = field(default=OldParts(), kw_only=True)
    """What else has to change in the app, for a newer Python."""


@dataclass(eq=False)
class NoSuchPython(RequestRefused):
    """No Python fits a request, whatever the image has."""

    requested: str
    is_range: bool
    """Whether it has several parts, which exclude each other."""


@dataclass(eq=False)
class PythonsContradict(BuildStopped):
    """Two files of the app request Pythons, and no version fits both."""

    origins: tuple[str, str]
    """The files or keys, the one that has priority first."""
    requested: tuple[str, str]
    nearest: tuple[str, str]
    """A version that the second allows, for the first, and one that the first allows, for the
    second; empty if none is known."""
    widened: str
    """A PEP 440 specifier that allows what the first requests, for the second."""
    parts: tuple[tuple[str, str], ...] = ()
    """If the first are several files or keys together, each of them and what it requests."""
    changes: tuple[str, ...] = ()
    """Those of the parts that exclude the version for the first."""


@dataclass(eq=False)
class PythonNotFound(BuildStopped):
    why: ClassVar[str] = "the image has none, and no download is allowed"
    """A clause about the Python that was requested."""
    may_pass: ClassVar[bool] = False
    """Whether the next build may get it, because what failed was a download."""
    requested: str
    origin: str | None
    image_pythons: tuple[tuple[str, str], ...]
    """Pairs of (version, path) of the interpreters on the image."""
    setting: str = field(default="", kw_only=True)
    """The setting that limits the choice, `offline` or `python_source`, or uv's variable
    `UV_PYTHON_DOWNLOADS`; else empty."""
    setting_origin: str = field(default="", kw_only=True)
    """The variable or table with `python_source`, as the subject of a sentence, if that keeps
    the app from a Python of the image or from a download; else empty."""
    unusable: tuple[tuple[str, str, str], ...] = field(default=(), kw_only=True)
    """Version, path and kind of other interpreters on the image, such as `PyPy`."""
    because: str = field(default="", kw_only=True)
    """Why no newer Python fits what the app pins, as a clause; empty if its files decide."""
    nearest: str = field(default="", kw_only=True)
    """The minor version on the image to request instead; empty if nothing but the request is
    known."""

    @property
    def cause(self) -> str:
        """What the tool that failed says, in one line; empty if none did."""
        return ""


@dataclass(eq=False)
class ImageHasMusl(PythonNotFound):
    """The image has another C library than those that Slipway supports."""

    why: ClassVar[str] = "no Python for images with musl can be downloaded"


@dataclass(eq=False)
class ManagedPythonUnknown(PythonNotFound):
    """uv's table of downloads has no such version."""

    why: ClassVar[str] = "uv has no download of it"

    known: tuple[str, ...] = field(kw_only=True)
    """The newest of each minor version that it has."""


@dataclass(eq=False)
class ManagedPythonNotBuilt(PythonNotFound):
    """uv's table of downloads has nothing for this kind of machine."""

    why: ClassVar[str] = "uv has no download of it for this kind of machine"

    machine: str = field(kw_only=True)
    """Processor and C library."""


@dataclass(eq=False)
class ManagedPythonNotFetched(PythonNotFound):
    why: ClassVar[str] = "uv could not download it"
    may_pass: ClassVar[bool] = True
    reason: tuple[str, ...] = field(kw_only=True)
    """uv's own lines."""

    @property
    def cause(self) -> str:
        return _in_one_line(self.reason)


@dataclass(eq=False)
class ManagedPythonDiffers(PythonNotFound):
    """The download does not have the sha256 of uv's table."""

    why: ClassVar[str] = "the file that uv downloaded is not the one that it expects"
    may_pass: ClassVar[bool] = True

    reason: tuple[str, ...] = field(kw_only=True)
    """As in ManagedPythonNotFetched."""

    @property
    def cause(self) -> str:
        return _in_one_line(self.reason)


def _in_one_line(reason: tuple[str, ...]) -> str:
    lines = (line.strip().removeprefix("cause: ") for line in reason)
    return "; ".join(line for line in lines if not line.startswith(_WITHOUT_NEWS))


@dataclass(eq=False)
class ManagedPythonWithoutUv(PythonNotFound):
    """uv, which would download it, is not available."""

    why: ClassVar[str] = "uv, which would download it, is not available"
    may_pass: ClassVar[bool] = True

    uv_version: str = field(kw_only=True)
    reason: str = field(kw_only=True)

    @property
    def cause(self) -> str:
        return self.reason


@dataclass(eq=False)
class ManagedPythonBroken(PythonNotFound):
    """It was downloaded, and does not start on this image."""

    why: ClassVar[str] = "the one that uv downloaded does not start on this image"

    version: str = field(kw_only=True)


@dataclass(eq=False)
class PythonNotRelocatable(BuildStopped):
    path: str
    reason: str
