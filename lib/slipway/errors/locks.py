"""Errors of the locks that apps bring."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.python import UnfitForPython
from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class LockBroken(BuildStopped):
    """A lock cannot be read: it is truncated, has merge markers, or lacks what it needs."""

    file: str
    tool: str
    reason: str
    """One or two sentences."""
    commands: tuple[str, ...]
    """What writes the lock again, in a shell; empty if nothing does."""
    is_merge: bool = False
    """Whether git has left markers of a merge conflict in it."""


@dataclass(eq=False)
class LockVersionUnknown(BuildStopped):
    file: str
    tool: str
    version: str
    """The version of the format, as in the file."""
    known: str
    """The versions that Slipway reads, in words."""
    commands: tuple[str, ...]


@dataclass(eq=False)
class LockOutdated(BuildStopped):
    """A lock does not fit what it was made from."""

    file: str
    tool: str
    made_from: str
    """The file that has changed since."""
    differences: tuple[str, ...]
    """What differs, one sentence each; empty if only a hash tells."""
    commands: tuple[str, ...]
    is_certain: bool = True
    """Whether it is known what the lock was made from, and not guessed by names of files."""
    is_pinned: bool = True
    """Whether the file says exactly what is installed of any package."""


@dataclass(eq=False)
class LockNotForThisPython(UnfitForPython):
    """A lock says for which Pythons or platforms it is, and this is not one of them."""

    file: str
    tool: str
    needs: str
    """Such as `Python >=3.12`, or `one of the environments sys_platform == 'win32'`."""
    python: str
    """The app's Python and its platform, in words."""
    is_platform: bool
    """Whether the platform is the reason, and not the Python."""
    commands: tuple[str, ...]


@dataclass(eq=False)
class LockHasNoFile(UnfitForPython):
    """A lock has files of a package, but none for this Python and platform."""

    file: str
    package: str
    """`name version`."""
    files: tuple[str, ...]
    """Their names."""
    python: str
    platform: str
    """Of this image, such as `Linux on x86_64 (glibc 2.36)`."""


@dataclass(eq=False)
class LockSourceUnsupported(BuildStopped):
    """A lock says that a package comes from where Slipway cannot install it from."""

    file: str
    tool: str
    name: str
    source: str
    """As in the lock, without credentials."""
    reason: str
    """One or two sentences."""


@dataclass(eq=False)
class LockChoiceUnknown(BuildStopped):
    """A setting names a group or an extra that the app does not have."""

    setting: str
    """`groups` or `extras`."""
    origin: str
    """Where it is set, as the subject of a sentence."""
    names: tuple[str, ...]
    """Those that are unknown."""
    known: tuple[str, ...]
    file: str
    """The file that should have them."""
    is_possible: bool = True
    """Whether a file of this kind can have any at all."""


@dataclass(eq=False)
class LockSettingWrong(BuildStopped):
    """The setting `lock` names a file that is missing, or not a lock that Slipway reads."""

    origin: str
    file: str
    is_missing: bool
    known: tuple[str, ...]
    """The locks that the app has."""


@dataclass(eq=False)
class LockAndRequirementsSet(BuildStopped):
    """The settings `lock` and `requirements` are both set, and only one file can count."""

    lock: str
    lock_origin: str
    """As in LockSettingWrong."""
    requirements: tuple[str, ...]
    requirements_origin: str


@dataclass(eq=False)
class LockNotChosen(BuildStopped):
    """The app has several locks of PEP 751 and nothing else, and their names do not decide."""

    files: tuple[str, ...]


@dataclass(eq=False)
class LockAlone(BuildStopped):
    """The file that a lock was made from is not next to it."""

    file: str
    tool: str
    made_from: str
    subfolders: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """As in NoDependencyFile."""


@dataclass(eq=False)
class LockChoicesConflict(BuildStopped):
    """Groups or extras are installed together that the app declares as conflicting."""

    file: str
    tool: str
    names: tuple[str, ...]
    """In words: ``the extra `cpu` ``."""
