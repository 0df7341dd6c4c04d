"""The cache's limit, which each build enforces at its end unless another one is at work."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.cache.file_trees import read_tree
from slipway.effects.cache.kinds import KINDS, Evict
from slipway.effects.cache.store import ASIDE, MARK, Cache, read_mark

_LOCK = ".in-use"
_SIZE = ".size-of-"
_ANY_FORMAT = re.compile(r"slipway-\d+")
_RULES = {kind.name: kind.evict for kind in KINDS}


@dataclass(frozen=True)
class _Kept:
    """An entry, or the folder of a tool."""

    path: Path
    last_use: float
    """Seconds since 1970."""
    size: int
    """Bytes."""


@dataclass(frozen=True)
class CacheLock:
    """Keeps concurrent builds from evicting what this one may be about to use."""

    cache: Cache
    descriptor: int
    """Of a file on which each build holds a lock; the kernel frees those of the dead."""
    since: float
    """When this build began, in seconds since 1970."""

    def evict(self, limit: int) -> None:
        """Evict what was used longest ago, while all together is more than `limit` bytes.

        What this build has used stays; of that only downloads may go, as the next build needs
        them least. Nothing goes while another build holds the lock.

        Raises OSError.
        """
        cache = self.cache
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            cache.detail("Nothing is evicted from the cache: another build is using it")
            return
        _remove_leftovers(cache)
        kept = sorted(_read_kept(cache.folder), key=lambda one: one.last_use)
        unused = [one for one in kept if one.last_use < self.since]
        downloads = [
            one
            for one in kept
            if one.last_use >= self.since and _RULES.get(one.path.parent.name) is Evict.LAST
        ]
        excess = sum(one.size for one in kept) - limit
        for one in [*unused, *downloads]:
            if excess <= 0:
                return
            name = f"{one.path.parent.name} {one.path.name[:12]}"
            cache.info(f"The cache may have {limit // 1000**2} MB: {name} is evicted")
            _remove_whole(one.path)
            excess -= one.size


@contextmanager
def in_use(cache: Cache) -> Iterator[CacheLock]:
    """Hold the cache's lock, which all builds share while they are at work.

    Raises OSError if the cache cannot be written to.
    """
    cache.folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(cache.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except OSError as error:  # a file system without locks
            cache.detail(f"The cache cannot be locked: {error.strerror}")
        yield CacheLock(cache, descriptor, cache.now())
    finally:
        os.close(descriptor)


def _remove_whole(path: Path) -> None:
    """Remove a folder such that a build which is killed meanwhile leaves no half of it."""
    aside = path.with_name(f"{ASIDE}{path.name}")
    with suppress(OSError):
        os.rename(path, aside)
        shutil.rmtree(aside)


def _remove_leftovers(cache: Cache) -> None:
    """Remove what killed builds left aside, and the cache of a Slipway with another format."""
    for path in cache.folder.glob(f"*/{ASIDE}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in sorted(cache.root.glob("slipway-*")):
        if _ANY_FORMAT.fullmatch(path.name) and path != cache.folder:
            cache.info("The cache of another version of Slipway is dropped")
            shutil.rmtree(path, ignore_errors=True)


def _read_kept(folder: Path) -> Iterator[_Kept]:
    for path in folder.glob("*/[!.]*"):
        last_use = path.stat().st_mtime
        size = read_mark(path / MARK).get("bytes")
        yield _Kept(path, last_use, size if isinstance(size, int) else _size(path, last_use))


def _size(path: Path, last_use: float) -> int:
    """Add up what a tool keeps, unless that is known from after its last use."""
    note = path.with_name(f"{_SIZE}{path.name}")
    try:
        if note.stat().st_mtime >= last_use:
            return int(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        pass
    size = read_tree(path).size if path.is_dir() else path.stat().st_size
    note.write_text(str(size), encoding="ascii")
    return size
