"""The cache restores exactly the stored files, or nothing."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import DOWNLOADS
from slipway.effects.cache.store import Cache
from unit.samples import write_files


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, logged: list[str]) -> Cache:
    return Cache(root=tmp_path / "cache", now=time.time, info=logged.append)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Create a small tree: files, a folder, a link, a program."""
    root = write_files(tmp_path / "made", {"a.txt": "one", "below/b.txt": "two", "run": "#!"})
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("below/b.txt")
    return root


def key(name: str, kind: str = "venv") -> CacheKey:
    return CacheKey(kind, name, {"name": name})


def visible(cache: Cache, kind: str = "venv") -> list[str]:
    return sorted(path.name for path in (cache.folder / kind).iterdir())


def test_a_stored_folder_is_restored_unchanged(
    cache: Cache, made: Path, tmp_path: Path
) -> None:
    assert cache.store(key("key"), made) is None
    place = tmp_path / "deep" / "place"
    assert cache.restore(key("key"), place)
    assert sorted(path.name for path in place.iterdir()) == ["a.txt", "below", "link", "run"]
    assert (place / "link").readlink() == Path("below/b.txt")
    assert os.access(place / "run", os.X_OK)
    assert not os.access(place / "a.txt", os.X_OK)


def test_a_missing_entry_is_not_restored(cache: Cache, tmp_path: Path) -> None:
    assert not cache.restore(key("key"), tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_another_kind_or_key_is_another_entry(cache: Cache, made: Path) -> None:
    cache.store(key("key"), made)
    assert cache.entry(key("other")) is None
    assert cache.entry(key("key", "lock")) is None


@pytest.mark.parametrize("damage", ["truncated", "gone", "added", "emptied", "other link"])
def test_a_damaged_entry_is_removed_and_logged(
    damage: str, cache: Cache, made: Path, tmp_path: Path, logged: list[str]
) -> None:
    cache.store(key("key"), made)
    entry = cache.folder / "venv" / "key"
    match damage:
        case "truncated":
            (entry / "a.txt").unlink()  # the app may share it
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
    assert not cache.restore(key("key"), tmp_path / "place")
    assert not (tmp_path / "place").exists()
    assert not entry.exists()
    assert len(logged) == 1
    assert "venv" in logged[0]


@pytest.mark.parametrize("keeps_dates", [True, False])
def test_dates_count_only_if_the_platform_keeps_them(
    cache: Cache, made: Path, *, keeps_dates: bool
) -> None:
    cache = replace(cache, keeps_dates=keeps_dates)
    cache.store(key("key"), made)
    os.utime(cache.folder / "venv" / "key" / "run", (315532801, 315532801))
    assert (cache.entry(key("key")) is None) == keeps_dates


@pytest.mark.parametrize("mark", [None, "", "{", "[]", '{"listing": 1}', "1 files, ab"])
def test_a_folder_that_is_not_an_entry_is_replaced(
    mark: str | None, cache: Cache, made: Path, logged: list[str]
) -> None:
    files = {"a.txt": "one"} if mark is None else {"a.txt": "one", ".slipway-entry": mark}
    write_files(cache.folder / "venv" / "key", files)
    assert cache.entry(key("key")) is None
    assert logged == ["Not using the cached venv, because its files or dates have changed"]
    cache.store(key("key"), made)
    assert cache.entry(key("key"))


def test_the_first_entry_stored_under_a_key_stays(
    cache: Cache, made: Path, tmp_path: Path
) -> None:
    assert cache.store(key("key"), made) is None
    second = write_files(tmp_path / "second", {"second.txt": ""})
    assert cache.store(key("key"), second) is None
    entry = cache.entry(key("key"))
    assert entry is not None
    assert (entry / "a.txt").read_text() == "one"
    assert visible(cache) == ["key"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_creation_leaves_nothing(end: type[BaseException], cache: Cache) -> None:
    def interrupt() -> None:
        with cache.create("venv") as place:
            write_files(place, {"half": ""})
            raise end

    with pytest.raises(end):
        interrupt()
    assert visible(cache) == []
    assert cache.entry(key("key")) is None


def test_a_created_folder_is_an_entry_once_it_is_put(cache: Cache) -> None:
    with cache.create("venv") as place:
        write_files(place, {"a.txt": "one"})
        assert cache.entry(key("key")) is None
        cache.put(key("key"), place)
    entry = cache.entry(key("key"))
    assert entry
    assert (entry / "a.txt").read_text() == "one"
    assert cache.facts("venv") == {"key": {"name": "key"}}
    assert visible(cache) == ["key"]


def test_an_entry_shares_unchanged_files_with_its_start(cache: Cache, made: Path) -> None:
    cache.store(key("old"), made)
    with cache.create("venv", cache.folder / "venv" / "old") as place:
        (place / "a.txt").unlink()
        (place / "a.txt").write_text("new")
        cache.put(key("new"), place)
    old, new = cache.entry(key("old")), cache.entry(key("new"))
    assert old
    assert new
    assert ((old / "a.txt").read_text(), (new / "a.txt").read_text()) == ("one", "new")
    assert (old / "below" / "b.txt").samefile(new / "below" / "b.txt")


def test_a_damaged_entry_is_not_used_as_a_start(cache: Cache, made: Path) -> None:
    cache.store(key("old"), made)
    (cache.folder / "venv" / "old" / "a.txt").unlink()
    with cache.create("venv", cache.folder / "venv" / "old") as place:
        assert not place.exists()


def test_facts_of_the_most_recently_used_entry_come_first(cache: Cache, made: Path) -> None:
    for age, name in enumerate("cab"):
        cache.store(key(name), made)
        os.utime(cache.folder / "venv" / name, (1000 - age, 1000 - age))
    assert [*cache.facts("venv")] == ["c", "a", "b"]
    cache.entry(key("b"))
    assert next(iter(cache.facts("venv"))) == "b"


def test_storing_in_an_unwritable_cache_returns_the_reason(cache: Cache, made: Path) -> None:
    cache.root.write_text("a file in the way")
    assert cache.store(key("key"), made) == "Not a directory"
    assert cache.entry(key("key")) is None


def test_a_restored_tree_shares_its_files_with_the_entry(
    cache: Cache, made: Path, tmp_path: Path
) -> None:
    cache.store(key("key"), made)
    assert cache.restore(key("key"), tmp_path / "place")
    entry = cache.entry(key("key"))
    assert entry is not None
    assert (entry / "a.txt").samefile(tmp_path / "place" / "a.txt")


def test_an_entry_shares_no_files_with_its_source(cache: Cache, made: Path) -> None:
    cache.store(key("key"), made)
    with (made / "a.txt").open("r+") as file:
        file.write("ONE")
    entry = cache.entry(key("key"))
    assert entry is not None
    assert (entry / "a.txt").read_text() == "one"


@pytest.mark.parametrize("write", ["one", "in place, as long", "longer"])
def test_an_entry_that_a_build_has_written_into_is_removed(
    write: str, cache: Cache, made: Path, tmp_path: Path, logged: list[str]
) -> None:
    """It is noticed even if the write is immediate and does not change the content."""
    cache.store(key("key"), made)
    cache.restore(key("key"), tmp_path / "place")
    with (tmp_path / "place" / "a.txt").open("r+") as file:
        file.write({"one": "one", "in place, as long": "ONE"}.get(write, "one and two"))
    assert cache.entry(key("key")) is None
    assert logged == ["Not using the cached venv, because its files or dates have changed"]


def test_no_files_are_shared_if_dates_are_not_kept(
    cache: Cache, made: Path, tmp_path: Path
) -> None:
    cache = replace(cache, keeps_dates=False)
    cache.store(key("key"), made)
    cache.restore(key("key"), tmp_path / "place")
    (tmp_path / "place" / "a.txt").write_text("ONE")
    entry = cache.entry(key("key"))
    assert entry
    assert (entry / "a.txt").read_text() == "one"


def test_a_place_that_cannot_be_written_to_is_a_miss(
    cache: Cache, made: Path, tmp_path: Path, logged: list[str]
) -> None:
    cache.store(key("key"), made)
    (tmp_path / "file").touch()
    assert not cache.restore(key("key"), tmp_path / "file" / "place")
    assert logged == ["Cannot restore the cached venv: File exists"]


def test_a_tools_folder_is_marked_as_used(cache: Cache) -> None:
    place = cache.tool_folder(DOWNLOADS, "pip")
    os.utime(place, (1000, 1000))
    assert cache.tool_folder(DOWNLOADS, "pip") == place
    assert place.stat().st_mtime > 1000
