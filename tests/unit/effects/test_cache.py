"""The cache gives back what was stored, or nothing."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.cache import Cache
from slipway.effects.processes import Processes
from slipway.effects.trees import Trees
from slipway.errors.stopped import CommandFailed
from unit.samples import write_files


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, told: list[str]) -> Cache:
    trees = Trees(Processes(now=time.monotonic), {"PATH": os.defpath})
    root = tmp_path / "cache"
    return Cache(root=root, copy=trees.copy, link=trees.link, tell=told.append)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Make a small tree: files, a folder, a link, a program."""
    root = write_files(tmp_path / "made", {"a.txt": "one", "below/b.txt": "two", "run": "#!"})
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("below/b.txt")
    return root


def visible(cache: Cache, kind: str = "venv") -> list[str]:
    return sorted(path.name for path in (cache.folder / kind).iterdir())


def test_what_is_stored_is_restored_as_it_was(cache: Cache, made: Path, tmp_path: Path) -> None:
    assert cache.store("venv", "key", made) is None
    place = tmp_path / "deep" / "place"
    assert cache.restore("venv", "key", place)
    assert sorted(path.name for path in place.iterdir()) == ["a.txt", "below", "link", "run"]
    assert (place / "link").readlink() == Path("below/b.txt")
    assert os.access(place / "run", os.X_OK)
    assert not os.access(place / "a.txt", os.X_OK)


def test_what_was_never_stored_is_not_restored(cache: Cache, tmp_path: Path) -> None:
    assert not cache.restore("venv", "key", tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_another_kind_or_key_is_another_entry(cache: Cache, made: Path) -> None:
    cache.store("venv", "key", made)
    assert cache.entry("venv", "other") is None
    assert cache.entry("lock", "key") is None


@pytest.mark.parametrize("damage", ["truncated", "gone", "added", "emptied", "other link"])
def test_an_entry_that_is_not_whole_is_removed_and_told(
    damage: str, cache: Cache, made: Path, tmp_path: Path, told: list[str]
) -> None:
    cache.store("venv", "key", made)
    entry = cache.folder / "venv" / "key"
    match damage:
        case "truncated":
            (entry / "a.txt").unlink()  # it may be one file with the app's
            (entry / "a.txt").write_text("o")
        case "gone":
            (entry / "a.txt").unlink()
        case "added":
            (entry / "c.txt").touch()
        case "emptied":
            shutil.rmtree(entry / "below")
        case _:
            (entry / "link").unlink()
            (entry / "link").symlink_to("a.txt")
    assert not cache.restore("venv", "key", tmp_path / "place")
    assert not (tmp_path / "place").exists()
    assert not entry.exists()
    assert len(told) == 1
    assert "venv" in told[0]


@pytest.mark.parametrize("keeps_dates", [True, False])
def test_dates_count_only_where_the_platform_keeps_them(
    cache: Cache, made: Path, *, keeps_dates: bool
) -> None:
    cache = replace(cache, keeps_dates=keeps_dates)
    cache.store("venv", "key", made)
    os.utime(cache.folder / "venv" / "key" / "run", (315532801, 315532801))
    assert (cache.entry("venv", "key") is None) == keeps_dates


def test_a_folder_without_its_mark_is_no_entry(cache: Cache) -> None:
    write_files(cache.folder / "venv" / "key", {"a.txt": "one"})
    assert cache.entry("venv", "key") is None


def test_the_first_of_two_stores_of_one_key_stays(
    cache: Cache, made: Path, tmp_path: Path
) -> None:
    assert cache.store("venv", "key", made) is None
    second = write_files(tmp_path / "second", {"second.txt": ""})
    assert cache.store("venv", "key", second) is None
    entry = cache.entry("venv", "key")
    assert entry is not None
    assert (entry / "a.txt").read_text() == "one"
    assert visible(cache) == ["key"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_a_store_that_is_killed_leaves_nothing(
    end: type[BaseException], cache: Cache, made: Path
) -> None:
    def break_off(source: Path, destination: Path) -> None:
        destination.mkdir()
        (destination / "half").touch()
        raise end

    with pytest.raises(end):
        replace(cache, copy=break_off).store("venv", "key", made)
    assert visible(cache) == []
    assert cache.entry("venv", "key") is None


def test_the_entries_used_last_are_kept(cache: Cache, made: Path) -> None:
    for age, key in enumerate("dcba"):
        cache.store("venv", key, made)
        os.utime(cache.folder / "venv" / key, (1000 - age, 1000 - age))
    assert cache.entry("venv", "a")  # now it is the one used last
    cache.store("venv", "e", made)
    assert visible(cache) == ["a", "c", "d", "e"]


@pytest.mark.parametrize("kept", [1, 3, 6])
def test_as_many_as_a_kind_needs_are_kept(kept: int, cache: Cache, made: Path) -> None:
    for age, key in enumerate("edcba"):
        cache.store("wheel", key, made, kept=6)
        os.utime(cache.folder / "wheel" / key, (1000 - age, 1000 - age))
    cache.store("venv", "other kind", made)
    cache.store("wheel", "new", made, kept=kept)
    assert visible(cache, "wheel") == sorted(["new", *"edcba"][:kept])
    assert visible(cache) == ["other kind"]


def test_what_a_killed_build_left_aside_goes_with_time(cache: Cache, made: Path) -> None:
    aside = write_files(cache.folder / "venv" / ".new-1", {"entry/half": ""})
    os.utime(aside, (1, 1))
    for key in "abcd":
        cache.store("venv", key, made)
    assert visible(cache) == ["a", "b", "c", "d"]


def test_a_cache_that_cannot_be_written_says_why(cache: Cache, made: Path) -> None:
    cache.root.write_text("a file in the way")
    assert cache.store("venv", "key", made) == "Not a directory"
    assert cache.entry("venv", "key") is None


@pytest.mark.parametrize(
    ("output", "reason"), [("cp: no space left\n", "cp: no space left"), ("", "cp -R a b")]
)
def test_a_copy_that_fails_says_why(output: str, reason: str, cache: Cache, made: Path) -> None:
    def fail(source: Path, destination: Path) -> None:
        raise CommandFailed(command="cp -R a b", status=1, output=output)

    assert replace(cache, copy=fail).store("venv", "key", made) == reason


def test_what_is_restored_takes_no_room_where_it_need_not(
    cache: Cache, made: Path, tmp_path: Path
) -> None:
    cache.store("venv", "key", made)
    assert cache.restore("venv", "key", tmp_path / "place")
    entry = cache.entry("venv", "key")
    assert entry is not None
    assert (entry / "a.txt").samefile(tmp_path / "place" / "a.txt")


def test_what_is_stored_stays_as_it_is_whatever_the_build_does_later(
    cache: Cache, made: Path
) -> None:
    cache.store("venv", "key", made)
    with (made / "a.txt").open("r+") as file:
        file.write("ONE")
    entry = cache.entry("venv", "key")
    assert entry is not None
    assert (entry / "a.txt").read_text() == "one"


def test_an_entry_that_a_later_build_writes_into_is_made_anew(
    cache: Cache, made: Path, tmp_path: Path, told: list[str]
) -> None:
    os.utime(made / "a.txt", (1000, 1000))
    cache.store("venv", "key", made)
    cache.restore("venv", "key", tmp_path / "place")
    with (tmp_path / "place" / "a.txt").open("r+") as file:
        file.write("ONE")
    assert cache.entry("venv", "key") is None
    assert told == ["The cache's venv is not as it was stored, and is made anew"]


def test_where_files_cannot_be_linked_they_are_copied(made: Path, tmp_path: Path) -> None:
    """On another file system, or where the kernel forbids links to files of other users."""
    cp = shutil.which("cp")
    text = f'#!/bin/sh\nfor word; do [ "$word" = -l ] && exit 1; done\nexec {cp} "$@"\n'
    write_files(tmp_path, {"bin/cp": text})
    (tmp_path / "bin" / "cp").chmod(0o755)
    environment = {"PATH": f"{tmp_path}/bin:{os.defpath}"}
    place = tmp_path / "place"
    Trees(Processes(now=time.monotonic), environment).link(made, place)
    assert (place / "a.txt").read_text() == "one"
    assert not (place / "a.txt").samefile(made / "a.txt")
