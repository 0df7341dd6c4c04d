"""What a build makes for the app to run, from one build to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slipway.effects.cache import Cache
from slipway.effects.files import remove


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What decides a product: where none of it has changed, the last one serves again."""

    kind: str
    """`python` or `venv`."""
    key: str
    """The facts as one short text."""
    facts: Mapping[str, str]
    """Each with a short value that tells a reader what it is."""


class Products(Protocol):
    def restore(self, recipe: Recipe, place: Path) -> bool:
        """Let the product of an earlier build stand at its place; else let nothing be there."""
        ...

    def store(self, recipe: Recipe, place: Path) -> str | None:
        """Keep what stands at its place; the reason is given where that cannot be."""
        ...


@dataclass(frozen=True)
class CachedProducts:
    """Products that a cache has copies of; the app itself comes to a new place each time."""

    cache: Cache

    def restore(self, recipe: Recipe, place: Path) -> bool:
        remove(place)
        return self.cache.restore(recipe.kind, recipe.key, place)

    def store(self, recipe: Recipe, place: Path) -> str | None:
        return self.cache.store(recipe.kind, recipe.key, place)
