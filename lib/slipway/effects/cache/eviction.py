"""Enforces the cache's size limit at the end of each build, unless another one is running."""

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
from slipway.effects.cache.store import ASIDE, IN_USE, MARK, Cache, read_mark

_SIZE = ".size-of-"
_ANY_FORMAT = re.compile(r"slipway-\d+")
_RULES = {kind.name: kind.evict for kind in KINDS}


@dataclass(frozen=True)
class _Item:
    """An entry, or the folder or file of a tool."""

    path: Path
    last_use: float
    """Seconds since 1970."""
    size: int
    """Bytes."""


@dataclass(frozen=True)
class CacheLock:
    """Keeps concurrent builds from evicting items that this build may be about to use."""

    cache: Cache
    descriptor: int
    """Of the file that each build locks; the kernel releases the locks of dead processes."""
    since: float
    """When this build began, in seconds since 1970."""

    def evict(self, limit: int) -> None:
        """Evict the least recently used items until the cache has at most `limit` bytes.

        Items that this build has used are not evicted, except for downloads, which the next
        build needs least. Nothing is evicted while another build holds the lock.

        Raises OSError.
        """
        cache = self.cache
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            cache.detail("Nothing is evicted from the cache: another build is using it")
            return
        _remove_leftovers(cache)
        items = sorted(_read_items(cache.folder), key=lambda item: item.last_use)
        unused = [item for item in items if item.last_use < self.since]
        downloads = [
            item
            for item in items
            if item.last_use >= self.since and _RULES.get(item.path.parent.name) is Evict.LAST
        ]
        excess = sum(item.size for item in items) - limit
        for item in [*unused, *downloads]:
            if excess <= 0:
                return
            name = f"{item.path.parent.name} {item.path.name[:12]}"
            cache.info(
                f"Removed {name} from the cache, which was larger than {limit // 1000**2} MB"
            )
            _remove_whole(item.path)
            excess -= item.size


@contextmanager
def in_use(cache: Cache) -> Iterator[CacheLock]:
    """Hold the cache's lock, which all running builds share.

    Raises OSError if the cache cannot be written to.
    """
    cache.folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(cache.folder / IN_USE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except OSError as error:  # a file system without locks
            cache.detail(f"The cache cannot be locked: {error.strerror}")
        yield CacheLock(cache, descriptor, cache.now())
    finally:
        cache.tool_caches.seal()
        os.close(descriptor)


def _remove_whole(path: Path) -> None:
    """Rename a folder and then remove it, so a killed build never leaves half of an entry."""
    aside = path.with_name(f"{ASIDE}{path.name}")
    with suppress(OSError):
        os.rename(path, aside)
        shutil.rmtree(aside)


def _remove_leftovers(cache: Cache) -> None:
    """Remove temporary folders of killed builds, and caches with another format."""
    for path in cache.folder.glob(f"*/{ASIDE}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in sorted(cache.root.glob("slipway-*")):
        if _ANY_FORMAT.fullmatch(path.name) and path != cache.folder:
            cache.info("Removed the cache of another version of Slipway")
            shutil.rmtree(path, ignore_errors=True)


def _read_items(folder: Path) -> Iterator[_Item]:
    for path in folder.glob("*/[!.]*"):
        if path.is_symlink():  # nothing that Slipway has put there, and it may lead anywhere
            path.unlink()
            continue
        last_use = path.stat().st_mtime
        size = read_mark(path / MARK).get("bytes")
        yield _Item(path, last_use, size if isinstance(size, int) else _size(path, last_use))


def _size(path: Path, last_use: float) -> int:
    """Return the size of a tool's folder, measured again only if it was used since."""
    note = path.with_name(f"{_SIZE}{path.name}")
    try:
        if note.stat().st_mtime >= last_use:
            return int(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        pass
    size = read_tree(path).size if path.is_dir() else path.stat().st_size
    note.write_text(str(size), encoding="ascii")
    return size
