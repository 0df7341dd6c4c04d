"""The cache stays below its limit, and no item is evicted that a running build uses."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.effects.cache.eviction import evict, in_use, make_room
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import DOWNLOADS
from slipway.effects.cache.store import IN_USE, SIZE, Cache
from unit.samples import write_files

MB = 1000**2
DAY = 24 * 60 * 60


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, logged: list[str]) -> Cache:
    return cache_in(tmp_path, logged)


def cache_in(place: Path, logged: list[str]) -> Cache:
    return Cache(root=place / "cache", now=time.time, info=logged.append)


def put(cache: Cache, kind: str, key: str, megabytes: float, age: int) -> Path:
    """Put an entry of an earlier build into the cache."""
    place = cache.folder / kind / key
    with cache.create(kind) as created:
        created.mkdir()
        (created / "file").write_bytes(b"-" * int(megabytes * MB))
        cache.put(CacheKey(kind, key, {}), created)
    cache.locks.release(place)
    set_age(place, age)
    return place


def set_age(place: Path, age: float) -> None:
    used = time.time() - age
    os.utime(place, (used, used))


def items(cache: Cache) -> list[str]:
    return sorted(
        f"{path.parent.name}/{path.name}" for path in cache.folder.glob("[!.]*/[!.]*")
    )


def test_the_least_recently_used_item_is_evicted_first(cache: Cache, logged: list[str]) -> None:
    put(cache, "venv", "old", 3, age=300)
    put(cache, "venv", "newer", 3, age=200)
    put(cache, "wheel", "newest", 1, age=100)
    evict(cache, 5 * MB)
    assert items(cache) == ["venv/newer", "wheel/newest"]
    assert logged == ["Removed venv (3.0 MB) from the cache, which was larger than 5 MB"]


def test_nothing_is_evicted_within_the_limit(cache: Cache, logged: list[str]) -> None:
    put(cache, "venv", "old", 3, age=300)
    evict(cache, 4 * MB)
    assert items(cache) == ["venv/old"]
    assert logged == []


def test_a_file_with_several_links_counts_once(cache: Cache) -> None:
    """As uv's downloads, and virtual environments that were updated, share files."""
    downloads = cache.tool_folder(DOWNLOADS, "uv")
    (downloads / "six.py").write_bytes(b"-" * 3 * MB)
    for name in ("old", "new"):
        with cache.create("venv") as created:
            created.mkdir()
            os.link(downloads / "six.py", created / "six.py")
            cache.put(CacheKey("venv", name, {}), created)
    cache.close()
    evict(cache, 4 * MB)
    assert items(cache) == ["downloads/uv", "venv/new", "venv/old"]


def test_items_that_this_build_has_used_stay_except_for_its_downloads(cache: Cache) -> None:
    put(cache, "venv", "old", 1, age=300)
    put(cache, "venv", "used", 1, age=200)
    assert cache.entry(CacheKey("venv", "used", {}))
    downloads = cache.tool_folder(DOWNLOADS, "uv")
    (downloads / "archive").write_bytes(b"-" * MB)
    evict(cache, int(2.2 * MB))
    assert items(cache) == ["downloads/uv", "venv/used"]
    evict(cache, int(1.2 * MB))
    assert items(cache) == ["venv/used"]


def test_an_environment_that_was_only_a_start_goes_before_the_downloads(cache: Cache) -> None:
    start = put(cache, "venv", "old", 1, age=300)
    downloads = cache.tool_folder(DOWNLOADS, "uv")
    (downloads / "archive").write_bytes(b"-" * MB)
    with cache.create("venv", start) as created:
        (created / "file").unlink()
        (created / "file").write_bytes(b"+" * MB)
        cache.put(CacheKey("venv", "new", {}), created)
    evict(cache, int(2.2 * MB))
    assert items(cache) == ["downloads/uv", "venv/new"]


def test_the_downloads_that_were_used_last_go_last(cache: Cache) -> None:
    for tool, age in (("pip-tools", 30 * DAY), ("uv", 20 * DAY)):
        downloads = cache.tool_folder(DOWNLOADS, tool)
        (downloads / "archive").write_bytes(b"-" * MB)
        set_age(downloads, age)
    cache.close()
    put(cache, "venv", "old", 1, age=10 * DAY)
    put(cache, "venv", "new", 1, age=0)
    evict(cache, int(3.2 * MB))
    assert items(cache) == ["downloads/uv", "venv/new", "venv/old"]
    evict(cache, int(1.2 * MB))
    assert items(cache) == ["downloads/uv"]


def test_a_tools_folder_is_measured_again_after_its_use(cache: Cache) -> None:
    place = cache.tool_folder(DOWNLOADS, "pip")
    write_files(place, {"http/a": "x" * MB})
    evict(cache, 10 * MB)
    write_files(place, {"http/b": "x" * 9 * MB})
    cache.close()
    os.utime(cache.tool_folder(DOWNLOADS, "pip"))
    evict(cache, 9 * MB)
    assert items(cache) == []


def test_an_unchanged_cache_is_not_measured_again(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, "venv", "one", 1, age=300)
    evict(cache, 2 * MB)

    def refuse(_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("slipway.effects.cache.eviction.DiskUse", refuse)
    assert cache.entry(CacheKey("venv", "one", {}))  # its date changes
    evict(cache, 2 * MB)
    with pytest.raises(AssertionError):
        evict(cache, MB // 2)


def test_what_another_running_build_uses_stays_and_all_else_is_evicted(
    cache: Cache, tmp_path: Path
) -> None:
    put(cache, "venv", "used", 1, age=300)
    put(cache, "venv", "old", 1, age=300)
    other = cache_in(tmp_path, [])
    with in_use(other):
        assert other.entry(CacheKey("venv", "used", {}))
        with other.create("wheel") as half:
            write_files(half, {"half": ""})
            evict(cache, 1)
            assert items(cache) == ["venv/used"]
            assert half.exists()
    evict(cache, 1)
    assert items(cache) == []


def test_a_build_that_begins_during_an_eviction_misses_what_is_evicted(
    cache: Cache, tmp_path: Path
) -> None:
    """It waits for the lock of the item, and then finds that the item is not there."""
    place = put(cache, "venv", "one", 1, age=300)
    descriptor = os.open(place, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.rename(place, tmp_path / "aside")
    os.close(descriptor)
    assert cache.entry(CacheKey("venv", "one", {})) is None


def test_downloads_that_some_build_always_uses_are_evicted_in_the_end(
    cache: Cache, tmp_path: Path
) -> None:
    builds = [cache_in(tmp_path, []) for _ in range(4)]
    places = []
    for before, build in zip([None, *builds], builds, strict=False):
        place = build.tool_caches.checked(build.tool_caches.place("uv").name)
        places.append(place.name)
        (place / f"archive-{len(places)}").write_bytes(b"-" * MB)
        if before:
            before.close()  # its lock was held until the next build had its own
        evict(cache, MB // 2)
        assert sum(path.stat().st_size for path in cache.folder.rglob("archive-*")) <= 2 * MB
    assert places == ["uv", "uv.2", "uv.3", "uv.4"]
    builds[-1].close()
    evict(cache, MB // 2)
    assert not [*cache.folder.rglob("archive-*")]


def test_a_stuck_build_keeps_no_more_than_it_uses(cache: Cache, tmp_path: Path) -> None:
    put(cache, "venv", "stuck", 1, age=300)
    stuck = cache_in(tmp_path, [])
    assert stuck.entry(CacheKey("venv", "stuck", {}))
    for number in range(5):
        put(cache, "venv", f"{number}", 1, age=0)
        evict(cache, 2 * MB)
        assert len(items(cache)) <= 2
    assert "venv/stuck" in items(cache)


def test_temporary_folders_of_killed_builds_are_removed(cache: Cache) -> None:
    write_files(cache.folder / "venv", {".new-1/entry/half": ""})
    evict(cache, MB)
    assert [*(cache.folder / "venv").iterdir()] == []


def test_only_slipways_own_other_caches_are_removed_if_no_build_uses_them(
    cache: Cache, logged: list[str]
) -> None:
    files = {"slipway-1/venv/key/file": "", f"slipway-4/{IN_USE}": "", "other-buildpack/f": ""}
    write_files(cache.root, files)
    with (cache.root / "slipway-4" / IN_USE).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        evict(cache, MB)
        assert (cache.root / "slipway-4").exists()
    assert not (cache.root / "slipway-1").exists()
    evict(cache, MB)
    assert not (cache.root / "slipway-4").exists()
    assert (cache.root / "other-buildpack" / "f").exists()
    assert logged == ["Removed the cache of another version of Slipway"] * 2


def test_a_folder_that_is_not_an_entry_is_evicted_as_well(cache: Cache) -> None:
    write_files(cache.folder / "venv" / "foreign", {"file": "x" * 2 * MB})
    set_age(cache.folder / "venv" / "foreign", 100)
    evict(cache, MB)
    assert items(cache) == []


def a_link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def a_pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


def a_hard_link(path: Path, elsewhere: Path) -> None:
    path.hardlink_to(elsewhere / "d" / "precious")


def a_folder(path: Path, _: Path) -> None:
    write_files(path, {"a/b": ""})


@pytest.mark.parametrize("planted", [a_link, a_pipe, a_hard_link, a_folder])
@pytest.mark.parametrize("room", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        *("venv/entry", "venv/.new-1", "unknown", "downloads/uv", "downloads/.listing-of-x"),
        *("../slipway-1", "venv/entry\x1b[31m\n", "wheel/k/inside", SIZE),
    ],
)
def test_eviction_changes_nothing_outside_of_the_cache(
    cache: Cache,
    tmp_path: Path,
    planted: Callable[[Path, Path], None],
    name: str,
    *,
    room: bool,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_files(elsewhere, {"d/precious": "", "venv/precious": ""})
    os.chmod(elsewhere / "d", 0o500)
    place = cache.folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    planted(place, elsewhere)
    if room:
        make_room(cache)
    else:
        put(cache, "venv", "old", 1, age=300)
        evict(cache, 1)
    assert sorted(path.name for path in elsewhere.rglob("*")) == [
        *("d", "precious", "precious", "venv")
    ]
    assert (elsewhere / "d").stat().st_mode & 0o777 == 0o500
    assert name == SIZE or not os.path.lexists(place)
    assert items(cache) == []


@pytest.mark.parametrize("room", [False, True])
def test_what_another_user_owns_keeps_nothing_else_from_being_evicted(
    cache: Cache, logged: list[str], monkeypatch: pytest.MonkeyPatch, *, room: bool
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr("slipway.effects.cache.eviction.remove", refuse)
    write_files(cache.root, {"slipway-1/venv/key/file": ""})
    put(cache, "venv", "old", 1, age=300)
    if room:
        assert make_room(cache)
    else:
        evict(cache, 1)
    assert items(cache) == []
    assert not [line for line in logged if "another version" in line]


def test_what_its_owner_cannot_write_in_is_evicted(cache: Cache) -> None:
    place = put(cache, "venv", "old", 1, age=300)
    write_files(place, {"a/b/c": ""})
    for folder in (place / "a" / "b", place / "a"):
        folder.chmod(0)
    evict(cache, 1)
    assert items(cache) == []
    assert [*(cache.folder / "venv").iterdir()] == []


def test_a_date_in_the_future_does_not_keep_an_item(cache: Cache) -> None:
    put(cache, "venv", "future", 1, age=-1000 * DAY)
    evict(cache, 3 * MB)
    put(cache, "venv", "new", 1, age=-10)
    evict(cache, int(1.2 * MB))
    assert items(cache) == ["venv/new"]


@pytest.mark.parametrize(("age", "is_evicted"), [(DAY // 2, False), (2 * DAY, True)])
def test_without_locks_only_what_no_build_can_be_using_is_evicted(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, age: int, *, is_evicted: bool
) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    put(cache, "venv", "old", 1, age=age)
    with in_use(cache):
        evict(cache, 1)
    assert items(cache) == ([] if is_evicted else ["venv/old"])


def test_room_is_made_in_a_full_cache_first_by_what_this_build_does_not_use(
    cache: Cache, logged: list[str]
) -> None:
    put(cache, "venv", "old", 1, age=300)
    put(cache, "venv", "used", 1, age=300)
    assert cache.entry(CacheKey("venv", "used", {}))
    downloads = cache.tool_folder(DOWNLOADS, "uv")
    (downloads / "archive").write_bytes(b"-" * MB)
    assert make_room(cache)
    assert items(cache) == ["downloads/uv", "venv/used"]
    assert make_room(cache)
    assert items(cache) == ["venv/used"]
    assert not make_room(cache)
    assert logged == [
        "Removed venv (1.0 MB) from the cache, because its disk is full",
        "Removed downloads (1.0 MB) from the cache, because its disk is full",
    ]


def test_a_limit_that_cannot_be_enforced_stops_no_build(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    put(cache, "venv", "old", 1, age=300)
    for name in ("write", "_remove_leftovers"):
        monkeypatch.setattr(f"slipway.effects.cache.eviction.{name}", refuse)
        evict(cache, 2 * MB)
    assert items(cache) == ["venv/old"]


def test_the_work_grows_with_the_number_of_items_and_not_faster(cache: Cache) -> None:
    def calls(count: int) -> int:
        """Count the functions that are called, which is the same on every machine."""
        for number in range(count):
            (cache.folder / "wheel" / f"{number}").mkdir(parents=True)
        called = Counter[str]()
        sys.setprofile(lambda _, event, __: called.update([event]))
        try:
            evict(cache, 0)
        finally:
            sys.setprofile(None)
        assert items(cache) == []
        return called["call"] + called["c_call"]

    assert calls(400) < 15 * calls(40)
