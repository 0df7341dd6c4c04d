"""A tree that is linked or copied to another place is the same tree."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.effects.cache.file_trees import Tree, copy_tree, link_tree, read_tree
from unit.samples import write_files
from unit.whole_trees import described, everything

Put = Callable[[Path, Path], Tree]

both = pytest.mark.parametrize("put", [link_tree, copy_tree])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return everything(tmp_path / "made")


@pytest.fixture
def elsewhere(root: Path) -> Iterator[Path]:
    """Yield a path on another file system at which nothing exists."""
    other = Path("/dev/shm")  # noqa: S108  # another file system, which all machines have
    if other.stat().st_dev == root.stat().st_dev:
        pytest.skip("this machine has only one file system")
    place = other / f"slipway-{os.getpid()}"
    yield place
    shutil.rmtree(place)


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, "Invalid cross-device link")


@both
@pytest.mark.parametrize("with_dates", [True, False])
def test_the_tree_is_the_same_at_the_new_place(
    put: Put, root: Path, tmp_path: Path, *, with_dates: bool
) -> None:
    place = tmp_path / "not" / "there yet" / "place"
    digest = put(root, place).listing_digest(with_dates=with_dates)
    assert described(place) == described(root)
    assert digest == read_tree(root).listing_digest(with_dates=with_dates)
    assert digest == read_tree(place).listing_digest(with_dates=with_dates)
    assert (place / "a.txt").stat().st_mtime == 2000
    assert [path.name for path in place.parent.iterdir()] == ["place"]


def test_linked_trees_share_files_and_copied_trees_do_not(root: Path, tmp_path: Path) -> None:
    link_tree(root, tmp_path / "linked")
    copy_tree(root, tmp_path / "copied")
    assert (tmp_path / "linked" / "a.txt").samefile(root / "a.txt")
    assert not (tmp_path / "copied" / "a.txt").samefile(root / "a.txt")


@both
def test_read_only_folders_are_filled_before_their_modes_are_set(
    put: Put, tmp_path: Path
) -> None:
    root = write_files(tmp_path / "made", {f"{name}/below/{name}": "" for name in "abcdefgh"})
    folders = [path for path in sorted(root.rglob("*"), reverse=True) if path.is_dir()]
    for folder in [*folders, root]:
        folder.chmod(0o555)
    place = tmp_path / "place"
    put(root, place)
    assert described(place) == described(root)
    assert place.stat().st_mode & 0o777 == 0o555
    for folder in [root, *reversed(folders)]:
        folder.chmod(0o755)
        (place / folder.relative_to(root)).chmod(0o755)


def test_modes_of_folders_are_set_from_the_inside_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root can reach files below a folder that is not searchable."""
    root = write_files(tmp_path / "source", {"a/b/c": "", "a/d/e": ""})
    for folder in (root, root / "a", root / "a" / "b"):
        folder.chmod(0o700)
    closed: list[str] = []
    monkeypatch.setattr(os, "chmod", lambda name, *_, **__: closed.append(name))
    link_tree(root, tmp_path / "target")
    assert closed == ["a/b/", "a/", "."]


@both
def test_names_that_are_not_utf_8_are_copied(put: Put, tmp_path: Path) -> None:
    root = tmp_path / "made"
    for name in (b"\xff\n", b"\xfe", b"plain"):
        write_files(root / os.fsdecode(name), {os.fsdecode(name): "text"})
    (root / os.fsdecode(b"\xfe") / "link").symlink_to(os.fsdecode(b"\xfd\n"))
    digest = put(root, tmp_path / "place").listing_digest(with_dates=True)
    assert described(tmp_path / "place") == described(root)
    assert digest == read_tree(root).listing_digest(with_dates=True)


def test_files_that_cannot_be_linked_are_copied(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example because the kernel forbids links to files of other users."""
    monkeypatch.setattr(os, "link", refuse)
    link_tree(root, tmp_path / "place")
    assert described(tmp_path / "place") == described(root)
    assert not (tmp_path / "place" / "a.txt").samefile(root / "a.txt")


def test_a_tree_on_another_file_system_is_a_copy(root: Path, elsewhere: Path) -> None:
    digest = link_tree(root, elsewhere).listing_digest(with_dates=True)
    assert described(elsewhere) == described(root)
    assert digest == read_tree(elsewhere).listing_digest(with_dates=True)
    assert not (elsewhere / "a.txt").samefile(root / "a.txt")


def test_python_copies_files_if_the_kernel_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_files(tmp_path / "made", {"large": "0123456789" * 100_000})
    monkeypatch.setattr(os, "copy_file_range", refuse)
    copy_tree(root, tmp_path / "place")
    assert described(tmp_path / "place") == described(root)


@both
def test_an_existing_destination_is_not_changed(put: Put, root: Path, tmp_path: Path) -> None:
    place = write_files(tmp_path / "place", {"theirs": ""})
    with pytest.raises(FileExistsError):
        put(root, place)
    assert {*described(place)} == {"theirs"}


@both
def test_descriptors_are_closed(put: Put, root: Path, tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    read_tree(root)
    put(root, tmp_path / "place")
    with pytest.raises(FileExistsError):
        put(root, tmp_path / "place")
    assert os.listdir("/proc/self/fd") == before


def test_a_large_file_is_copied_whole(tmp_path: Path) -> None:
    content = os.urandom(3_000_001)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "large").write_bytes(content)
    copy_tree(tmp_path / "made", tmp_path / "place")
    assert (tmp_path / "place" / "large").read_bytes() == content


def names(tree: Tree) -> set[str]:
    return {f"{folder.name}{file.name}" for folder in tree.folders for file in folder.files}


def test_names_are_left_out_only_at_the_top_level(root: Path, tmp_path: Path) -> None:
    (root / "below" / "a.txt").touch()
    without = frozenset({"a.txt"})
    tree = read_tree(root, without)
    assert names(read_tree(root)) - names(tree) == {"a.txt"}
    assert link_tree(root, tmp_path / "place", without) == tree
    assert names(read_tree(tmp_path / "place")) == names(tree)


def test_files_newer_than_the_newest_date_get_that_date(root: Path) -> None:
    tree = read_tree(root, newest=3000)
    assert [(root / name).stat().st_mtime for name in ("a.txt", "below/run")] == [2000, 3000]
    assert tree == read_tree(root)


def test_the_size_is_the_total_size_of_all_files(root: Path) -> None:
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
def test_a_listing_digest_shows_every_change(what: str, root: Path) -> None:
    before = read_tree(root).listing_digest(with_dates=True)
    assert read_tree(root).listing_digest(with_dates=True) == before
    change(root, what)
    assert read_tree(root).listing_digest(with_dates=True) != before


def test_a_listing_digest_without_dates_ignores_dates(root: Path) -> None:
    before = read_tree(root).listing_digest(with_dates=False)
    change(root, "date")
    assert read_tree(root).listing_digest(with_dates=False) == before
