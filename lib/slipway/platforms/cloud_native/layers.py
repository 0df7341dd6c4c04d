"""The layers of an image, kept in place from one build to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.cloud_native.layers import facts_in, render_layer
from slipway.effects.cache.file_trees import read_tree
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.store import Cache
from slipway.effects.files import read_if_there, remove, write

_CONTENT = "content"
"""The name of the fact with the digest of a layer's files."""


@dataclass(frozen=True)
class Layers:
    """Folders `<root>/<name>/`, each with a file `<name>.toml` next to it for the lifecycle.

    This is an implementation of `Outputs`.
    """

    root: Path

    def folder(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, facts: Mapping[str, str]) -> None:
        """Write the types and facts of a layer; the lifecycle drops a layer without them."""
        write(self._toml(name), render_layer(name, facts))

    def drop(self, name: str) -> None:
        """Remove a layer that an earlier build has written."""
        remove(self.folder(name))
        remove(self._toml(name))

    def restore(self, key: CacheKey, place: Path) -> tuple[str, ...]:
        """Keep a layer that the lifecycle has restored, if its facts and files are unchanged.

        Returns the reasons for a miss. The lifecycle restores layers without their types, so
        it drops a layer that is not written again.
        """
        before = self._facts(place)
        reasons = key.reasons_for_miss(before)
        if reasons:
            return reasons
        if not place.is_dir():
            return ("the platform did not restore it",)
        if before.get(_CONTENT) != _digest(place):
            return ("its files have changed since it was made",)
        self.write(place.name, before)
        return ()

    def find_similar(self, key: CacheKey, apart_from: str) -> Sequence[Path]:
        """Return the layer that the lifecycle has restored, if it is intact and similar."""
        place = self.folder(key.kind)
        facts = dict(self._facts(place))
        content = facts.pop(_CONTENT, None)
        is_whole = place.is_dir() and content == _digest(place)
        return [place] if is_whole and key.is_similar(facts, apart_from) else []

    @contextmanager
    def create(self, key: CacheKey, place: Path, start: Path | None = None) -> Iterator[Path]:
        """Create a layer in its final place: the lifecycle keeps no layer of a failed build.

        Its facts are written last, because the lifecycle drops a layer without them.
        """
        if start is None:
            remove(place)
        yield place
        self.write(place.name, key.facts)

    def record(self, place: Path) -> None:
        """Record a digest of a layer's files, to notice if hooks write into the layer later."""
        self.write(place.name, {**self._facts(place), _CONTENT: _digest(place)})

    def with_cache(self, _cache: Cache, /) -> Layers:
        """Return the same layers, which do not depend on the cache."""
        return self

    def _facts(self, place: Path) -> Mapping[str, str]:
        return facts_in(read_if_there(self._toml(place.name)) or "")

    def _toml(self, name: str) -> Path:
        return self.root / f"{name}.toml"


def _digest(place: Path) -> str:
    """Digest a layer's files, without dates: the lifecycle sets the same date on all files."""
    return read_tree(place).listing_digest(with_dates=False)
