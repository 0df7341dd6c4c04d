"""Which Pythons have files of everything that an app pins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class PackageFile(NamedTuple):
    """A file that an index, a lock or the app has of a version of a package."""

    name: str
    requires_python: str = ""
    """As in the metadata, a specifier; empty for any Python, or if it is not known."""


@dataclass(frozen=True, kw_only=True)
class PinnedPackage:
    """A version of a package that is installed, and what is known about its files."""

    name: str
    """Normalized."""
    version: str
    files: tuple[PackageFile, ...] = ()
    """Empty if they are not known: then every Python fits."""
    requires_python: str = ""
    """Of the whole version, for formats that do not have it for each file, or for a package
    without files, such as a vendored source tree."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The Pythons for which everything pinned has files."""

    minors: tuple[str, ...]
    """The first is the best: those that fit, the newest first. If there are none, see
    `unfit` and `conflict`."""
    reasons: Mapping[str, str]
    """Each minor version that does not fit -> the first reason, `psycopg2-binary 2.9.9 has no
    wheel for 3.13`."""
    unfit: str = ""
    """The first package that fits none of these Pythons, in words; else empty. It was left
    out; if its files are for older Pythons, the oldest that fits is the first of `minors`."""
    conflict: str = ""
    """Two packages that exclude each other, in words; else empty. Then `minors` has all Pythons
    that no `Requires-Python` excludes, or all, the newest first."""


def fit(
    pinned: Callable[[str], Sequence[PinnedPackage]],
    minors: Sequence[str],
    platforms: Sequence[str],
) -> Fit:
    """Return which of these minor versions of Python fit, the newest first.

    `pinned` returns what is installed for one of them; it may raise a BuildStopped if nothing
    can be. `platforms` are the platform tags of this machine.
    """
    raise NotImplementedError


def misfit(package: PinnedPackage, minor: str, platforms: Sequence[str]) -> str:
    """Return why a package does not fit a Python, in words; empty if it fits."""
    raise NotImplementedError


def newest_for(package: PinnedPackage, minors: Sequence[str], platforms: Sequence[str]) -> str:
    """Return the newest of these Pythons that a package fits; empty if it fits none."""
    raise NotImplementedError
