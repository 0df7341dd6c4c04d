"""The build cache: folders by key, each whole or not there at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.effects.cache.file_trees import Tree, copy_tree, link_tree, read_tree
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import Kind
from slipway.effects.progress import logged_progress

FORMAT = "4"
"""Of the folder and its entries; each kind has its own as well. Other formats are dropped."""

ASIDE = ".new-"
"""How the names of folders start in which entries are created."""

MARK = ".slipway-entry"
"""The file of an entry that holds its digest, its size and the facts of its key."""

_WITHOUT_MARK = frozenset({MARK})
_SETTLED = 1.05
"""Seconds before now, of which the whole ones date what is newer: so much later that a file
system's clock may lag behind by 50 ms, what is written into a file is of another second."""


def _ignore(text: str) -> None:
    """Log nothing."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Entries `<root>/slipway-<format>/<kind>/<digest>/`, created aside and then renamed.

    A rename is the only way in, so a build that fails, is killed or runs while another does
    leaves no half entry. All of it can be thrown away at any time.
    """

    root: Path
    now: Callable[[], float]
    """Seconds since 1970."""
    info: Callable[[str], None]
    """Logs why an entry is not used."""
    detail: Callable[[str], None] = _ignore
    """Logs each hit and each miss."""
    keeps_dates: bool = True
    """Whether files have the same dates when the platform brings the cache back.

    Only their dates show that a build has written into files that it shares with an entry, so
    if this is False none are shared.
    """

    @property
    def folder(self) -> Path:
        return self.root / f"slipway-{FORMAT}"

    def tool_folder(self, kind: Kind, name: str) -> Path:
        """Give a folder that a tool keeps whole by itself, and note that it is used."""
        path = self.folder / kind.name / name
        path.mkdir(parents=True, exist_ok=True)
        os.utime(path)
        return path

    def entry(self, key: CacheKey) -> Path | None:
        """Give the folder of an entry, to be read only; None if it is not there and whole."""
        path = self.folder / key.kind / key.digest
        if not path.is_dir():
            self.detail(f"The cache has no {key.kind} {key.digest}")
            return None
        try:
            digest = self._digest(read_tree(path, _WITHOUT_MARK))
        except OSError as error:
            self.detail(f"The cache's {key.kind} {key.digest} cannot be read: {error}")
            digest = ""
        return path if self._is_whole(path, digest) else None

    def facts(self, kind: str) -> Mapping[str, Mapping[str, str]]:
        """Map the digest of each entry of a kind to its facts, the one used last first."""
        marks = sorted(
            (self.folder / kind).glob(f"*/{MARK}"),
            key=lambda mark: mark.parent.stat().st_mtime,
            reverse=True,
        )
        return {mark.parent.name: read_mark(mark).get("facts", {}) for mark in marks}

    def restore(self, key: CacheKey, destination: Path) -> bool:
        """Put an entry at a place that does not exist; tell whether that was a hit."""
        path = self.folder / key.kind / key.digest
        if not path.is_dir():
            self.detail(f"The cache has no {key.kind} {key.digest}")
            return False
        try:
            with logged_progress(self.info, "taking it out of the cache"):
                digest = self._share(path, destination)
        except OSError as error:
            # What the entry would have saved is done instead, and says what is wrong: a full
            # disk, mostly.
            self.info(f"The cache's {key.kind} cannot be used: {error.strerror or error}")
            shutil.rmtree(destination, ignore_errors=True)
            return False
        if not self._is_whole(path, digest):
            shutil.rmtree(destination)
            return False
        return True

    def store(self, key: CacheKey, source: Path) -> str | None:
        """Copy a folder into the cache.

        A cache that cannot be written costs time, never a build: the reason is returned.
        """
        try:
            with (
                logged_progress(self.info, "putting it into the cache"),
                self.create(key.kind) as entry,
            ):
                copy_tree(source, entry)
                self.put(key, entry)
        except OSError as error:
            return error.strerror or str(error)
        return None

    @contextmanager
    def create(self, kind: str, start: Path | None = None) -> Iterator[Path]:
        """Give a place to create an entry at, to be `put`; what is not put is removed.

        With `start`, another entry, its files are there already, shared: each may be removed
        or replaced, and none written into. If that entry is not whole, none are there.

        Raises OSError if the cache cannot be written to.
        """
        folder = self.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=ASIDE) as aside:
            entry = Path(aside, "entry")
            if start is not None and start.is_dir():
                digest = self._share(start, entry)
                if not self._is_whole(start, digest):
                    shutil.rmtree(entry)
            yield entry

    def put(self, key: CacheKey, created: Path) -> None:
        """Make an entry of what was created aside, unless a concurrent build was faster.

        New files are dated back, so that whatever is written into one later has another date.

        Raises OSError.
        """
        newest = int(self.now() - _SETTLED) if self.keeps_dates else None
        tree = read_tree(created, newest=newest)
        mark = {
            "digest": self._digest(tree),
            "bytes": tree.size,
            "facts": dict(key.facts),
        }
        (created / MARK).write_text(json.dumps(mark), encoding="utf-8")
        try:
            os.rename(created, self.folder / key.kind / key.digest)
        except OSError as error:
            # A concurrent build was faster: same key, same content.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise

    def _share(self, entry: Path, destination: Path) -> str:
        """Put an entry at a place, and give its digest."""
        put = link_tree if self.keeps_dates else copy_tree
        return self._digest(put(entry, destination, _WITHOUT_MARK))

    def _digest(self, tree: Tree) -> str:
        return tree.listing_digest(with_dates=self.keeps_dates)

    def _is_whole(self, entry: Path, digest: str) -> bool:
        """Compare an entry with what was stored; drop one that differs, or is foreign."""
        kind = entry.parent.name
        if digest == read_mark(entry / MARK).get("digest"):
            with suppress(OSError):  # if it is another user's
                os.utime(entry)
            self.detail(f"The cache has the {kind} {entry.name}")
            return True
        self.info(f"The cache's {kind} is not as it was stored, and is made again")
        shutil.rmtree(entry, ignore_errors=True)
        return False


def read_mark(path: Path) -> Mapping[str, Any]:
    """Read the mark of an entry; nothing from a file that Slipway has not written."""
    try:
        mark = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return mark if isinstance(mark, dict) else {}
