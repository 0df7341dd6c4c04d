"""Slipway runs from a compiled copy of itself where a cache can have one, else as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT


@pytest.fixture
def pulled(tmp_path: Path) -> Path:
    """Give what a platform has pulled: no bytecode."""
    place = tmp_path / "pulled"
    for name in ("lib", "vendor"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    return place


def run(pulled: Path, copies: Path | str) -> str:
    """Ask for the usage of a door; give what it says."""
    argv = [sys.executable, "-I", "-S", "-B", "-X", f"slipway_copies={copies}"]
    main = pulled / "lib" / "slipway" / "__main__.py"
    ended = subprocess.run(
        [*argv, main, "compile"], capture_output=True, text=True, cwd=pulled, check=False
    )
    assert ended.returncode == 2, ended.stderr
    return ended.stderr


def names(copies: Path) -> list[str]:
    return sorted(path.name for path in copies.iterdir())


def test_a_copy_is_made_once_with_its_bytecode(pulled: Path, tmp_path: Path) -> None:
    copies = tmp_path / "cache" / "slipway-own"
    run(pulled, copies)
    [copy] = copies.iterdir()
    [compiled] = copy.glob("slipway/__pycache__/cli.*.pyc")
    written = compiled.stat().st_mtime_ns
    run(pulled, copies)
    assert names(copies) == [copy.name]
    assert compiled.stat().st_mtime_ns == written
    assert not [*pulled.rglob("__pycache__")]


def test_the_copy_is_what_runs(pulled: Path, tmp_path: Path) -> None:
    run(pulled, tmp_path / "copies")
    [copy] = (tmp_path / "copies").iterdir()
    door = copy / "slipway" / "platforms" / "classic.py"
    door.write_text("raise SystemExit('from the copy')\n")
    argv = [sys.executable, "-I", "-S", "-X", f"slipway_copies={tmp_path / 'copies'}"]
    main = pulled / "lib" / "slipway" / "__main__.py"
    ended = subprocess.run(
        [*argv, main, "compile"], capture_output=True, text=True, check=False
    )
    assert ended.stderr == "from the copy\n"


def test_another_slipway_has_another_copy_and_two_are_kept(
    pulled: Path, tmp_path: Path
) -> None:
    for number in range(4):
        with (pulled / "lib" / "slipway" / "cli.py").open("a") as stream:
            stream.write(f"# {number}\n")
        run(pulled, tmp_path / "copies")
    assert len(names(tmp_path / "copies")) == 2


@pytest.mark.parametrize("copies", ["", "relative", "/proc/none", "/dev/null/x"])
def test_without_a_place_for_a_copy_it_runs_as_it_is(copies: str, pulled: Path) -> None:
    assert run(pulled, copies) == "usage: bin/compile BUILD CACHE [ENV]\n"
    assert not (pulled / "relative").exists()
