"""The layers of an image, kept in place from one build to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.cloud_native.layers import facts_in, render_layer
from slipway.effects.cache.file_trees import read_tree
from slipway.effects.cache.outputs import Earlier, Recipe
from slipway.effects.console import Console
from slipway.effects.files import read_if_there, remove, write

_LISTING = "listing"


@dataclass(frozen=True)
class Layers:
    """Folders `<root>/<name>/` with a `<name>.toml` beside each, as the lifecycle has them."""

    root: Path
    console: Console

    def folder(self, name: str) -> Path:
        return self.root / name

    def restore(self, recipe: Recipe, place: Path) -> tuple[str, ...]:
        """Keep a layer that the lifecycle brought back, if it was made from the same.

        A restored layer has lost its types, so what is not written again is dropped.
        """
        before = self._facts(place)
        reasons = recipe.differences(before)
        if reasons:
            return reasons
        if not place.is_dir():
            return ("the platform has not brought it back",)
        if before.get(_LISTING) != _listing_digest(place):
            return ("its files are not as they were made",)
        self.write(place.name, before)
        return ()

    def earlier(self, recipe: Recipe) -> tuple[Earlier, ...]:
        """Give the layer that the lifecycle brought back, if it is like what is to be made."""
        place = self.folder(recipe.kind)
        facts = dict(self._facts(place))
        listing = facts.pop(_LISTING, None)
        if place.is_dir() and recipe.is_like(facts) and listing == _listing_digest(place):
            return (Earlier(recipe.kind, place),)
        return ()

    @contextmanager
    def making(
        self, recipe: Recipe, place: Path, start: Earlier | None = None
    ) -> Iterator[Path]:
        """Make a layer where it is: of a build that fails the lifecycle keeps none.

        To say what it was made from keeps it.
        """
        if start is None:
            remove(place)
        yield place
        self.write(place.name, recipe.facts)

    def complete(self, place: Path) -> None:
        """Note what is in a layer, because what an app's hooks write into it stays there."""
        self.write(place.name, {**self._facts(place), _LISTING: _listing_digest(place)})

    def keep(self) -> None:
        """Do nothing: a layer is made where it is kept."""

    def _facts(self, place: Path) -> Mapping[str, str]:
        return facts_in(read_if_there(self._about(place.name)) or "")

    def write(self, name: str, facts: Mapping[str, str]) -> None:
        write(self._about(name), render_layer(name, facts))

    def drop(self, name: str) -> None:
        """Leave nothing of a layer that an earlier build had."""
        remove(self.folder(name))
        remove(self._about(name))

    def _about(self, name: str) -> Path:
        return self.root / f"{name}.toml"


def _listing_digest(place: Path) -> str:
    """Digest what a layer holds; without dates, because the lifecycle gives all files one."""
    return read_tree(place).listing_digest(with_dates=False)
