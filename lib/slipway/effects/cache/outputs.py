"""What a build makes for the app to run, from one build to the next."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from slipway.effects.cache.file_trees import Tree, copy_tree
from slipway.effects.cache.store import MARK, Cache
from slipway.effects.files import remove

_IN_WORDS: Mapping[str, str] = {
    "format": "another Slipway made it",
    "lock": "the lock is another one",
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What decides a product: where none of it has changed, the last one serves again."""

    kind: str
    """`python` or `venv`."""
    key: str
    """The facts as one short text."""
    facts: Mapping[str, str]
    """Each with a short value that tells a reader what it is."""
    changing: str = ""
    """The fact that may be another one in a product that this one can be made from."""

    def differences(self, before: Mapping[str, object]) -> tuple[str, ...]:
        """Say what of a product has changed, in the order of what decides it now."""
        if not before:
            return ("no earlier build has left one",)
        return tuple(
            _IN_WORDS.get(name) or f"{name} was {before.get(name, 'not said')}, and is {value}"
            for name, value in self.facts.items()
            if before.get(name) != value
        )

    def is_like(self, facts: Mapping[str, str]) -> bool:
        """Tell whether a product that was made from these facts is a start for this one."""
        return {**facts, self.changing: ""} == {**self.facts, self.changing: ""}


@dataclass(frozen=True)
class Earlier:
    """A product of an earlier build."""

    key: str
    root: Path
    """To be read only."""


class Products(Protocol):
    def restore(self, recipe: Recipe, place: Path) -> tuple[str, ...]:
        """Let the product of an earlier build stand at its place; else give the reasons."""
        ...

    def earlier(self, recipe: Recipe) -> tuple[Earlier, ...]:
        """Give the products that this one could be made from, the one used last first."""
        ...

    def making(
        self, recipe: Recipe, place: Path, start: Earlier | None = None
    ) -> AbstractContextManager[Path]:
        """Give a folder to make a product in; afterwards it stands at its place, and is kept.

        With `start` its files are there, each to be removed or replaced but not written into;
        or none, if it turned out not to be whole.
        """
        ...

    def complete(self, place: Path) -> None:
        """Note that a product is as it is to be; what an app's hooks do comes after this."""
        ...

    def keep(self) -> None:
        """Keep for later builds what was made, if that is still to be done.

        Whatever somebody writes into it meanwhile costs the next build time, and nothing else.
        """
        ...


@dataclass(frozen=True)
class CachedProducts:
    """Products that are made in a cache; the app itself comes to a new place each time."""

    cache: Cache
    warn: Callable[[str], None]
    _to_be_kept: list[Callable[[], object]] = field(default_factory=list)

    def restore(self, recipe: Recipe, place: Path) -> tuple[str, ...]:
        remove(place)
        if self.cache.restore(recipe.kind, recipe.key, place):
            return ()
        last = next(iter(self.cache.facts(recipe.kind).values()), {})
        return recipe.differences(last) or ("the one that was kept cannot be used",)

    def earlier(self, recipe: Recipe) -> tuple[Earlier, ...]:
        return tuple(
            Earlier(key, self.cache.folder / recipe.kind / key)
            for key, facts in self.cache.facts(recipe.kind).items()
            if recipe.is_like(facts)
        )

    @contextmanager
    def making(
        self, recipe: Recipe, place: Path, start: Earlier | None = None
    ) -> Iterator[Path]:
        with ExitStack() as stack:
            try:
                making = self.cache.making(recipe.kind, start.key if start else None)
                made = stack.enter_context(making)
            except OSError as error:
                self.warn(f"The cache cannot keep this: {error.strerror or error}")
                made = place
            yield made
            if made != place:
                self._hand_out(recipe, made, place)

    def complete(self, place: Path) -> None:
        """Do nothing: what is kept lies elsewhere."""

    def keep(self) -> None:
        while self._to_be_kept:
            self._to_be_kept.pop()()

    def _hand_out(self, recipe: Recipe, made: Path, place: Path) -> None:
        """Let it stand at its place at once, and keep it when there is time."""
        tree = self.cache.settled(made)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(made, place)
        except OSError:  # it is on another file system
            self._copy_out(recipe, tree, place)
        else:
            there = replace(tree, root=place)
            self._to_be_kept.append(partial(self._keep, recipe, there))

    def _keep(self, recipe: Recipe, tree: Tree) -> None:
        try:
            self.cache.put_from(recipe.kind, recipe.key, tree, recipe.facts)
        except OSError as error:
            self.warn(f"The cache cannot keep this: {error.strerror or error}")

    def _copy_out(self, recipe: Recipe, tree: Tree, place: Path) -> None:
        made = tree.root
        self.cache.put(recipe.kind, recipe.key, tree, recipe.facts)
        if not self.cache.restore(recipe.kind, recipe.key, place):
            # What another build had put there was not whole, and this is still aside; or there
            # is no room for it, which is then said.
            kept = self.cache.folder / recipe.kind / recipe.key
            source = made if made.is_dir() else kept
            copy_tree(source, place, without=frozenset({MARK}))
