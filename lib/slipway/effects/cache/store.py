"""The build cache: folders by key, each complete or absent."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from slipway.effects.cache.file_trees import Tree, copy_tree, link_tree, read_tree
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import DOWNLOADS, Kind
from slipway.effects.cache.locks import ItemLocks, is_folder, remove_tree
from slipway.effects.cache.tool_caches import ToolCaches
from slipway.effects.files import read_if_there, remove
from slipway.effects.progress import logged_progress
from slipway.effects.removal import remove_folder

FORMAT = "5"
"""Of the folder and its entries; each kind has a format too. Other formats are not used."""

IN_USE = ".in-use"
"""The file that each build locks, so that no other version of Slipway removes the cache."""

SIZE = ".size"
"""The file that notes how large the cache is, until its items change."""

MARK = ".slipway-entry"
"""The file in an entry that holds its digest and the facts of its key."""

_WITHOUT_MARK = frozenset({MARK})
_SETTLED = 1.05
"""New files are dated this many seconds back, to a whole second. A later write then gives a
file another date, even if the file system's clock lags behind by 50 ms."""


def _ignore(text: str) -> None:
    """Log nothing."""


def _ignore_entry(kind: str, result: str) -> None:
    """Note nothing."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Entries at `<root>/slipway-<format>/<kind>/<digest>/`.

    An entry is created in a temporary folder and then renamed, so builds that fail, are killed
    or run at the same time never leave half of an entry. The cache can be deleted at any time.
    """

    root: Path
    now: Callable[[], float]
    """Seconds since 1970."""
    info: Callable[[str], None]
    """Logs why an entry is not used."""
    detail: Callable[[str], None] = _ignore
    """Logs each hit and each miss."""
    note_entry: Callable[[str, str], None] = _ignore_entry
    """Gets the kind of each entry that is asked for, and `hit` or `miss`."""
    keeps_dates: bool = True
    """Whether the platform restores the cache with the dates of its files.

    Only dates show that a build has written into files that it shares with an entry, so if
    this is False, no files are shared.
    """
    _damaged: set[Path] = field(default_factory=set)
    """The entries that this build has found damaged."""

    @property
    def folder(self) -> Path:
        return self.root / f"slipway-{FORMAT}"

    @cached_property
    def locks(self) -> ItemLocks:
        """The locks on what this build uses."""
        return ItemLocks()

    @cached_property
    def tool_caches(self) -> ToolCaches:
        return ToolCaches(self.folder / DOWNLOADS.name, self.info, self.locks)

    @cached_property
    def spare(self) -> Path:
        """A temporary folder of this build, for what cannot be stored in the cache."""
        return Path(tempfile.mkdtemp(prefix="slipway-spare-"))

    def close(self) -> None:
        """Let other builds evict what this one has used; see `in_use`."""
        self.tool_caches.seal()
        self.locks.release_all()
        if "spare" in self.__dict__:
            remove_tree(self.spare)

    def tool_folder(self, kind: Kind, name: str) -> Path:
        """Return a folder that a tool manages itself, and mark it as just used.

        Raises OSError.
        """
        path = self.folder / kind.name / name
        if not is_folder(path):
            remove(path)
            path.mkdir(parents=True, exist_ok=True)
        self.use(path)
        return path

    def use(self, item: Path) -> bool:
        """Keep an item from eviction, and mark it as just used; False if it is not there.

        Raises OSError.
        """
        if not self.locks.hold(item):
            return False
        with suppress(PermissionError):  # it may belong to another user
            os.utime(item)
        return True

    def entry(self, key: CacheKey) -> Path | None:
        """Return the folder of an entry, for reading only; None if it is missing or damaged."""
        path = self._held(key)
        if path is None:
            return None
        try:
            digest = self._digest(read_tree(path, _WITHOUT_MARK))
        except OSError as error:
            self.detail(f"Cannot read {key.kind} {key.digest} in the cache: {error}")
            digest = ""
        return path if self._is_whole(path, digest) else None

    def _held(self, key: CacheKey) -> Path | None:
        """Return the folder of an entry, which no other build evicts from now on."""
        path = self._place(key)
        try:
            if os.path.lexists(path) and not is_folder(path):
                self.info(f"Removing what is in the place of a cached {key.kind}: not a folder")
                path.unlink()
            if self.locks.hold(path):
                return path
        except OSError as error:
            self.detail(f"Cannot open {key.kind} {key.digest} in the cache: {error.strerror}")
        self.detail(f"Cache miss: {key.kind} {key.digest}")
        self.note_entry(key.kind, "miss")
        return None

    def _place(self, key: CacheKey) -> Path:
        return self.folder / key.kind / key.digest

    def facts(self, kind: str) -> Mapping[str, Mapping[str, str]]:
        """Map the digest of each entry of a kind to its facts, most recently used first."""
        folder, found = self.folder / kind, list[tuple[float, Path]]()
        for path in folder.glob("[!.]*"):
            with suppress(OSError):  # another build has just removed it
                if is_folder(path):
                    found.append((path.stat().st_mtime, path))
        marks = {path.name: read_mark(path / MARK) for _, path in sorted(found, reverse=True)}
        return {name: mark["facts"] for name, mark in marks.items() if mark}

    def reasons_for_miss(self, key: CacheKey) -> Sequence[str]:
        """Return clauses that say why there is no entry, or how the most similar one differs.

        Several apps may share a cache, so that an entry differs does not mean that anything
        has changed.
        """
        if self._place(key) in self._damaged:
            return ("the files or dates of the one in the cache have changed",)
        return key.reasons_for_miss_among(self.facts(key.kind).values())

    def restore(self, key: CacheKey, destination: Path) -> bool:
        """Restore an entry to a place that does not exist; tell whether that was a hit."""
        path = self._held(key)
        if path is None:
            return False
        try:
            with logged_progress(self.info, f"restoring the cached {key.kind}"):
                digest = self._share(path, destination)
        except OSError as error:
            # The build then does the work that the entry would have saved, and reports an
            # error if the disk is full, which is the usual cause.
            self.info(f"Cannot restore the cached {key.kind}: {error.strerror or error}")
            self.note_entry(key.kind, "miss")
            remove_tree(destination)
            return False
        if not self._is_whole(path, digest):
            remove_tree(destination)
            return False
        return True

    def store(self, key: CacheKey, source: Path) -> str | None:
        """Copy a folder into the cache.

        If the cache cannot be written to, return the reason instead of raising it: builds are
        then slower, but do not fail.
        """
        try:
            with (
                logged_progress(self.info, f"storing the {key.kind} in the cache"),
                self.create(key.kind) as entry,
            ):
                copy_tree(source, entry)
                self.put(key, entry)
        except OSError as error:
            return error.strerror or str(error)
        return None

    @contextmanager
    def create(self, kind: str, start: Path | None = None) -> Iterator[Path]:
        """Yield a path at which to create an entry; what is not `put` is removed afterwards.

        With `start`, the folder of another entry, its files are already there, shared: they may
        be removed or replaced, but not written into. If it is damaged, nothing is there. That
        does not count as a use of the other entry, which the app needs no more.

        Raises OSError if the cache cannot be written to.
        """
        with self.locks.new_folder(self.folder / kind) as aside:
            entry = aside / "entry"
            if start is not None and self.locks.hold(start):
                digest = self._share(start, entry)
                if not self._is_whole(start, digest, is_use=False):
                    remove_folder(entry)
                self.locks.release(start)
            yield entry

    def put(self, key: CacheKey, created: Path) -> None:
        """Turn a created folder into an entry, unless a concurrent build was faster.

        New files are dated back, so that writing into one later changes its date.

        Raises OSError.
        """
        newest = int(self.now() - _SETTLED) if self.keeps_dates else None
        tree = read_tree(created, newest=newest)
        mark = {"digest": self._digest(tree), "facts": dict(key.facts)}
        (created / MARK).write_text(json.dumps(mark), encoding="utf-8")
        place = self._place(key)
        self.locks.hold(created)
        try:
            os.rename(created, place)
            self.locks.renamed(created, place)
        except OSError as error:
            # A concurrent build was faster: same key, same content.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            self.locks.release(created)

    def _share(self, entry: Path, destination: Path) -> str:
        """Link or copy an entry to a place, and return its digest."""
        put = link_tree if self.keeps_dates else copy_tree
        return self._digest(put(entry, destination, _WITHOUT_MARK))

    def _digest(self, tree: Tree) -> str:
        return tree.listing_digest(with_dates=self.keeps_dates)

    def _is_whole(self, entry: Path, digest: str, *, is_use: bool = True) -> bool:
        """Compare an entry with its mark; remove it if it differs or has no valid mark."""
        kind = entry.parent.name
        if digest == read_mark(entry / MARK).get("digest"):
            if is_use:
                with suppress(OSError):  # it may belong to another user
                    os.utime(entry)
                self.detail(f"Cache hit: {kind} {entry.name}")
                self.note_entry(kind, "hit")
            return True
        self.info(f"Not using the cached {kind}, because its files or dates have changed")
        self.note_entry(kind, "miss")
        self._damaged.add(entry)
        remove_tree(entry)
        self.locks.release(entry)
        return False


def read_mark(path: Path) -> Mapping[str, Any]:
    """Read the mark of an entry; empty if it is missing or not a mark."""
    try:
        mark = json.loads(read_if_there(path) or "")
    except (ValueError, RecursionError):
        return {}
    is_mark = isinstance(mark, dict) and isinstance(mark.get("facts"), dict)
    return mark if is_mark else {}
