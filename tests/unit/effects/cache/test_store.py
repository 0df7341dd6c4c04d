"""The cache gives back what was stored, or nothing."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.cache.store import Cache
from unit.samples import write_files


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, told: list[str]) -> Cache:
    return Cache(root=tmp_path / "cache", now=time.time, tell=told.append)


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


@pytest.mark.parametrize("mark", [None, "", "{", "[]", '{"listing": 1}', "1 files, ab"])
def test_a_folder_that_slipway_has_not_made_makes_way(
    mark: str | None, cache: Cache, made: Path, told: list[str]
) -> None:
    files = {"a.txt": "one"} if mark is None else {"a.txt": "one", ".slipway-entry": mark}
    write_files(cache.folder / "venv" / "key", files)
    assert cache.entry("venv", "key") is None
    assert told == ["The cache's venv is not as it was stored, and is made anew"]
    cache.store("venv", "key", made)
    assert cache.entry("venv", "key")


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
def test_what_is_broken_off_leaves_nothing(end: type[BaseException], cache: Cache) -> None:
    def break_off() -> None:
        with cache.making("venv") as place:
            write_files(place, {"half": ""})
            raise end

    with pytest.raises(end):
        break_off()
    assert visible(cache) == []
    assert cache.entry("venv", "key") is None


def test_what_is_made_aside_is_there_once_it_is_put(cache: Cache) -> None:
    with cache.making("venv") as place:
        write_files(place, {"a.txt": "one"})
        assert cache.entry("venv", "key") is None
        cache.put("venv", "key", cache.settled(place), {"lock": "ab"})
    entry = cache.entry("venv", "key")
    assert entry
    assert (entry / "a.txt").read_text() == "one"
    assert cache.facts("venv") == {"key": {"lock": "ab"}}
    assert visible(cache) == ["key"]


def test_an_entry_made_from_another_shares_what_has_not_changed(
    cache: Cache, made: Path
) -> None:
    cache.store("venv", "old", made)
    with cache.making("venv", "old") as place:
        (place / "a.txt").unlink()
        (place / "a.txt").write_text("new")
        cache.put("venv", "new", cache.settled(place))
    old, new = cache.entry("venv", "old"), cache.entry("venv", "new")
    assert old
    assert new
    assert ((old / "a.txt").read_text(), (new / "a.txt").read_text()) == ("one", "new")
    assert (old / "below" / "b.txt").samefile(new / "below" / "b.txt")


def test_what_starts_from_an_entry_that_is_not_whole_starts_from_nothing(
    cache: Cache, made: Path
) -> None:
    cache.store("venv", "old", made)
    (cache.folder / "venv" / "old" / "a.txt").unlink()
    with cache.making("venv", "old") as place:
        assert not place.exists()


def test_facts_come_from_the_entry_used_last_first(cache: Cache, made: Path) -> None:
    for age, key in enumerate("cab"):
        cache.store("venv", key, made)
        os.utime(cache.folder / "venv" / key, (1000 - age, 1000 - age))
    assert [*cache.facts("venv")] == ["c", "a", "b"]
    cache.entry("venv", "b")
    assert next(iter(cache.facts("venv"))) == "b"


def test_a_cache_that_cannot_be_written_says_why(cache: Cache, made: Path) -> None:
    cache.root.write_text("a file in the way")
    assert cache.store("venv", "key", made) == "Not a directory"
    assert cache.entry("venv", "key") is None


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


@pytest.mark.parametrize("write", ["one", "in place, as long", "longer"])
def test_an_entry_that_a_later_build_writes_into_is_made_anew(
    write: str, cache: Cache, made: Path, tmp_path: Path, told: list[str]
) -> None:
    """However soon, and with whatever: even what was there before is noticed."""
    cache.store("venv", "key", made)
    cache.restore("venv", "key", tmp_path / "place")
    with (tmp_path / "place" / "a.txt").open("r+") as file:
        file.write({"one": "one", "in place, as long": "ONE"}.get(write, "one and two"))
    assert cache.entry("venv", "key") is None
    assert told == ["The cache's venv is not as it was stored, and is made anew"]


def test_where_the_platform_gives_all_files_one_date_none_are_shared(
    cache: Cache, made: Path, tmp_path: Path
) -> None:
    cache = replace(cache, keeps_dates=False)
    cache.store("venv", "key", made)
    cache.restore("venv", "key", tmp_path / "place")
    (tmp_path / "place" / "a.txt").write_text("ONE")
    entry = cache.entry("venv", "key")
    assert entry
    assert (entry / "a.txt").read_text() == "one"


def test_a_place_without_room_is_told_and_left_as_it_was(
    cache: Cache, made: Path, tmp_path: Path, told: list[str]
) -> None:
    cache.store("venv", "key", made)
    (tmp_path / "file").touch()
    assert not cache.restore("venv", "key", tmp_path / "file" / "place")
    assert told == ["The cache's venv cannot be used: File exists"]


def test_the_folder_of_a_tool_is_marked_as_used(cache: Cache) -> None:
    place = cache.of_a_tool("downloads", "pip")
    os.utime(place, (1000, 1000))
    assert cache.of_a_tool("downloads", "pip") == place
    assert place.stat().st_mtime > 1000


def test_what_stays_at_its_place_is_shared_with_the_cache(cache: Cache, tmp_path: Path) -> None:
    place = write_files(tmp_path / "venv", {"a.txt": "one", "below/b.txt": "two"})
    cache.put_from("venv", "key", cache.settled(place), {"lock": "ab"})
    entry = cache.entry("venv", "key")
    assert entry
    assert (entry / "below" / "b.txt").samefile(place / "below" / "b.txt")
    assert not (place / ".slipway-entry").exists()
    assert cache.facts("venv") == {"key": {"lock": "ab"}}


def test_what_is_written_meanwhile_is_no_part_of_it(
    cache: Cache, tmp_path: Path, told: list[str]
) -> None:
    place = write_files(tmp_path / "venv", {"a.txt": "one"})
    tree = cache.settled(place)
    write_files(place, {"more": "of a hook"})
    cache.put_from("venv", "key", tree, {})
    entry = cache.entry("venv", "key")
    assert entry
    assert [path.name for path in entry.iterdir() if path.name[0] != "."] == ["a.txt"]
    (place / "a.txt").write_text("two")
    assert cache.entry("venv", "key") is None
    assert told == ["The cache's venv is not as it was stored, and is made anew"]
