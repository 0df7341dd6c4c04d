"""Byte code stays valid when files are moved or get another date."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slipway.effects.processes import Processes
from slipway.toolchains.compiled import compile_folder
from unit.fakes import effects_with
from unit.samples import write_files

# It would write the byte code anew if it took the old one for stale.
IMPORT = "import sys; sys.path.insert(0, sys.argv[1]); import name; print(name.__file__)"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_files(
        tmp_path / "root", {"lib/name.py": "A = 1\n", "lib/broken.py": "print 'Python 2'\n"}
    )
    effects = effects_with(
        tmp_path, Processes(now=time.monotonic), {"PATH": os.environ["PATH"]}
    )
    compile_folder(root, root / "lib", sys.executable, effects)
    return root


def test_a_module_is_not_compiled_again_after_a_move(root: Path, tmp_path: Path) -> None:
    moved = root.rename(tmp_path / "moved")
    os.utime(moved / "lib" / "name.py", (1, 1))
    (compiled,) = (moved / "lib" / "__pycache__").glob("name.*.pyc")
    before = compiled.read_bytes()
    argv = [sys.executable, "-I", "-c", IMPORT, str(moved / "lib")]
    assert subprocess.check_output(argv, text=True) == f"{moved}/lib/name.py\n"
    assert compiled.read_bytes() == before


def test_byte_code_names_no_place_of_the_build(root: Path) -> None:
    for compiled in root.rglob("*.pyc"):
        assert str(root).encode() not in compiled.read_bytes()


def test_a_file_of_another_python_does_not_stop_the_build(root: Path) -> None:
    names = {path.name.split(".")[0] for path in root.rglob("*.pyc")}
    assert names == {"name"}
