"""The caches that tools manage themselves, emptied if they have changed between two builds.

uv and pip trust the files in their own caches. If a platform has restored only a part of one,
they would install incomplete packages, or stop in every build.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from slipway.effects.cache.file_trees import Tree, read_tree
from slipway.effects.files import read_if_there, write

_SEAL = ".listing-of-"
"""The prefix of the file next to a cache that has a digest of its files' names and sizes."""


@dataclass(frozen=True)
class ToolCaches:
    folder: Path
    """Contains a folder for each tool."""
    info: Callable[[str], None]
    _checked: set[str] = field(default_factory=set)
    _locks: list[int] = field(default_factory=list)

    def checked(self, name: str) -> Path:
        """Return the folder of a tool; its content is checked when it is first used."""
        place = self.folder / name
        if name not in self._checked:
            self._checked.add(name)
            with suppress(OSError), self._alone() as is_alone:
                # While another build uses it, its content does not match any record.
                if is_alone and place.is_dir() and not self._is_as_recorded(name):
                    self.info(
                        f"The files of {name} in the cache differ from their record, so {name} "
                        "downloads them again"
                    )
                    shutil.rmtree(place, ignore_errors=True)
        return place

    def _is_as_recorded(self, name: str) -> bool:
        listing = _listing(self.folder / name)
        return listing in (
            read_if_there(self._seal(name)),
            Tree(()).listing_digest(with_dates=False),
        )

    def seal(self) -> None:
        """Record the content of all that this build has used; the next build compares it."""
        for name in self._checked:
            with suppress(OSError):  # then the next build downloads again
                if (self.folder / name).is_dir():
                    write(self._seal(name), _listing(self.folder / name))

    def lock_with(self, descriptor: int) -> None:
        """Use the lock that all builds with this cache share."""
        self._locks.append(descriptor)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Hold the lock alone, if no other build holds it."""
        for descriptor in self._locks:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            try:
                yield True
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            return
        yield False

    def _seal(self, name: str) -> Path:
        return self.folder / f"{_SEAL}{name}"


def _listing(folder: Path) -> str:
    return read_tree(folder).listing_digest(with_dates=False)
