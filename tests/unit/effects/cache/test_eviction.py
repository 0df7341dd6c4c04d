"""The cache keeps its limit, and nothing is evicted that a build may be about to use."""

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


def there(cache: Cache) -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in cache.folder.glob("*/[!.]*"))


def test_what_was_used_longest_ago_is_evicted_first(cache: Cache, logged: list[str]) -> None:
    put(cache, "venv", "old", 3, age=300)
    put(cache, "venv", "newer", 3, age=200)
    put(cache, "wheel", "newest", 1, age=100)
    with in_use(cache) as lock:
        lock.evict(5 * MB)
    assert there(cache) == ["venv/newer", "wheel/newest"]
    assert logged == ["The cache may have 5 MB: venv old is evicted"]


def test_what_fits_stays(cache: Cache, logged: list[str]) -> None:
    put(cache, "venv", "old", 3, age=300)
    with in_use(cache) as lock:
        lock.evict(4 * MB)
    assert there(cache) == ["venv/old"]
    assert logged == []


def test_what_this_build_has_used_stays_but_downloads(cache: Cache) -> None:
    put(cache, "venv", "old", 1, age=300)
    put(cache, "venv", "used", 1, age=200)
    with in_use(cache) as lock:
        assert cache.entry(CacheKey("venv", "used", {}))
        downloads = cache.tool_folder(DOWNLOADS, "uv")
        (downloads / "archive").write_bytes(b"-" * MB)
        lock.evict(2 * MB)
        assert there(cache) == ["downloads/uv", "venv/used"]
        lock.evict(1 * MB)
    assert there(cache) == ["venv/used"]


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
    assert there(cache) == []


def test_nothing_is_evicted_while_another_build_is_at_work(cache: Cache) -> None:
    put(cache, "venv", "old", 3, age=300)
    write_files(cache.folder / "venv", {".new-other/entry/half": ""})
    with in_use(cache), in_use(cache) as lock:
        lock.evict(1)
        assert there(cache) == ["venv/old"]
        assert (cache.folder / "venv" / ".new-other").exists()


def test_what_killed_builds_have_left_is_removed(cache: Cache) -> None:
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
    assert logged == ["The cache of another version of Slipway is dropped"]


def test_a_folder_that_is_no_entry_is_evicted_as_well(cache: Cache) -> None:
    write_files(cache.folder / "venv" / "foreign", {"file": "x" * 2 * MB})
    old = time.time() - 100
    os.utime(cache.folder / "venv" / "foreign", (old, old))
    with in_use(cache) as lock:
        lock.evict(MB)
    assert there(cache) == []
