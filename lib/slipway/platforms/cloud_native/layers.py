"""The layers of an image, kept in place from one build to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.layers import PYTHON, VENV, differences, facts_in, render_layer
from slipway.effects.console import Console
from slipway.effects.files import read_if_there, remove, write
from slipway.effects.products import Recipe

_SHOWN = {PYTHON: "The Python", VENV: "The environment"}


@dataclass(frozen=True)
class Layers:
    """Folders `<root>/<name>/` with a `<name>.toml` beside each, as the lifecycle has them."""

    root: Path
    console: Console

    def folder(self, name: str) -> Path:
        return self.root / name

    def restore(self, recipe: Recipe, place: Path) -> bool:
        """Keep a layer that the lifecycle brought back, if it was made from the same.

        A restored layer has lost its types, so what is not written again is dropped.
        """
        before = facts_in(read_if_there(self._about(place.name)) or "")
        reasons = [*differences(before, recipe.facts)]
        if not reasons and not place.is_dir():
            reasons = ["the platform has not brought it back"]
        if not reasons:
            self.write(place.name, recipe.facts)
            return True
        anew = " anew" if before else ""
        self.console.info(f"{_SHOWN[place.name]} is made{anew}: {'; '.join(reasons)}")
        remove(place)
        return False

    def store(self, recipe: Recipe, place: Path) -> str | None:
        """Say what a layer was made from; that keeps it."""
        self.write(place.name, recipe.facts)
        return None

    def write(self, name: str, facts: Mapping[str, str]) -> None:
        write(self._about(name), render_layer(name, facts))

    def drop(self, name: str) -> None:
        """Leave nothing of a layer that an earlier build had."""
        remove(self.folder(name))
        remove(self._about(name))

    def _about(self, name: str) -> Path:
        return self.root / f"{name}.toml"
