"""The caches that tools manage themselves, emptied if they have changed between two builds.

uv and pip trust the files in their own caches. If a platform has restored only a part of one,
they would install incomplete packages, or stop in every build.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from slipway.effects.cache.file_trees import Tree, read_tree
from slipway.effects.files import read_if_there, write

_LOCK = ".in-use"
_SEAL = ".listing-of-"
"""The prefix of the file next to a cache that has a digest of its files' names and sizes."""


@dataclass(frozen=True)
class ToolCaches:
    folder: Path
    """Contains a folder for each tool."""
    info: Callable[[str], None]
    _used: set[str] = field(default_factory=set)
    _locks: list[int] = field(default_factory=list)

    def checked(self, name: str) -> Path:
        """Return the folder of a tool; before the first use of any, all are checked."""
        self._used.add(name)
        if not self._locks:
            with suppress(OSError):
                self._check_alone()
        return self.folder / name

    def _check_alone(self) -> None:
        """Empty what differs from its record, and note that this build uses the caches.

        While another build uses them, their content does not match any record. The lock is not
        that of the whole cache: a build that asks for the exclusive form of a shared lock and
        does not get it has lost the shared one too (flock(2)).

        Raises OSError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._locks.append(descriptor)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for place in sorted(path for path in self.folder.iterdir() if path.is_dir()):
                if not self._is_as_recorded(place.name):
                    self.info(
                        f"The files of {place.name} in the cache differ from their record, so "
                        f"{place.name} downloads them again"
                    )
                    shutil.rmtree(place, ignore_errors=True)
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def _is_as_recorded(self, name: str) -> bool:
        listing = _listing(self.folder / name)
        return listing in (
            read_if_there(self._seal(name)),
            Tree(()).listing_digest(with_dates=False),
        )

    def seal(self) -> None:
        """Record the content of all that this build has used, at its end."""
        for name in self._used:
            with suppress(OSError):  # then the next build downloads again
                if (self.folder / name).is_dir():
                    write(self._seal(name), _listing(self.folder / name))
        while self._locks:
            os.close(self._locks.pop())

    def _seal(self, name: str) -> Path:
        return self.folder / f"{_SEAL}{name}"


def _listing(folder: Path) -> str:
    return read_tree(folder).listing_digest(with_dates=False)
