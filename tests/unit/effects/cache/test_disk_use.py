"""What items occupy is counted as du does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.effects.cache.disk_use import DiskUse
from unit.samples import write_files


@pytest.fixture
def items(tmp_path: Path) -> tuple[Path, Path]:
    """Return two items that share a large file; in each, more is linked."""
    one, two = tmp_path / "one", tmp_path / "two"
    write_files(one, {"shared": "x" * 500_000, "own": "x" * 70_000, "a/b/c": "x"})
    write_files(two, {"own": "x" * 30_000})
    os.link(one / "shared", two / "shared")
    os.link(one / "shared", one / "a" / "again")
    (two / "link").symlink_to("/usr")
    with (two / "sparse").open("wb") as stream:
        stream.truncate(10**9)
    return one, two


def du(*paths: Path) -> int:
    argv = ["du", "--summarize", "--total", "--block-size=1", *map(str, paths)]
    return int(subprocess.check_output(argv, text=True).splitlines()[-1].split()[0])


def test_the_total_is_that_of_du(items: tuple[Path, Path]) -> None:
    assert DiskUse(items).total == du(*items)
    assert DiskUse([items[0]]).total == du(items[0])


def test_what_is_shared_is_freed_with_the_last_item(items: tuple[Path, Path]) -> None:
    use = DiskUse(items)
    total = use.total
    first = use.remove(items[0])
    assert first < 200_000
    assert use.total == du(items[1])
    assert use.remove(items[1]) > 500_000
    assert use.total == 0
    assert first < total


def test_what_is_not_there_occupies_nothing(tmp_path: Path) -> None:
    assert DiskUse([tmp_path / "missing"]).total == 0
