"""A lock that an app brings, in the form that all formats are read into.

Such a lock is for many Pythons and platforms. Once the app's Python is selected, `select`
decides what is installed for it; nothing is resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

ReadText = Callable[[str], "str | None"]
"""Returns the text of a file, by its path relative to the app; None if it is missing."""

ListFolder = Callable[[str], Sequence[str]]
"""Lists a folder, by its path relative to the app: names, those of folders with a slash."""


def no_folders(_folder: str) -> Sequence[str]:
    """Stand for a ListFolder where only the text of files can be read."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Index:
    """An index that a lock or one of the app's other files names."""

    url: str
    """As in the file: it may have credentials, or variables that the tool fills in."""
    name: str = ""
    """As in the file; empty if it has none."""
    tool: str
    """The tool that wrote it, which decides what variables have its credentials."""
    is_verified: bool = True
    """Whether its certificate is checked: `verify_ssl = false` in a Pipfile, or for PDM."""
    is_page: bool = False
    """Whether it is only a page with links to files, which `--find-links` reads."""


@dataclass(frozen=True, kw_only=True)
class FromIndex:
    """A package that is installed from an index, from a file with one of the pin's hashes."""

    index: Index | None = None
    """None: the lock's default index, which the builder may replace, and its other indexes;
    else no other is used."""


@dataclass(frozen=True, kw_only=True)
class FromAddress:
    """A package in a repository, or in an archive on a server."""

    address: str
    """As in PEP 508: `git+https://host/name@<commit>#subdirectory=folder`, or an archive."""


@dataclass(frozen=True, kw_only=True)
class FromFiles:
    """A package that is installed from one of some files; no index is asked for it."""

    files: tuple[str, ...]
    """Addresses of wheels and an sdist, or their paths relative to the app: the installer
    picks the one that fits, and the pin has a hash of each (`--no-index --find-links`)."""


@dataclass(frozen=True, kw_only=True)
class FromPath:
    """A folder, wheel or sdist in the app, which is a vendored package."""

    path: str
    """Relative to the app, normalized; `.` for the app itself."""


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One package of a lock, as it is installed."""

    name: str
    """Normalized."""
    version: str = ""
    """Empty if only a build tells it."""
    source: FromIndex | FromAddress | FromFiles | FromPath
    hashes: tuple[str, ...] = ()
    """`sha256:...`, sorted, of all files that may be installed; empty for a repository or a
    folder."""
    files: tuple[str, ...] = field(default=(), compare=False)
    """The names of these files, if the lock has them."""
    requires_python: str = field(default="", compare=False)
    """The Pythons that this version supports, as a specifier, which may be invalid; empty for
    any, or if the lock does not say."""
    is_editable: bool = field(default=False, compare=False)
    """Whether the lock's tool installs it as editable, which Slipway does not."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Dependency groups and extras that are installed in addition to the main dependencies."""

    groups: tuple[str, ...] | None = None
    """As in the setting, normalized; None if it is not set: those of the app's own defaults
    that are for production."""
    extras: tuple[str, ...] = ()
    """Of the app itself, normalized."""


NO_CHOICE = Choice()


class BroughtLock(Protocol):
    """A lock file of the app, read and compared with what it was made from."""

    @property
    def file(self) -> str:
        """Its path, relative to the app."""

    @property
    def tool(self) -> str:
        """Its name in words: `uv`, `Poetry`, `PDM`, `Pipenv`, `pip`, ..."""

    @property
    def requires_python(self) -> str:
        """The Pythons that it is for, as a specifier; empty for any."""

    @property
    def default_index(self) -> Index | None:
        """The index of `FromIndex(index=None)`; None: the public one."""

    @property
    def other_indexes(self) -> tuple[Index, ...]:
        """Indexes that are asked as well for `FromIndex(index=None)`; the hash decides."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that can be chosen, normalized."""

    @property
    def extras(self) -> tuple[str, ...]:
        """The extras that can be chosen, normalized."""

    @property
    def is_consistent(self) -> bool:
        """Whether its packages must fit together; False if the app overrides metadata."""

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        """Return every pin FromPath that `select` may return, for any Python."""

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        """Return what is installed for a Python, sorted by name, each name once.

        `markers` has the values of its environment markers (PEP 508).

        Raises LockNotForThisPython, LockBroken.
        """
