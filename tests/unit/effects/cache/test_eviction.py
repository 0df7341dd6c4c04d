"""The cache keeps to its bound, and nothing goes that somebody may be about to use."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from slipway.effects.cache.eviction import shared
from slipway.effects.cache.file_trees import Tree
from slipway.effects.cache.store import DOWNLOADS, Cache
from unit.samples import write_files

MB = 1000**2


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, told: list[str]) -> Cache:
    return Cache(root=tmp_path / "cache", now=time.time, tell=told.append)


def put(cache: Cache, kind: str, key: str, megabytes: int, age: int) -> None:
    with cache.making(kind) as made:
        made.mkdir()
        (made / "file").write_bytes(b"-" * megabytes * MB)
        cache.put(kind, key, cache.settled(made))
    used = time.time() - age
    os.utime(cache.folder / kind / key, (used, used))


def there(cache: Cache) -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in cache.folder.glob("*/[!.]*"))


def test_what_was_used_longest_ago_goes_until_the_rest_fits(
    cache: Cache, told: list[str]
) -> None:
    put(cache, "venv", "old", 3, age=300)
    put(cache, "venv", "newer", 3, age=200)
    put(cache, "wheel", "newest", 1, age=100)
    with shared(cache) as room:
        room.bound(5 * MB)
    assert there(cache) == ["venv/newer", "wheel/newest"]
    assert told == ["The cache may have 5 MB: venv old goes"]


def test_what_fits_stays(cache: Cache, told: list[str]) -> None:
    put(cache, "venv", "old", 3, age=300)
    with shared(cache) as room:
        room.bound(4 * MB)
    assert there(cache) == ["venv/old"]
    assert told == []


def test_what_this_build_has_used_stays_and_its_downloads_go_last(cache: Cache) -> None:
    put(cache, "venv", "old", 1, age=300)
    put(cache, "venv", "used", 1, age=200)
    with shared(cache) as room:
        assert cache.entry("venv", "used")
        downloads = cache.of_a_tool("downloads", "uv")
        (downloads / "archive").write_bytes(b"-" * MB)
        room.bound(2 * MB)
        assert there(cache) == ["downloads/uv", "venv/used"]
        room.bound(1 * MB)
    assert there(cache) == ["venv/used"]


def test_what_a_tool_keeps_is_measured_again_once_it_was_used(cache: Cache) -> None:
    place = cache.of_a_tool("downloads", "pip")
    write_files(place, {"http/a": "x" * MB})
    with shared(cache) as room:
        room.bound(10 * MB)
    write_files(place, {"http/b": "x" * 9 * MB})
    later = time.time() + 1
    os.utime(place, (later, later))
    with shared(cache) as room:
        room.bound(9 * MB)
    assert there(cache) == []


def test_nothing_goes_while_another_build_is_at_work(cache: Cache) -> None:
    put(cache, "venv", "old", 3, age=300)
    write_files(cache.folder / "venv", {".new-other/entry/half": ""})
    with shared(cache), shared(cache) as room:
        room.bound(1)
        assert there(cache) == ["venv/old"]
        assert (cache.folder / "venv" / ".new-other").exists()


def test_what_killed_builds_left_aside_goes(cache: Cache) -> None:
    write_files(cache.folder / "venv", {".new-1/entry/half": ""})
    with shared(cache) as room:
        room.bound(MB)
    assert [*(cache.folder / "venv").iterdir()] == []


def test_the_cache_of_another_slipway_goes_and_what_is_not_slipways_stays(
    cache: Cache, told: list[str]
) -> None:
    write_files(cache.root, {"slipway-1/venv/key/file": "", "other-buildpack/file": ""})
    with shared(cache) as room:
        room.bound(MB)
    assert sorted(path.name for path in cache.root.iterdir()) == [
        "other-buildpack",
        cache.folder.name,
    ]
    assert told == ["The cache of another version of Slipway is dropped"]


def test_a_bound_holds_for_a_folder_that_is_no_entry(cache: Cache) -> None:
    write_files(cache.folder / "venv" / "foreign", {"file": "x" * 2 * MB})
    old = time.time() - 100
    os.utime(cache.folder / "venv" / "foreign", (old, old))
    with shared(cache) as room:
        room.bound(MB)
    assert there(cache) == []


def test_what_vanishes_while_it_is_measured_stops_nothing(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the temporary folders of a tool do that another build has at work there."""
    place = cache.of_a_tool(DOWNLOADS, "uv")
    write_files(place, {"file": "1234"})

    def vanish(folder: Path) -> Tree:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", f"{folder}/.tmp1")

    with shared(cache) as room:
        with monkeypatch.context() as patched:
            patched.setattr("slipway.effects.cache.eviction.read_tree", vanish)
            room.measure()
        room.bound(1)
    assert not place.exists()
