"""The caches of tools are used only if they are as the last build left them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.effects.cache.eviction import evict, in_use
from slipway.effects.cache.store import Cache
from slipway.effects.cache.tool_caches import ToolCaches, image_of_build
from unit.samples import write_files

FILES = {"archive/six/six.py": "one", "archive/six/RECORD": "six.py", "simple/six": "page"}


def cache_in(root: Path) -> tuple[Cache, list[str]]:
    logged: list[str] = []
    return Cache(root=root, now=lambda: 1.0, info=logged.append), logged


def build(root: Path) -> tuple[list[str], list[str]]:
    """Open uv's cache as a build does; return the files that uv finds, and the log."""
    cache, logged = cache_in(root)
    with in_use(cache):
        place = cache.tool_caches.checked("uv")
        found = sorted(str(path.relative_to(place)) for path in place.rglob("*.py"))
        write_files(place, FILES)
        cache.tool_caches.checked("uv")
    return found, logged


def downloads(root: Path) -> Path:
    return cache_in(root)[0].tool_caches.folder / "uv"


def test_unchanged_files_stay(tmp_path: Path) -> None:
    assert build(tmp_path) == ([], [])
    for path in downloads(tmp_path).rglob("*"):
        os.utime(path, (1, 1))  # as platforms that build images do
    assert build(tmp_path) == (["archive/six/six.py"], [])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [0, 1])
def test_a_truncated_file_empties_the_cache_once(tmp_path: Path, name: str, size: int) -> None:
    build(tmp_path)
    os.truncate(downloads(tmp_path) / name, size)
    found, [line] = build(tmp_path)
    assert found == []
    assert "The files of uv in the cache differ from their record" in line
    assert build(tmp_path) == (["archive/six/six.py"], [])


def test_a_missing_and_an_added_file_are_noticed_too(tmp_path: Path) -> None:
    build(tmp_path)
    (downloads(tmp_path) / "simple" / "six").unlink()
    assert build(tmp_path)[1]
    write_files(downloads(tmp_path), {"added": ""})
    assert build(tmp_path)[1]


def build_on(image: str, root: Path) -> tuple[list[str], list[str]]:
    """Open uv's cache as a build on this image does, which restores the cache of another."""
    logged: list[str] = []
    caches = ToolCaches(downloads(root).parent, logged.append, image=image)
    found = sorted(path.name for path in caches.checked("uv").rglob("*.py"))
    write_files(caches.checked("uv"), FILES)
    caches.seal()
    return found, logged


def test_nothing_that_was_compiled_on_another_image_is_used(tmp_path: Path) -> None:
    old, new = "x86_64 glibc 2.35", "x86_64 glibc 2.39"
    assert build_on(old, tmp_path) == ([], [])
    assert build_on(old, tmp_path) == (["six.py"], [])
    found, [line] = build_on(new, tmp_path)
    assert found == []
    assert line.endswith(
        f"are for another image ({old}; this one is {new}), so uv downloads them again"
    )
    assert build_on(new, tmp_path) == (["six.py"], [])


def test_a_record_without_an_image_counts(tmp_path: Path) -> None:
    """It is that of an earlier version of Slipway."""
    build(tmp_path)
    record = downloads(tmp_path).parent / ".listing-of-uv"
    listing, image = record.read_text().split("\n")
    assert image == image_of_build()
    record.write_text(listing)
    assert build(tmp_path) == (["archive/six/six.py"], [])


@pytest.mark.parametrize("content", ["", "nonsense"])
def test_a_damaged_record_counts_as_a_change(tmp_path: Path, content: str) -> None:
    build(tmp_path)
    (downloads(tmp_path).parent / ".listing-of-uv").write_text(content)
    assert build(tmp_path)[0] == []
    assert build(tmp_path)[0]


def test_a_build_that_fails_records_its_files_as_well(tmp_path: Path) -> None:
    cache, _ = cache_in(tmp_path)

    def fail() -> None:
        with in_use(cache):
            write_files(cache.tool_caches.checked("uv"), FILES)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert build(tmp_path) == (["archive/six/six.py"], [])


def test_nothing_is_removed_while_another_build_uses_it(tmp_path: Path) -> None:
    build(tmp_path)
    os.truncate(downloads(tmp_path) / "simple" / "six", 0)
    lock = downloads(tmp_path).parent / ".in-use"
    hold = (
        "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH); "
        "print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdin
        other.stdout.readline()
        assert build(tmp_path) == (["archive/six/six.py"], [])
        other.stdin.write(b"\n")


def test_the_cache_of_a_second_tool_is_checked_too(tmp_path: Path) -> None:
    build(tmp_path)
    cache, logged = cache_in(tmp_path)
    with in_use(cache):
        write_files(cache.tool_caches.checked("pip-tools"), FILES)
    os.truncate(downloads(tmp_path).parent / "pip-tools" / "simple" / "six", 0)
    cache, logged = cache_in(tmp_path)
    with in_use(cache):
        cache.tool_caches.checked("uv")
        assert [*cache.tool_caches.checked("pip-tools").iterdir()] == []
    assert len(logged) == 1


def test_downloads_that_a_running_build_uses_are_not_evicted(tmp_path: Path) -> None:
    (first, _), (second, _) = cache_in(tmp_path), cache_in(tmp_path)
    with in_use(first), in_use(second):
        place = first.tool_caches.checked("uv")
        write_files(place, FILES)
        second.tool_caches.checked("uv")
        second.tool_caches.checked("pip-tools")
        evict(second, 0)
        assert (place / "simple" / "six").exists()


@pytest.mark.parametrize("name", ["uv", ".in-use", ".listing-of-uv"])
def test_a_link_is_replaced_and_not_followed(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {"elsewhere/precious": ""})
    place = downloads(tmp_path).parent / name
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "elsewhere" / ("precious" if name[0] == "." else ""))
    for _ in range(2):
        build(tmp_path)
    assert not place.is_symlink()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["precious"]
    assert (tmp_path / "elsewhere" / "precious").read_text() == ""


def test_a_cache_that_was_not_used_is_not_read(tmp_path: Path) -> None:
    build(tmp_path)
    os.truncate(downloads(tmp_path) / "simple" / "six", 0)
    cache, logged = cache_in(tmp_path)
    with in_use(cache):
        pass
    assert logged == []
    assert build(tmp_path)[1]
