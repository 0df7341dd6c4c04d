"""The system's libraries that an app needs are read once for each virtual environment."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from slipway.effects.elf import LIST
from slipway.steps.shared_libraries import needed_libraries
from unit.fakes import effects_with
from unit.samples import write_files


@pytest.fixture
def virtualenv(tmp_path: Path) -> Path:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), tmp_path / "venv" / "bin" / "program")
    return tmp_path / "venv"


def test_libraries_of_the_python_and_the_packages_are_merged(
    tmp_path: Path, virtualenv: Path
) -> None:
    python = write_files(tmp_path / "python", {LIST: "libffi.so.8\nlibc.so.6\n"})
    found = needed_libraries(python, virtualenv, "key", effects_with(tmp_path))
    assert {"libffi.so.8", "libc.so.6"} <= set(found)
    assert list(found) == sorted(set(found))


def test_cached_libraries_are_not_read_again(tmp_path: Path, virtualenv: Path) -> None:
    effects = effects_with(tmp_path)
    found = needed_libraries(tmp_path / "python", virtualenv, "key", effects)
    shutil.rmtree(virtualenv)
    assert needed_libraries(tmp_path / "python", virtualenv, "key", effects) == found
    assert needed_libraries(tmp_path / "python", virtualenv, "other", effects) == ()


def test_libraries_are_found_without_a_usable_cache(tmp_path: Path, virtualenv: Path) -> None:
    effects = effects_with(tmp_path)
    (tmp_path / "cache").write_text("in the way")
    assert "libc.so.6" in needed_libraries(tmp_path, virtualenv, "key", effects)
