"""The layers of an image, kept in place from one build to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.cloud_native.layers import facts_in, render_layer
from slipway.effects.cache.file_trees import read_tree
from slipway.effects.cache.keys import CacheKey
from slipway.effects.files import read_if_there, remove, write

_CONTENT = "content"
"""The fact that has the digest of a layer's files."""


@dataclass(frozen=True)
class Layers:
    """Folders `<root>/<name>/`, each with a `<name>.toml`, as the lifecycle keeps them.

    They are the `Outputs` of a build.
    """

    root: Path

    def folder(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, facts: Mapping[str, str]) -> None:
        """Write the types and the facts of a layer, without which it is dropped."""
        write(self._toml(name), render_layer(name, facts))

    def drop(self, name: str) -> None:
        """Leave nothing of a layer that an earlier build had."""
        remove(self.folder(name))
        remove(self._toml(name))

    def restore(self, key: CacheKey, place: Path) -> tuple[str, ...]:
        """Keep a layer that the lifecycle brought back, if its facts and files are the same.

        A restored layer has lost its types, so one that is not written again is dropped.
        """
        before = self._facts(place)
        reasons = key.reasons_for_miss(before)
        if reasons:
            return reasons
        if not place.is_dir():
            return ("the platform has not brought it back",)
        if before.get(_CONTENT) != _digest(place):
            return ("its files are not as they were made",)
        self.write(place.name, before)
        return ()

    def find_similar(self, key: CacheKey, apart_from: str) -> Sequence[Path]:
        """Give the one layer that the lifecycle brought back, if it is similar."""
        place = self.folder(key.kind)
        facts = dict(self._facts(place))
        content = facts.pop(_CONTENT, None)
        is_whole = place.is_dir() and content == _digest(place)
        return [place] if is_whole and key.is_similar(facts, apart_from) else []

    @contextmanager
    def create(self, key: CacheKey, place: Path, start: Path | None = None) -> Iterator[Path]:
        """Create a layer in its place: the lifecycle keeps none of a build that fails.

        To write its facts keeps it.
        """
        if start is None:
            remove(place)
        yield place
        self.write(place.name, key.facts)

    def record(self, place: Path) -> None:
        """Record the content of a layer, because what hooks write into it stays there."""
        self.write(place.name, {**self._facts(place), _CONTENT: _digest(place)})

    def _facts(self, place: Path) -> Mapping[str, str]:
        return facts_in(read_if_there(self._toml(place.name)) or "")

    def _toml(self, name: str) -> Path:
        return self.root / f"{name}.toml"


def _digest(place: Path) -> str:
    """Digest a layer's files; without dates, because the lifecycle gives all files one."""
    return read_tree(place).listing_digest(with_dates=False)
