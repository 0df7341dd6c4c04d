"""The build cache: folders by key, each whole or not there at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slipway.effects.cache.file_trees import Tree, copy_tree, link_tree, read_tree
from slipway.effects.progress import reporting_progress

FORMAT = "4"
"""Changes when what is stored does; folders of another format are left to themselves."""

ASIDE = ".new-"
"""What the names of folders start with in which entries are made."""

DOWNLOADS = "downloads"
"""The kind of what tools fetch: of what a build has used, all that it can do without."""

MARK = ".slipway-entry"
_WITHOUT_MARK = frozenset({MARK})
_NO_FACTS: Mapping[str, str] = {}
_SETTLED = 1.05
"""Seconds before now, of which the whole ones date what is newer: so much later that a file
system's clock may lag behind by 50 ms, what is written into a file is of another second."""


def _ignore(text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Entries `<root>/slipway-<format>/<kind>/<key>/`, made aside and then renamed.

    A rename is the only way in, so a build that fails, is killed or runs beside another
    leaves no half entry. All of it can be thrown away at any time.
    """

    root: Path
    now: Callable[[], float]
    """Seconds since 1970."""
    tell: Callable[[str], None]
    """Says why an entry is not used."""
    detail: Callable[[str], None] = _ignore
    """Says of each entry that is asked for whether it is there."""
    keeps_dates: bool = True
    """Whether files have the same dates when the platform brings the cache back.

    Only their dates tell that a build has written into files that it shares with an entry, so
    where this is False none are shared.
    """

    @property
    def folder(self) -> Path:
        return self.root / f"slipway-{FORMAT}"

    def of_a_tool(self, tool: str, name: str) -> Path:
        """Give a folder that a tool keeps whole by itself, and note that it is used."""
        place = self.folder / tool / name
        place.mkdir(parents=True, exist_ok=True)
        os.utime(place)
        return place

    def entry(self, kind: str, key: str) -> Path | None:
        """Give the folder of an entry, if it is there and whole."""
        path = self.folder / kind / key
        if not path.is_dir():
            self.detail(f"The cache has no {kind} {key}")
            return None
        try:
            tree = read_tree(path, _WITHOUT_MARK)
        except OSError as error:
            self.detail(f"The cache's {kind} {key} cannot be read: {error}")
            tree = None
        return path if self._is_whole(tree, kind, key) else None

    def facts(self, kind: str) -> Mapping[str, Mapping[str, str]]:
        """Give what each entry of a kind says it was made from, the one used last first."""
        marks = sorted(
            (self.folder / kind).glob(f"*/{MARK}"),
            key=lambda mark: mark.parent.stat().st_mtime,
            reverse=True,
        )
        return {mark.parent.name: read_mark(mark).get("facts", {}) for mark in marks}

    def restore(self, kind: str, key: str, destination: Path) -> bool:
        """Put an entry at a place that does not exist; tell whether there was one."""
        path = self.folder / kind / key
        if not path.is_dir():
            self.detail(f"The cache has no {kind} {key}")
            return False
        try:
            with reporting_progress(self.tell, "taking it out of the cache"):
                tree = self._put_tree(path, destination)
        except OSError as error:
            # What it was to spare is done instead, and says what is wrong: a full disk, mostly.
            self.tell(f"The cache's {kind} cannot be used: {error.strerror or error}")
            shutil.rmtree(destination, ignore_errors=True)
            return False
        if not self._is_whole(tree, kind, key):
            shutil.rmtree(destination)
            return False
        return True

    def _put_tree(self, source: Path | Tree, destination: Path) -> Tree:
        put = link_tree if self.keeps_dates else copy_tree
        return put(source, destination, _WITHOUT_MARK)

    def store(
        self, kind: str, key: str, source: Path, facts: Mapping[str, str] = _NO_FACTS
    ) -> str | None:
        """Copy a folder into the cache.

        A cache that cannot be written costs time, never a build: the reason is returned.
        """
        try:
            with (
                reporting_progress(self.tell, "putting it into the cache"),
                self._aside(kind) as aside,
            ):
                copy_tree(source, aside / "entry")
                self.put(kind, key, self.settled(aside / "entry"), facts)
        except OSError as error:
            return error.strerror or str(error)
        return None

    @contextmanager
    def making(self, kind: str, start: str | None = None) -> Iterator[Path]:
        """Give a place to make an entry at, to be `put`; what is not put is gone afterwards.

        With `start`, the key of another entry, its files are there already, shared: each may be
        removed or replaced, and none written into.

        Raises OSError where the cache cannot be written.
        """
        with self._aside(kind) as aside:
            made = aside / "entry"
            if start and (path := self.folder / kind / start).is_dir():
                tree = self._put_tree(path, made)
                if not self._is_whole(tree, kind, start):
                    shutil.rmtree(made)
            yield made

    def settled(self, made: Path) -> Tree:
        """Read what is to be an entry.

        New files are dated back, so that whatever is written into one later has another date.
        """
        if not self.keeps_dates:
            return read_tree(made)
        return read_tree(made, newest=int(self.now() - _SETTLED))

    def put(
        self, kind: str, key: str, tree: Tree, facts: Mapping[str, str] = _NO_FACTS
    ) -> None:
        """Make what was made aside, and is settled, an entry, unless another build was faster.

        Raises OSError.
        """
        mark = {
            "listing": tree.listing_digest(with_dates=self.keeps_dates),
            "bytes": tree.size,
            "facts": dict(facts),
        }
        (tree.root / MARK).write_text(json.dumps(mark), encoding="utf-8")
        try:
            os.rename(tree.root, self.folder / kind / key)
        except OSError as error:
            # Another build was faster: same key, same content.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise

    def put_from(self, kind: str, key: str, tree: Tree, facts: Mapping[str, str]) -> None:
        """Make an entry of a settled tree that stays where it is.

        Raises OSError.
        """
        with self._aside(kind) as aside:
            self._put_tree(tree, aside / "entry")
            self.put(kind, key, replace(tree, root=aside / "entry"), facts)

    @contextmanager
    def _aside(self, kind: str) -> Iterator[Path]:
        shelf = self.folder / kind
        shelf.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=shelf, prefix=ASIDE) as aside:
            yield Path(aside)

    def _is_whole(self, tree: Tree | None, kind: str, key: str) -> bool:
        """Compare an entry with what was stored; drop one that is not that, or is foreign."""
        path = self.folder / kind / key
        found = tree and tree.listing_digest(with_dates=self.keeps_dates)
        if found and found == read_mark(path / MARK).get("listing"):
            with suppress(OSError):  # where it is another user's
                os.utime(path)
            self.detail(f"The cache has the {kind} {key}")
            return True
        self.tell(f"The cache's {kind} is not as it was stored, and is made anew")
        shutil.rmtree(path, ignore_errors=True)
        return False


def read_mark(path: Path) -> Mapping[str, Any]:
    """Read what an entry says of itself; nothing of what Slipway has not written."""
    try:
        mark = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return mark if isinstance(mark, dict) else {}
