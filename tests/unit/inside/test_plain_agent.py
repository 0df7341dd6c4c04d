"""An index is told of the same system as by pip alone, and no process is started for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.python_version import Interpreter
from slipway.toolchains.toolbox import Toolbox

SAYS = """
import sys
sys.path[:0] = sys.argv[1:]
from plain_agent import name_system_by_its_files
from pip._internal.network import session
if {by_files}:
    name_system_by_its_files()
print(session.user_agent())
"""


def agent(python: Interpreter, toolbox: Toolbox, path: Path, *, by_files: bool) -> str:
    argv = [python.path, "-I", "-S", "-c", SAYS.format(by_files=by_files)]
    argv += [str(ROOT / "lib" / "inside"), str(toolbox.pip_alone)]
    return subprocess.check_output(argv, text=True, env={"PATH": str(path)})


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Give a folder of programs, each of which leaves a mark when it is started."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("lsb_release", "uname"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n: > {tmp_path}/started-{name}\n")
        program.chmod(0o755)
    return folder


def test_the_system_is_named_as_by_pip_alone(
    python: Interpreter, toolbox: Toolbox, programs: Path
) -> None:
    said = agent(python, toolbox, programs, by_files=True)
    assert said.startswith("pip/")
    assert '"distro":{' in said
    assert said == agent(python, toolbox, programs, by_files=False)


def test_no_process_is_started_for_it(
    python: Interpreter, toolbox: Toolbox, programs: Path, tmp_path: Path
) -> None:
    agent(python, toolbox, programs, by_files=True)
    assert [*tmp_path.glob("started-*")] == []
    agent(python, toolbox, programs, by_files=False)
    assert [*tmp_path.glob("started-*")] != []
