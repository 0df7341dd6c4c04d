"""Locks on the items of the cache: what a running build uses is not evicted.

Each build holds a shared lock (flock) on each item that it uses, and eviction needs the
exclusive lock of an item. The kernel releases the locks of a build that is killed, and no clock
matters.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from slipway.effects.removal import remove_folder

ASIDE = ".new-"
"""The prefix of the temporary folders in which items are created and removed."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ATTEMPTS = 5


@dataclass(frozen=True)
class ItemLocks:
    """The locks that one build holds."""

    _held: dict[Path, int] = field(default_factory=dict)

    def hold(self, item: Path) -> bool:
        """Keep a folder from being evicted until `release`; False if there is no folder.

        Raises OSError if the folder cannot be opened.
        """
        if item in self._held and is_folder(item):
            return True
        self.release(item)
        for _ in range(_ATTEMPTS):
            try:
                descriptor = os.open(item, _FOLDER)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    return False
                raise
            with suppress(OSError):  # a file system without locks
                # Waits at most until another build has renamed the folder to remove it.
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            if _is_at(descriptor, item):
                self._held[item] = descriptor
                return True
            os.close(descriptor)
        return False

    def renamed(self, item: Path, place: Path) -> None:
        """Note that a folder with a lock has another path now."""
        self.release(place)
        if item in self._held:
            self._held[place] = self._held.pop(item)

    def release(self, item: Path) -> None:
        descriptor = self._held.pop(item, None)
        if descriptor is not None:
            os.close(descriptor)

    def release_all(self) -> None:
        for item in [*self._held]:
            self.release(item)

    @contextmanager
    def new_folder(self, parent: Path) -> Iterator[Path]:
        """Create a temporary folder below `parent` to make an item in; remove it afterwards.

        Raises OSError.
        """
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=ASIDE))
        while not self.hold(folder):  # another build has taken it for one of a killed build
            folder = Path(tempfile.mkdtemp(dir=parent, prefix=ASIDE))
        try:
            yield folder
        finally:
            remove_tree(folder)
            self.release(folder)


def remove_unless_used(item: Path, *, is_unused: bool) -> bool:
    """Remove an item, whatever it is, unless a running build holds its lock.

    A folder is renamed first, so a killed build never leaves half of an item. `is_unused` tells
    whether no running build can be using it, for file systems without locks. Returns whether
    the item is gone.
    """
    try:
        if not is_folder(item):
            item.unlink(missing_ok=True)
            return True
        descriptor = os.open(item, _FOLDER)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    except OSError:
        if not is_unused:
            os.close(descriptor)
            return False
    try:
        aside = item
        if not item.name.startswith(ASIDE):
            aside = item.with_name(f"{ASIDE}{item.name}")
            remove_tree(aside)
            os.rename(item, aside)
        remove_tree(aside)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return not os.path.lexists(aside)


def remove_tree(folder: Path) -> None:
    """Remove a folder as far as possible."""
    if is_folder(folder):
        with suppress(OSError):
            remove_folder(folder)


def is_folder(path: Path) -> bool:
    """Tell whether a path is that of a folder itself, not of a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False
