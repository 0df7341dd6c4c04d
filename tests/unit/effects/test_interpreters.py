"""The Pythons of an image are found where they lie, each once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging import tags

from slipway.effects.interpreters import PROBE, candidates, supported_tags


def program(path: Path, content: bytes = b"\x7fELF...", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def found(root: Path, **environment: str) -> dict[str, tuple[int, int] | None]:
    """Give those below a folder, relative to it; the machine's own are found as well."""
    return {
        str(one.path.relative_to(root)): one.guess
        for one in candidates(environment)
        if one.path.is_relative_to(root)
    }


def test_names_on_path_are_found_with_the_version_they_tell(tmp_path: Path) -> None:
    for name in ("a/python3.12", "a/python3.13", "b/python3"):
        program(tmp_path / name)
    assert found(tmp_path, PATH=f"{tmp_path}/a:{tmp_path}/b:{tmp_path}/gone") == {
        "a/python3.12": (3, 12),
        "a/python3.13": (3, 13),
        "b/python3": None,
    }


@pytest.mark.parametrize(
    "name", ["python", "python2", "python3-config", "python3.12-dbg", "python3.12m", "pip3"]
)
def test_other_programs_are_left_alone(name: str, tmp_path: Path) -> None:
    program(tmp_path / name)
    assert found(tmp_path, PATH=str(tmp_path)) == {}


def test_a_file_with_many_names_is_found_once(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python3.12")
    (tmp_path / "bin" / "python3").symlink_to("python3.12")
    (tmp_path / "other").symlink_to("bin")
    path = f"{tmp_path}/other:{tmp_path}/bin"
    assert found(tmp_path, PATH=path) == {"bin/python3.12": (3, 12)}


def test_scripts_that_stand_for_a_python_are_passed_over(tmp_path: Path) -> None:
    """As pyenv puts them on PATH: each starts whatever pyenv has chosen, or nothing."""
    program(tmp_path / "shims" / "python3.12", b"#!/usr/bin/env bash\nexec pyenv\n")
    program(tmp_path / "plain" / "python3.12", mode=0o644)
    (tmp_path / "plain" / "python3.13").mkdir()
    (tmp_path / "plain" / "python3").symlink_to("gone")
    path = f"{tmp_path}/shims:{tmp_path}/plain"
    assert found(tmp_path, PATH=path) == {}


@pytest.mark.parametrize("variable", ["HOME", "PYENV_ROOT"])
def test_those_of_pyenv_are_found_where_they_really_are(variable: str, tmp_path: Path) -> None:
    root = tmp_path / ".pyenv"
    program(root / "versions" / "3.12.4" / "bin" / "python3")
    program(root / "versions" / "pypy3.10" / "bin" / "python3")
    value = str(tmp_path if variable == "HOME" else root)
    assert found(root, **{variable: value}) == {"versions/3.12.4/bin/python3": (3, 12)}


def test_a_relative_folder_on_path_is_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin" / "python3.12")
    monkeypatch.chdir(tmp_path)
    assert found(tmp_path, PATH="bin:.:") == {}


def test_the_one_that_runs_slipway_comes_last_where_the_image_does_not_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program(tmp_path / "slipway-python" / "bin" / "python3.13")
    program(tmp_path / "bin" / "python3.12")
    (tmp_path / "python3").symlink_to(own)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    last = candidates({"PATH": f"{tmp_path}/bin"})[-1]
    assert (last.path, last.guess, last.runs_slipway) == (own, (3, 13), True)
    of_the_image = candidates({"PATH": f"{tmp_path}/slipway-python/bin"})
    assert [one for one in of_the_image if one.runs_slipway] == []


def test_an_interpreter_tells_what_it_is() -> None:
    argv = [sys.executable, "-I", "-S", "-c", PROBE]
    said = json.loads(subprocess.check_output(argv, text=True))
    assert said["version"] == ".".join(map(str, sys.version_info[:3]))
    assert said["implementation"] == "cpython"
    assert said["path"] == os.path.realpath(sys.executable)
    assert Path(said["stdlib"], "os.py").is_file()
    assert said["stdlib"].startswith(said["prefix"])


def test_the_wheels_that_this_python_takes_are_those_that_it_says_itself() -> None:
    minor = ".".join(map(str, sys.version_info[:2]))
    assert supported_tags(minor) == tuple(map(str, tags.sys_tags()))


def test_the_wheels_of_another_python_are_told_the_best_first() -> None:
    found = supported_tags("3.13")
    assert found[0].startswith("cp313-cp313-")
    assert any(tag.startswith("cp312-abi3-") for tag in found)
    places = [found.index(tag) for tag in ("cp313-none-any", "py3-none-any")]
    assert places == sorted(places)
    assert not any("cp314" in tag or "cp312-cp312" in tag for tag in found)
