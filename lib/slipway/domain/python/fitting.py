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


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The Pythons for which everything pinned has files."""

    minors: tuple[str, ...]
    """Those that fit, the newest first."""
    reasons: Mapping[str, str]
    """Each other minor version -> the first reason, `psycopg2-binary 2.9.9 has no wheel for
    3.13`."""


def fit(
    pinned: Callable[[str], Sequence[PinnedPackage]],
    minors: Sequence[str],
    platforms: Sequence[str],
) -> Fit:
    """Return which of these minor versions of Python fit.

    `pinned` returns what is installed for one of them; it may raise a BuildStopped if nothing
    can be. `platforms` are the platform tags of this machine.
    """
    raise NotImplementedError


def misfit(package: PinnedPackage, minor: str, platforms: Sequence[str]) -> str:
    """Return why a package does not fit a Python, in words; empty if it fits."""
    raise NotImplementedError
