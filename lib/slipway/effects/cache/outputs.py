"""Keeps the app's Python and virtual environment from one build to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from slipway.effects.cache.file_trees import copy_tree
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.store import MARK, Cache
from slipway.effects.files import read_if_there, remove, write


class Outputs(Protocol):
    """Restores the app's outputs from an earlier build, and stores new ones.

    Some platforms restore a cache, and start each build with a new app folder; others restore
    the outputs themselves.
    """

    def restore(self, key: CacheKey, place: Path) -> tuple[str, ...]:
        """Restore an output; return the reasons for a miss, and nothing for a hit."""
        ...

    def find_similar(self, key: CacheKey, apart_from: str) -> Sequence[Path]:
        """Return the outputs whose facts differ in `apart_from` at most, the newest first.

        They may be read, and one may be the start of a new output, but they must not change.
        """
        ...

    def create(
        self, key: CacheKey, place: Path, start: Path | None = None
    ) -> AbstractContextManager[Path]:
        """Yield a path at which to create an output; then store it, and put it at `place`.

        With `start`, the files of that output are already there: they may be removed or
        replaced, but not written into. If `start` is damaged, nothing is there.
        """
        ...

    def record(self, place: Path) -> None:
        """Record the content of an output, before the app's hooks can write into it."""
        ...

    def with_cache(self, cache: Cache, /) -> Outputs:
        """Return these outputs for a build that goes on with another cache."""
        ...


@dataclass(frozen=True)
class CachedOutputs:
    """Outputs that are cache entries; the files at their places are shared if possible."""

    cache: Cache
    warn: Callable[[str], None]

    def restore(self, key: CacheKey, place: Path) -> tuple[str, ...]:
        remove(place)
        if self.cache.restore(key, place):
            return ()
        return tuple(self.cache.reasons_for_miss(key))

    def find_similar(self, key: CacheKey, apart_from: str) -> Sequence[Path]:
        return [
            self.cache.folder / key.kind / digest
            for digest, facts in self.cache.facts(key.kind).items()
            if key.is_similar(facts, apart_from)
        ]

    @contextmanager
    def create(self, key: CacheKey, place: Path, start: Path | None = None) -> Iterator[Path]:
        with ExitStack() as stack:
            try:
                created = stack.enter_context(self.cache.create(key.kind, start))
            except OSError as error:
                self._warn(error)
                created = place
                place.parent.mkdir(parents=True, exist_ok=True)
            yield created
            if created != place:
                self._store(key, created, place)

    def record(self, place: Path) -> None:
        """Do nothing: the entry is complete before hooks run."""

    def with_cache(self, cache: Cache) -> CachedOutputs:
        return replace(self, cache=cache)

    def _store(self, key: CacheKey, created: Path, place: Path) -> None:
        try:
            self.cache.put(key, created)
        except OSError as error:
            self._warn(error)
        if not self.cache.restore(key, place):
            # It was not stored, or the entry of a concurrent build was damaged and is removed.
            entry = self.cache.folder / key.kind / key.digest
            copy_tree(created if created.is_dir() else entry, place, frozenset({MARK}))

    def _warn(self, error: OSError) -> None:
        self.warn(f"The cache cannot be written to: {error.strerror or error}")


@dataclass(frozen=True)
class OutputsInPlace(CachedOutputs):
    """The same, but what an earlier process of the same build has put in place stays there.

    It knows that by a file that the two share, and that must not outlive the build: there is a
    line for each kind of output.
    """

    note: Path

    def restore(self, key: CacheKey, place: Path) -> tuple[str, ...]:
        noted = read_if_there(self.note) or ""
        if self._line(key) in noted.splitlines(keepends=True) and place.is_dir():
            return ()
        reasons = super().restore(key, place)
        if not reasons:
            self._write_line(key)
        return reasons

    @contextmanager
    def create(self, key: CacheKey, place: Path, start: Path | None = None) -> Iterator[Path]:
        with super().create(key, place, start) as created:
            yield created
        self._write_line(key)

    def _write_line(self, key: CacheKey) -> None:
        """Write that an output is in place, and no longer the one that was there before."""
        noted = (read_if_there(self.note) or "").splitlines(keepends=True)
        others = [line for line in noted if not line.startswith(f"{key.kind} ")]
        write(self.note, "".join([*others, self._line(key)]))

    def _line(self, key: CacheKey) -> str:
        return f"{key.kind} {key.digest}\n"
