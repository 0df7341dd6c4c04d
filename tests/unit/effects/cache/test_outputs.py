"""What a build makes is kept for the next one, and every reason to make it anew is told."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from slipway.effects.cache.outputs import CachedProducts, Recipe
from slipway.effects.cache.store import Cache
from unit.samples import write_files

FACTS = {"format": "1", "lock": "ab", "python": 'CPython 3.13.1 "linux" \\x86'}
RECIPE = Recipe(kind="venv", key="one", facts=FACTS, changing="lock")
OTHER = Recipe(kind="venv", key="two", facts={**FACTS, "lock": "cd"}, changing="lock")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def products(tmp_path: Path, told: list[str]) -> CachedProducts:
    cache = Cache(root=tmp_path / "cache", now=time.time, tell=told.append)
    return CachedProducts(cache, told.append)


def make(products: CachedProducts, recipe: Recipe, place: Path) -> None:
    with products.making(recipe, place) as made:
        write_files(made, {"file": "one"})
    products.keep()


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ({}, ("no earlier build has left one",)),
        (FACTS, ()),
        ({**FACTS, "lock": "cd"}, ("the lock is another one",)),
        ({**FACTS, "format": "0"}, ("another Slipway made it",)),
        ({"lock": "ab", "python": FACTS["python"]}, ("another Slipway made it",)),
        (
            {**FACTS, "python": "CPython 3.12.1"},
            (f"python was CPython 3.12.1, and is {FACTS['python']}",),
        ),
        ({**FACTS, "python": 3}, (f"python was 3, and is {FACTS['python']}",)),
    ],
)
def test_every_reason_is_told(before: dict[str, object], told: tuple[str, ...]) -> None:
    recipe = Recipe(kind="venv", key="k", facts=FACTS)
    assert recipe.differences(before) == told


def test_what_was_made_stands_at_its_place_and_is_kept(
    products: CachedProducts, tmp_path: Path
) -> None:
    make(products, RECIPE, tmp_path / "app" / "venv")
    assert (tmp_path / "app" / "venv" / "file").read_text() == "one"
    assert products.restore(RECIPE, tmp_path / "later") == ()
    assert (tmp_path / "later" / "file").read_text() == "one"


def test_what_lay_at_the_place_makes_way(products: CachedProducts, tmp_path: Path) -> None:
    write_files(tmp_path / "venv", {"old": ""})
    assert products.restore(RECIPE, tmp_path / "venv") == ("no earlier build has left one",)
    assert not (tmp_path / "venv").exists()


def test_why_there_is_none_is_told_by_the_one_used_last(
    products: CachedProducts, tmp_path: Path
) -> None:
    make(products, RECIPE, tmp_path / "venv")
    assert products.restore(OTHER, tmp_path / "venv") == ("the lock is another one",)


def test_one_that_is_not_whole_is_told(
    products: CachedProducts, tmp_path: Path, told: list[str]
) -> None:
    make(products, RECIPE, tmp_path / "venv")
    (products.cache.folder / "venv" / "one" / "file").unlink()
    assert products.restore(RECIPE, tmp_path / "venv") == ("no earlier build has left one",)
    assert told == ["The cache's venv is not as it was stored, and is made anew"]


def test_one_that_differs_in_what_may_change_is_a_start(
    products: CachedProducts, tmp_path: Path
) -> None:
    make(products, RECIPE, tmp_path / "venv")
    [start] = products.earlier(OTHER)
    with products.making(OTHER, tmp_path / "other", start) as made:
        assert (made / "file").read_text() == "one"
        write_files(made, {"more": "two"})
    products.keep()
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["file", "more"]
    assert products.restore(RECIPE, tmp_path / "venv") == ()
    assert [path.name for path in (tmp_path / "venv").iterdir()] == ["file"]


def test_one_made_by_another_python_is_no_start(
    products: CachedProducts, tmp_path: Path
) -> None:
    make(products, RECIPE, tmp_path / "venv")
    other = Recipe(kind="venv", key="x", facts={**FACTS, "python": "3"}, changing="lock")
    assert products.earlier(other) == ()


def test_what_two_builds_make_at_once_is_kept_once(
    products: CachedProducts, tmp_path: Path, told: list[str]
) -> None:
    with products.making(RECIPE, tmp_path / "venv") as made:
        write_files(made, {"file": "mine"})
        make(products, RECIPE, tmp_path / "other")
    products.keep()
    assert (tmp_path / "venv" / "file").read_text() == "mine"
    assert products.restore(RECIPE, tmp_path / "later") == ()
    assert (tmp_path / "later" / "file").read_text() == "one"
    assert told == []


def test_it_stands_at_its_place_before_it_is_kept(
    products: CachedProducts, tmp_path: Path
) -> None:
    with products.making(RECIPE, tmp_path / "venv") as made:
        write_files(made, {"file": "one"})
    assert (tmp_path / "venv" / "file").read_text() == "one"
    assert products.earlier(OTHER) == ()
    products.keep()
    assert len(products.earlier(OTHER)) == 1


def test_a_cache_on_another_file_system_gives_a_copy(
    products: CachedProducts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel says it: https://man7.org/linux/man-pages/man2/rename.2.html."""
    rename = os.rename

    def rename_there(source: Path, target: Path) -> None:
        if Path(target).parent.name == "app":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target)

    monkeypatch.setattr(os, "rename", rename_there)
    make(products, RECIPE, tmp_path / "app" / "venv")
    assert (tmp_path / "app" / "venv" / "file").read_text() == "one"
    assert products.restore(RECIPE, tmp_path / "later") == ()


def test_without_a_cache_it_is_made_at_its_place(
    products: CachedProducts, tmp_path: Path, told: list[str]
) -> None:
    products.cache.root.write_text("in the way")
    make(products, RECIPE, tmp_path / "venv")
    assert (tmp_path / "venv" / "file").read_text() == "one"
    assert told == ["The cache cannot keep this: Not a directory"]
