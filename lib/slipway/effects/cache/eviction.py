"""The room that the cache takes: bounded whenever no other build is at work in it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.cache.file_trees import read_tree
from slipway.effects.cache.store import ASIDE, DOWNLOADS, MARK, Cache, read_mark

_LOCK = ".in-use"
_SIZE = ".size-of-"
_ANY_FORMAT = re.compile(r"slipway-\d+")


@dataclass(frozen=True)
class _Kept:
    """An entry, or the folder of a tool."""

    place: Path
    used: float
    """When it was used last, in seconds since 1970."""
    size: int
    """Bytes."""

    @property
    def is_download(self) -> bool:
        return self.place.parent.name == DOWNLOADS

    @property
    def shown(self) -> str:
        return f"{self.place.parent.name} {self.place.name[:12]}"


@dataclass(frozen=True)
class Room:
    """What one build may do to the cache as a whole."""

    cache: Cache
    lock: int
    """A file that each build at work holds a lock on; the kernel frees those of the dead."""
    since: float
    """When this build began, in seconds since 1970."""

    def measure(self) -> None:
        """Add up what tools keep, once they are done; `bound` then finds it noted."""
        with suppress(OSError):  # another build is at work there
            for _ in _kept(self.cache.folder):
                pass

    def bound(self, limit: int) -> None:
        """Let what was used longest ago go, while all together is more than `limit` bytes.

        What this build has used stays; of that only what tools have downloaded may go, as the
        next build needs it least. Nothing goes while another build is at work, which may be
        about to use any of it.

        Raises OSError.
        """
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.cache.detail("The cache is not tidied up: another build is at work in it")
            return
        _forget_leftovers(self.cache)
        kept = [*_kept(self.cache.folder)]
        excess = sum(one.size for one in kept) - limit
        for one in self._dispensable(kept):
            if excess <= 0:
                return
            self.cache.tell(f"The cache may have {limit // 1000**2} MB: {one.shown} goes")
            shutil.rmtree(one.place, ignore_errors=True)
            excess -= one.size

    def _dispensable(self, kept: Iterable[_Kept]) -> list[_Kept]:
        """Give what may go, the first to go first."""
        of_before = [one for one in kept if one.used < self.since]
        of_tools = [one for one in kept if one.used >= self.since and one.is_download]
        return [*sorted(of_before, key=_last_use), *sorted(of_tools, key=_last_use)]


def _last_use(one: _Kept) -> float:
    return one.used


@contextmanager
def shared(cache: Cache) -> Iterator[Room]:
    """Let no other build tidy the cache up while this one is at work in it.

    Raises OSError where the cache cannot be written.
    """
    cache.folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(cache.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
        except OSError as error:  # a file system without locks
            cache.detail(f"The cache cannot be locked: {error.strerror}")
        yield Room(cache, lock, cache.now())
    finally:
        os.close(lock)


def _forget_leftovers(cache: Cache) -> None:
    """Drop what killed builds left aside, and what an older Slipway has cached."""
    for path in cache.folder.glob(f"*/{ASIDE}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in sorted(cache.root.glob("slipway-*")):
        if _ANY_FORMAT.fullmatch(path.name) and path != cache.folder:
            cache.tell("The cache of another version of Slipway is dropped")
            shutil.rmtree(path, ignore_errors=True)


def _kept(folder: Path) -> Iterator[_Kept]:
    for place in folder.glob("*/[!.]*"):
        status = place.stat()
        mark = read_mark(place / MARK)
        size = mark.get("bytes")
        yield _Kept(
            place=place,
            used=status.st_mtime,
            size=size if isinstance(size, int) else _size(place, status.st_mtime),
        )


def _size(place: Path, used: float) -> int:
    """Add up what a tool keeps, unless that is known from after its last use."""
    note = place.with_name(f"{_SIZE}{place.name}")
    try:
        if note.stat().st_mtime >= used:
            return int(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        pass
    size = read_tree(place).size if place.is_dir() else place.stat().st_size
    note.write_text(str(size), encoding="ascii")
    return size
