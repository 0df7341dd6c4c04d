"""A folder put in a second place is the same folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from slipway.effects.trees import Folder, Tree, copy, link, read_folders, read_tree
from unit.whole_trees import described, everything

Put = Callable[[Path, Iterable[Folder], Path], Tree]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return everything(tmp_path / "made")


@pytest.mark.parametrize("put", [link, copy])
def test_all_of_it_is_there_as_it_was(put: Put, root: Path, tmp_path: Path) -> None:
    place = tmp_path / "not" / "there yet" / "place"
    tree = put(root, read_folders(root), place)
    assert described(place) == described(root)
    assert tree.census(with_dates=True) == read_tree(root).census(with_dates=True)
    assert (place / "a.txt").stat().st_mtime == 2000
    assert [path.name for path in place.parent.iterdir()] == ["place"]


def test_linked_files_are_the_same_and_copied_ones_are_not(root: Path, tmp_path: Path) -> None:
    link(root, read_folders(root), tmp_path / "linked")
    copy(root, read_folders(root), tmp_path / "copied")
    assert (tmp_path / "linked" / "a.txt").samefile(root / "a.txt")
    assert not (tmp_path / "copied" / "a.txt").samefile(root / "a.txt")


def test_where_files_cannot_be_linked_they_are_copied(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another file system, or where the kernel forbids links to files of other users."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    link(root, read_folders(root), tmp_path / "place")
    assert described(tmp_path / "place") == described(root)
    assert not (tmp_path / "place" / "a.txt").samefile(root / "a.txt")


def test_a_copy_between_file_systems_is_whole(root: Path, tmp_path: Path) -> None:
    other = Path("/dev/shm")  # noqa: S108  # the other file system that all have
    if other.stat().st_dev == root.stat().st_dev:
        pytest.skip("this machine has one file system alone")
    place = other / f"slipway-{os.getpid()}"
    try:
        link(root, read_folders(root), place)
        assert described(place) == described(root)
    finally:
        for path in sorted(place.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        place.rmdir()


def test_a_large_file_is_copied_whole(tmp_path: Path) -> None:
    content = os.urandom(3_000_001)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "large").write_bytes(content)
    copy(tmp_path / "made", read_folders(tmp_path / "made"), tmp_path / "place")
    assert (tmp_path / "place" / "large").read_bytes() == content


def test_what_is_left_out_is_left_out_at_the_top_alone(root: Path) -> None:
    (root / "below" / "a.txt").touch()
    names = {name for name, _ in read_tree(root, without=frozenset({"a.txt"})).files}
    assert "a.txt" not in names
    assert "below/a.txt" in names


def test_the_size_is_that_of_all_files(root: Path) -> None:
    links = len("deep/b.txt") + len("below") + len("/not/there")
    assert read_tree(root).size == len("onetwo#!") + links


def change(root: Path, what: str) -> None:
    match what:
        case "content":
            (root / "a.txt").write_text("other")
        case "mode":
            (root / "a.txt").chmod(0o600)
        case "name":
            (root / "a.txt").rename(root / "b.txt")
        case "link":
            (root / "to nowhere").unlink()
            (root / "to nowhere").symlink_to("/elsewhere")
        case _:
            os.utime(root / "a.txt", (1000, 3000))


@pytest.mark.parametrize("what", ["content", "mode", "name", "link", "date"])
def test_a_census_tells_every_change(what: str, root: Path) -> None:
    before = read_tree(root).census(with_dates=True)
    assert read_tree(root).census(with_dates=True) == before
    change(root, what)
    assert read_tree(root).census(with_dates=True) != before


def test_a_census_without_dates_is_that_of_a_copy_with_others(root: Path) -> None:
    before = read_tree(root).census(with_dates=False)
    change(root, "date")
    assert read_tree(root).census(with_dates=False) == before
