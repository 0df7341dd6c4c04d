"""Keeps the cache within its size limit, and makes room in it if its disk is full.

What a running build has used is locked, and stays; see `locks`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.cache.disk_use import DiskUse
from slipway.effects.cache.kinds import DOWNLOADS, KINDS
from slipway.effects.cache.locks import ASIDE, is_folder, remove_unless_used
from slipway.effects.cache.store import IN_USE, SIZE, Cache
from slipway.effects.cache.tool_caches import SEAL, newest_number
from slipway.effects.files import read_if_there, remove, write

_ANY_FORMAT = re.compile(r"slipway-\d+")
_FOLDERS = frozenset(kind.name for kind in KINDS if not kind.is_file)
_EXPECTED = frozenset({*(kind.name for kind in KINDS), IN_USE, SIZE})
_LONGEST_BUILD = 24 * 60 * 60
"""Seconds: what was used before that is not in use, on a file system without locks."""
_MB = 1000**2


@dataclass(frozen=True)
class _Item:
    """An entry, or the folder of a tool."""

    path: Path
    last_use: float
    """Seconds since 1970."""

    @property
    def kind(self) -> str:
        return self.path.parent.name


@contextmanager
def in_use(cache: Cache) -> Iterator[None]:
    """Hold a lock that all builds with this version share, and release the build's locks.

    A cache that cannot be locked is used all the same: the lock only keeps other versions of
    Slipway from removing it.
    """
    descriptor = None
    try:
        with suppress(OSError):
            cache.folder.mkdir(parents=True, exist_ok=True)
            # For reading, because another user may own it, and a disk may become read-only.
            flags = os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(cache.folder / IN_USE, flags, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        cache.close()
        if descriptor is not None:
            os.close(descriptor)


def evict(cache: Cache, limit: int) -> None:
    """Evict items until the cache has at most `limit` bytes on disk.

    What was used longest ago goes first, and the downloads of the tool that was used last go
    last. Nothing that a running build uses is evicted, except for this build's own downloads,
    which the next build needs least. An error is logged, because the build has succeeded.
    """
    try:
        _remove_leftovers(cache)
        items = _read_items(cache)
        note = cache.folder / SIZE
        if _noted_size(note, items) <= limit:
            return
        use = DiskUse(item.path for item in items)
        if use.total > limit:
            why = f"from the cache, which was larger than {limit // _MB} MB"
            evicted = _evict(cache, items, use, why, limit=limit)
            if use.total > limit:
                _retire_downloads(cache)
            items = [item for item in items if item.path not in evicted]
        write(note, json.dumps({"items": _digest(items), "bytes": use.total}))
    except OSError as error:
        cache.detail(f"The size of the cache could not be limited: {error}")


def make_room(cache: Cache) -> bool:
    """Evict all that no running build uses, from a cache whose disk is full.

    Only if that frees nothing, evict this build's own downloads. Returns whether anything was
    freed.
    """
    _remove_leftovers(cache)
    items = _read_items(cache)
    use = DiskUse(item.path for item in items)
    before = use.total
    live = _live_downloads(items)
    others = [item for item in items if item.path not in live]
    why = "from the cache, because its disk is full"
    _evict(cache, others, use, why)
    if use.total == before:
        _evict(cache, [item for item in items if item.path in live], use, why)
    return use.total < before


def _evict(
    cache: Cache, items: Iterable[_Item], use: DiskUse, why: str, limit: int = -1
) -> Collection[Path]:
    """Evict items in order until no more than `limit` bytes are left; return those evicted."""
    live = _live_downloads(items := [*items])
    order = sorted(items, key=lambda item: (item.path in live, item.last_use))
    now = cache.now()
    evicted: dict[Path, int] = {}
    for item in order:
        if use.total <= limit:
            break
        if item.path in live:
            cache.locks.release(item.path)
        is_unused = 0 <= item.last_use < now - _LONGEST_BUILD
        if remove_unless_used(item.path, is_unused=is_unused):
            evicted[item.path] = use.remove(item.path)
    counts: dict[str, list[int]] = {}
    for path, freed in evicted.items():
        counts.setdefault(path.parent.name, []).append(freed)
    for kind, sizes in counts.items():
        times = f"{len(sizes)} x {kind}" if len(sizes) > 1 else kind
        cache.info(f"Removed {times} ({sum(sizes) / _MB:.1f} MB) {why}")
    return evicted.keys()


def _live_downloads(items: Iterable[_Item]) -> Collection[Path]:
    """Return the downloads that the next build is most likely to use: those used last."""
    downloads = [item for item in items if item.kind == DOWNLOADS.name]
    newest = max(downloads, key=lambda item: item.last_use, default=None)
    return {newest.path} if newest else set()


def _retire_downloads(cache: Cache) -> None:
    """Let later builds use new folders for downloads, if builds always use the last ones.

    The last ones are evicted when no build uses them any more.

    Raises OSError.
    """
    folder = cache.folder / DOWNLOADS.name
    for tool in {name.partition(".")[0] for name in _names(folder)}:
        number = newest_number(folder, tool)
        newest = folder / (tool if number < 2 else f"{tool}.{number}")
        if is_folder(newest) and any(newest.iterdir()):
            (folder / f"{tool}.{number + 1}").mkdir(exist_ok=True)


def _remove_leftovers(cache: Cache) -> None:
    """Remove what killed builds have left, what does not belong here, and other formats.

    No link is followed, and what another user owns stays.
    """
    for path in _paths(cache.folder):
        # A name with a dot is that of a file that a killed build did not finish writing.
        if path.name not in _EXPECTED and (path.name[0] != "." or _is_old(path, cache)):
            remove_unless_used(path, is_unused=_is_old(path, cache))
    for path in (path for kind in _FOLDERS for path in _paths(cache.folder / kind)):
        if path.name.startswith(ASIDE):
            remove_unless_used(path, is_unused=_is_old(path, cache))
    downloads = cache.folder / DOWNLOADS.name
    for path in _paths(downloads):
        tool = path.name.removeprefix(SEAL)
        if tool != path.name and not is_folder(downloads / tool):
            remove_unless_used(path, is_unused=True)
    for path in _paths(cache.root):
        if _ANY_FORMAT.fullmatch(path.name) and path != cache.folder and _is_idle(path):
            with suppress(OSError):  # it belongs to another user
                remove(path)
                cache.info("Removed the cache of another version of Slipway")


def _is_old(path: Path, cache: Cache) -> bool:
    try:
        return os.lstat(path).st_mtime < cache.now() - _LONGEST_BUILD
    except OSError:
        return False


def _is_idle(folder: Path) -> bool:
    """Tell whether no build uses the cache of another version, which has the same lock."""
    try:
        descriptor = os.open(folder / IN_USE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    finally:
        os.close(descriptor)
    return True


def _read_items(cache: Cache) -> Sequence[_Item]:
    """List the items of all kinds; heal dates in the future, which would keep one forever."""
    latest = cache.now() + _LONGEST_BUILD
    items = []
    for path in (path for kind in sorted(_FOLDERS) for path in _paths(cache.folder / kind)):
        if path.name.startswith("."):
            continue
        with suppress(OSError):  # it belongs to another user, or has just been removed
            if not is_folder(path):  # nothing that Slipway has put there
                path.unlink()
                continue
            if path.stat().st_mtime > latest:  # the clock was wrong when it was used
                os.utime(path)
            items.append(_Item(path, path.stat().st_mtime))
    return items


def _noted_size(note: Path, items: Sequence[_Item]) -> float:
    """Return the size that an earlier build has noted; infinite if the items have changed."""
    try:
        found = json.loads(read_if_there(note) or "")
        return float(found["bytes"]) if found["items"] == _digest(items) else float("inf")
    except (ValueError, TypeError, KeyError, RecursionError):
        return float("inf")


def _digest(items: Iterable[_Item]) -> str:
    """Digest the names of items; of downloads also when they were used, as they grow then."""
    lines: Mapping[str, str] = {
        f"{item.kind}/{item.path.name}": str(item.last_use)
        if item.kind == DOWNLOADS.name
        else ""
        for item in items
    }
    return hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()


def _paths(folder: Path) -> Sequence[Path]:
    """List a folder, unless it is a link; nothing if it cannot be read."""
    return [folder / name for name in _names(folder)] if is_folder(folder) else []


def _names(folder: Path) -> Sequence[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
