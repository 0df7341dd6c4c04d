"""Ask the app's package indexes which files they have of pinned packages.

Each package costs one request for its page of the simple API, which is sent with pip's own
session, settings and HTTP cache: https://peps.python.org/pep-0691/. The answer only helps to
choose a Python, so an index that is slow or fails costs a few seconds, and no build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from slipway.domain.python.fitting import PackageFile
from slipway.toolchains.pip_tools.pip import Pip


class Asked(NamedTuple):
    """A version of a package that is asked for."""

    name: str
    """Normalized."""
    version: str


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the indexes have of some packages."""

    files: Mapping[Asked, tuple[PackageFile, ...]] = field(default_factory=dict)
    """All files of a version, without those that the app's settings exclude; empty if no index
    has the version; without an entry if it is not known."""
    trouble: str = ""
    """Why not everything is known, as a clause without addresses; empty if it is."""


def ask_indexes(packages: Sequence[Asked], options: str, pip: Pip) -> Answers:
    """Ask the default index, and all others that pip would search, for pages of packages.

    `options` are lines of a requirements file that say which indexes to use. Never raises
    BuildStopped.
    """
    raise NotImplementedError
