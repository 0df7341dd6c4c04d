"""An item stays as long as a running build holds its lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slipway.effects.cache.locks import (
    ASIDE,
    ItemLocks,
    remove_tree,
    remove_unless_used,
)
from unit.samples import write_files


@pytest.fixture
def item(tmp_path: Path) -> Path:
    write_files(tmp_path / "kind" / "item", {"a/file": ""})
    return tmp_path / "kind" / "item"


def remove(path: Path) -> bool:
    return remove_unless_used(path, is_unused=False)


def test_an_item_is_kept_until_all_builds_release_it(item: Path) -> None:
    first, second = ItemLocks(), ItemLocks()
    assert first.hold(item)
    assert first.hold(item)
    assert second.hold(item)
    first.release(item)
    assert not remove(item)
    second.release_all()
    assert remove(item)
    assert [*item.parent.iterdir()] == []


def test_an_item_that_was_replaced_is_held_again(item: Path) -> None:
    locks = ItemLocks()
    assert locks.hold(item)
    remove_tree(item)
    assert not locks.hold(item)
    item.mkdir()
    assert locks.hold(item)
    assert not remove(item)


def test_the_lock_moves_with_a_renamed_folder(item: Path) -> None:
    locks, place = ItemLocks(), item.with_name("place")
    assert locks.hold(item)
    item.rename(place)
    locks.renamed(item, place)
    assert not remove(place)
    locks.release(place)
    assert remove(place)


@pytest.mark.parametrize("kind", ["missing", "file", "link", "pipe"])
def test_only_a_folder_can_be_held(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "item"
    match kind:
        case "file":
            place.write_text("")
        case "link":
            place.symlink_to(tmp_path)
        case "pipe":
            os.mkfifo(place)
    assert not ItemLocks().hold(place)
    assert remove(place)
    assert not os.path.lexists(place)


def test_a_temporary_folder_is_kept_while_its_build_runs(tmp_path: Path) -> None:
    locks = ItemLocks()
    with locks.new_folder(tmp_path / "kind") as folder:
        assert folder.name.startswith(ASIDE)
        assert not remove(folder)
    assert [*(tmp_path / "kind").iterdir()] == []


def test_what_another_removal_left_behind_does_not_matter(item: Path) -> None:
    write_files(item.with_name(f"{ASIDE}item"), {"half": ""})
    assert remove(item)
    assert [*item.parent.iterdir()] == []


def test_removing_a_tree_follows_no_link(item: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "elsewhere", {"precious": ""})
    (tmp_path / "elsewhere").chmod(0o500)
    (item / "a" / "link").symlink_to(tmp_path / "elsewhere")
    (item / "a").chmod(0o500)
    remove_tree(item)
    assert not item.exists()
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o500
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    remove_tree(link)
    assert (tmp_path / "elsewhere" / "precious").exists()
