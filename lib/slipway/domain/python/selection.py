"""Which Python an app requests, and which of the available ones it gets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from packaging.markers import default_environment
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from slipway.domain.packaging_text import parse_specifiers
from slipway.domain.python.kinds import named, refuse_kind, unsupported
from slipway.domain.python.series import MINORS, series_of
from slipway.errors import python as errors
from slipway.errors.python import PythonVersionUnparsable

OLDEST = Version(".".join(map(str, errors.OLDEST)))

_PREFIX = re.compile(r"c?python[-@]?(?=\d)")
_PLAIN = re.compile(r"(?P<release>\d+(?:\.\d+){0,2})(?:\.[x*])?")
_PATCHES = re.compile(r"\d+\.\d+\.(\d+)", re.ASCII)
_MOST_SHOWN = 60
_NEWEST_PATCH = 999
"""Greater than any patch release."""
_TILDE = re.compile(r"~\s*(?P<release>\d+(?:\.\d+){0,2})")
"""As in https://github.com/Masterminds/semver: the last number may grow, the others stay."""

_specifiers = lru_cache(maxsize=32)(SpecifierSet)
"""Parsed once: a request is compared with hundreds of versions."""


@dataclass(frozen=True, kw_only=True)
class PythonRequest:
    """The Python version that an app requests, and the file or setting that requests it."""

    specifier: str
    requested: str
    """As written by the app, but without a prefix such as `python-`; or Slipway's default."""
    origin: str | None
    """The file, relative to the app, or the setting; None if nothing requests a version."""
    parts: tuple[PythonRequest, ...] = field(default=(), repr=False, compare=False)
    """The requests of single files that it combines; empty for that of a single one."""

    def fits(self, version: str) -> bool:
        return _specifiers(self.specifier).contains(version, prereleases=False)

    def may_fit(self, major: int, minor: int) -> bool:
        """Return whether any patch release of a minor version could fit."""
        named = {int(patch) for patch in _PATCHES.findall(self.specifier)}
        patches = {0, _NEWEST_PATCH, *named, *(patch + 1 for patch in named)}
        patches |= {max(patch - 1, 0) for patch in named}
        return any(self.fits(f"{major}.{minor}.{patch}") for patch in sorted(patches))

    @property
    def is_open(self) -> bool:
        """Whether it leaves the minor version open, so what the app pins can decide.

        That is so if nothing requests a Python, for a lower bound, as in `>=3.11` or Poetry's
        `^3.10`, and for any other range with more than one of the series of Python.
        """
        minors = (minor for minor in MINORS if self.may_fit(*map(int, minor.split("."))))
        return next(minors, None) is not None and next(minors, None) is not None

    @property
    def allows_newest(self) -> bool:
        """Whether it is open, and may get the newest Python that Slipway knows."""
        return self.is_open and self.may_fit(*map(int, MINORS[0].split(".")))

    def newest_of(self, minor: str) -> str:
        """Return the newest known release of a minor version that fits; empty if none does."""
        series = series_of(minor)
        newest = int(series.newest.rpartition(".")[2]) if series else -1
        releases = (f"{minor}.{patch}" for patch in range(newest, -1, -1))
        return next(filter(self.fits, releases), "")


def markers_of(version: str) -> dict[str, str]:
    """Return the values of environment markers for a CPython on this machine."""
    major, minor = Version(version).release[:2]
    own = {
        "python_version": f"{major}.{minor}",
        "python_full_version": version,
        "implementation_version": version,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return {**{name: str(value) for name, value in default_environment().items()}, **own}


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A CPython on the image, as it describes itself."""

    path: str
    """The executable, symbolic links resolved."""
    version: str
    prefix: str
    stdlib: str
    """The folder of the standard library, below the prefix."""
    platform: str
    """Machine and C library, such as `linux-x86_64 glibc 2.36`."""
    build: str = ""
    """Differs between builds of the same version: a digest of the program and its libpython."""

    @property
    def minor(self) -> str:
        release = Version(self.version).release
        return f"{release[0]}.{release[1]}"

    @property
    def identity(self) -> str:
        """Text that is the same for interpreters that can use each other's files."""
        return f"CPython {self.version} {self.platform} {self.path}, build {self.build}"

    @property
    def stays_in_image(self) -> bool:
        """Whether it is at the same path when the app runs, without being bundled."""
        return True

    @property
    def markers(self) -> dict[str, str]:
        """The values of environment markers."""
        return markers_of(self.version)


@dataclass(frozen=True, kw_only=True)
class SlipwaysPython(Interpreter):
    """The Python that Slipway brought or downloaded to run itself on an image without one."""

    @property
    def identity(self) -> str:
        """As for any interpreter, but without the path, which can differ between builds."""
        return f"CPython {self.version} {self.platform} of Slipway, build {self.build}"

    @property
    def stays_in_image(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class ManagedPython(Interpreter):
    """A Python that uv downloaded into the cache.

    Its `build` has the date of its release, too.
    """

    @property
    def identity(self) -> str:
        """As for any interpreter, but without the path, because the cache can be anywhere."""
        return f"CPython {self.version} {self.platform} managed {self.build}"

    @property
    def stays_in_image(self) -> bool:
        return False


ANY_PYTHON = PythonRequest(specifier=f">={OLDEST}", requested=f"{OLDEST} or newer", origin=None)


def parse_version(requested: str, origin: str) -> PythonRequest:
    """Read one version: `3`, `3.12`, `3.12.*`, `3.12.4`, `python-3.12.4`, or a specifier.

    A specifier is one of PEP 440 (`>=3.11`), or has a single tilde (`~3`, `~3.12`).

    Raises PythonVersionUnparsable, PythonKindUnsupported.
    """
    refuse_kind(requested, origin)
    written = requested
    prefix = _PREFIX.match(requested)
    if prefix:
        requested = requested[prefix.end() :]
    tilde = _TILDE.fullmatch(requested)
    if tilde and tilde["release"].count(".") == 2:
        return _parse_specifier(f"~={tilde['release']}", requested, origin, written)
    plain = tilde or _PLAIN.fullmatch(requested)
    if plain is None:
        return _parse_specifier(requested, requested, origin, written)
    release = plain["release"]
    is_exact = release.count(".") == 2
    specifier = f"=={release}" if is_exact else f"=={release}.*"
    return _parse_specifier(specifier, requested, origin, written)


def _parse_specifier(text: str, requested: str, origin: str, written: str) -> PythonRequest:
    try:
        specifier = parse_specifiers(text)
    except InvalidSpecifier:
        raise PythonVersionUnparsable(
            origin=origin, found=written[:_MOST_SHOWN], instead=named(written)
        ) from None
    for part in specifier:
        if part.operator == "==" and part.prereleases:
            raise unsupported("pre-release", requested, origin)
    return PythonRequest(specifier=str(specifier), requested=requested, origin=origin)


def newest_fitting(
    request: PythonRequest, interpreters: Iterable[Interpreter]
) -> Interpreter | None:
    """Return the newest fitting interpreter that Slipway supports; the first among equals."""
    fitting = (
        found
        for found in interpreters
        if Version(found.version) >= OLDEST and request.fits(found.version)
    )
    return max(fitting, key=lambda found: Version(found.version), default=None)


def versions_and_paths(interpreters: Iterable[Interpreter]) -> tuple[tuple[str, str], ...]:
    """Return pairs of (version, path), the newest first, for an error to show."""
    newest_first = sorted(interpreters, key=lambda found: Version(found.version), reverse=True)
    return tuple((found.version, found.path) for found in newest_first)
