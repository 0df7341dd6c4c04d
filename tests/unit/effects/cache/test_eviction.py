"""The cache stays below its limit, and no item is evicted that a running build may use."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from slipway.effects.cache.eviction import in_use
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import DOWNLOADS
from slipway.effects.cache.store import Cache
from unit.samples import write_files

MB = 1000**2


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, logged: list[str]) -> Cache:
    return Cache(root=tmp_path / "cache", now=time.time, info=logged.append)


def put(cache: Cache, kind: str, key: str, megabytes: int, age: int) -> None:
    with cache.create(kind) as created:
        created.mkdir()
        (created / "file").write_bytes(b"-" * megabytes * MB)
        cache.put(CacheKey(kind, key, {}), created)
    used = time.time() - age
    os.utime(cache.folder / kind / key, (used, used))


def items(cache: Cache) -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in cache.folder.glob("*/[!.]*"))


def test_the_least_recently_used_item_is_evicted_first(cache: Cache, logged: list[str]) -> None:
    put(cache, "venv", "old", 3, age=300)
    put(cache, "venv", "newer", 3, age=200)
    put(cache, "wheel", "newest", 1, age=100)
    with in_use(cache) as lock:
        lock.evict(5 * MB)
    assert items(cache) == ["venv/newer", "wheel/newest"]
    assert logged == ["Removed venv old from the cache, which was larger than 5 MB"]


def test_nothing_is_evicted_within_the_limit(cache: Cache, logged: list[str]) -> None:
    put(cache, "venv", "old", 3, age=300)
    with in_use(cache) as lock:
        lock.evict(4 * MB)
    assert items(cache) == ["venv/old"]
    assert logged == []


def test_items_that_this_build_has_used_stay_except_for_downloads(cache: Cache) -> None:
    put(cache, "venv", "old", 1, age=300)
    put(cache, "venv", "used", 1, age=200)
    with in_use(cache) as lock:
        assert cache.entry(CacheKey("venv", "used", {}))
        downloads = cache.tool_folder(DOWNLOADS, "uv")
        (downloads / "archive").write_bytes(b"-" * MB)
        lock.evict(2 * MB)
        assert items(cache) == ["downloads/uv", "venv/used"]
        lock.evict(1 * MB)
    assert items(cache) == ["venv/used"]


def test_a_tools_folder_is_measured_again_after_its_use(cache: Cache) -> None:
    place = cache.tool_folder(DOWNLOADS, "pip")
    write_files(place, {"http/a": "x" * MB})
    with in_use(cache) as lock:
        lock.evict(10 * MB)
    write_files(place, {"http/b": "x" * 9 * MB})
    later = time.time() + 1
    os.utime(place, (later, later))
    with in_use(cache) as lock:
        lock.evict(9 * MB)
    assert items(cache) == []


def test_nothing_is_evicted_while_another_build_is_running(cache: Cache) -> None:
    put(cache, "venv", "old", 3, age=300)
    write_files(cache.folder / "venv", {".new-other/entry/half": ""})
    with in_use(cache), in_use(cache) as lock:
        lock.evict(1)
        assert items(cache) == ["venv/old"]
        assert (cache.folder / "venv" / ".new-other").exists()


def test_temporary_folders_of_killed_builds_are_removed(cache: Cache) -> None:
    write_files(cache.folder / "venv", {".new-1/entry/half": ""})
    with in_use(cache) as lock:
        lock.evict(MB)
    assert [*(cache.folder / "venv").iterdir()] == []


def test_only_slipways_own_older_caches_are_removed(cache: Cache, logged: list[str]) -> None:
    write_files(cache.root, {"slipway-1/venv/key/file": "", "other-buildpack/file": ""})
    with in_use(cache) as lock:
        lock.evict(MB)
    assert sorted(path.name for path in cache.root.iterdir()) == [
        "other-buildpack",
        cache.folder.name,
    ]
    assert logged == ["Removed the cache of another version of Slipway"]


def test_a_folder_that_is_not_an_entry_is_evicted_as_well(cache: Cache) -> None:
    write_files(cache.folder / "venv" / "foreign", {"file": "x" * 2 * MB})
    old = time.time() - 100
    os.utime(cache.folder / "venv" / "foreign", (old, old))
    with in_use(cache) as lock:
        lock.evict(MB)
    assert items(cache) == []
