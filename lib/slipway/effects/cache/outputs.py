"""The app's Python and virtual environment, from one build to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slipway.effects.cache.file_trees import copy_tree
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.store import MARK, Cache
from slipway.effects.files import remove


class Outputs(Protocol):
    """Restores what an earlier build has created for the app, and keeps what this one does.

    Some platforms hand over a cache, and the app's folder is another one in each build; others
    bring the outputs themselves back.
    """

    def restore(self, key: CacheKey, place: Path) -> tuple[str, ...]:
        """Restore an output; for a miss, give the reasons."""
        ...

    def find_similar(self, key: CacheKey, apart_from: str) -> Sequence[Path]:
        """Give the outputs whose facts differ in one alone, the one used last first.

        Each is to be read only, or to be the start of a new one.
        """
        ...

    def create(
        self, key: CacheKey, place: Path, start: Path | None = None
    ) -> AbstractContextManager[Path]:
        """Give a folder to create an output in; afterwards it is at its place, and kept.

        With `start` its files are there, each to be removed or replaced but not written into;
        or none, if it turned out not to be whole.
        """
        ...

    def record(self, place: Path) -> None:
        """Record what an output holds, before the app's hooks can write into it."""
        ...


@dataclass(frozen=True)
class CachedOutputs:
    """Outputs that are entries of the cache: what is at its place shares their files."""

    cache: Cache
    warn: Callable[[str], None]

    def restore(self, key: CacheKey, place: Path) -> tuple[str, ...]:
        remove(place)
        if self.cache.restore(key, place):
            return ()
        last_used = next(iter(self.cache.facts(key.kind).values()), {})
        return key.reasons_for_miss(last_used) or ("the one that was kept cannot be used",)

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
                self._keep(key, created, place)

    def record(self, place: Path) -> None:
        """Do nothing: an entry is whole before hooks run."""

    def _keep(self, key: CacheKey, created: Path, place: Path) -> None:
        try:
            self.cache.put(key, created)
        except OSError as error:
            self._warn(error)
        if not self.cache.restore(key, place):
            # It is not kept, or the entry of a concurrent build was not whole, and is dropped.
            entry = self.cache.folder / key.kind / key.digest
            copy_tree(created if created.is_dir() else entry, place, frozenset({MARK}))

    def _warn(self, error: OSError) -> None:
        self.warn(f"The cache cannot keep this: {error.strerror or error}")
