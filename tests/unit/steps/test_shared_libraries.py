"""What an app needs of the system's libraries is read once for each environment."""

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
def environment(tmp_path: Path) -> Path:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), tmp_path / "venv" / "bin" / "program")
    return tmp_path / "venv"


def test_libraries_of_the_python_and_the_packages_are_one_list(
    tmp_path: Path, environment: Path
) -> None:
    python = write_files(tmp_path / "python", {LIST: "libffi.so.8\nlibc.so.6\n"})
    found = needed_libraries(python, environment, "key", effects_with(tmp_path))
    assert {"libffi.so.8", "libc.so.6"} <= set(found)
    assert list(found) == sorted(set(found))


def test_those_of_an_earlier_build_are_not_read_again(
    tmp_path: Path, environment: Path
) -> None:
    effects = effects_with(tmp_path)
    found = needed_libraries(tmp_path / "python", environment, "key", effects)
    shutil.rmtree(environment)
    assert needed_libraries(tmp_path / "python", environment, "key", effects) == found
    assert needed_libraries(tmp_path / "python", environment, "other", effects) == ()


def test_a_cache_that_keeps_nothing_costs_time_alone(tmp_path: Path, environment: Path) -> None:
    effects = effects_with(tmp_path)
    (tmp_path / "cache").write_text("in the way")
    assert "libc.so.6" in needed_libraries(tmp_path, environment, "key", effects)
