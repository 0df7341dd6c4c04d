"""Bytecode stays valid when files are moved or get another date."""

from __future__ import annotations

import errno
import marshal
import os
import py_compile
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.effects.processes import Command, Processes
from slipway.errors.app import DiskFull
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.bytecode import compile_folder, compile_groups
from unit.fakes import FakeProcesses, effects_with, logged, no_time
from unit.samples import write_files
from unit.test_vendor import interpreters

# Python would write the bytecode again if the file were stale.
IMPORT = "import sys; sys.path.insert(0, sys.argv[1]); import name; print(name.__file__)"

# Equal sets are one object in the bytecode, or two: that depends on earlier strings.
SETS = """
def is_known(found):
    return found in {"starboard", "port", "bow"}


def known_side(found):
    return "side", found in {"starboard", "port", "bow"}
"""
NAMES = "import starboard, port, bow\n"


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


def test_bytecode_does_not_contain_the_folder_of_the_build(root: Path) -> None:
    for compiled in root.rglob("*.pyc"):
        assert str(root).encode() not in compiled.read_bytes()


def test_only_the_modules_of_the_groups_are_compiled(root: Path, tmp_path: Path) -> None:
    write_files(root, {"lib/a b/né.py": "A = 1\n", "lib/other.py": "A = 1\n"})
    effects = effects_with(
        tmp_path, Processes(now=time.monotonic), {"PATH": os.environ["PATH"]}
    )
    groups = [[root / "lib" / "a b" / "né.py"], [], [root / "lib" / "gone.py"]]
    compile_groups(root, groups, sys.executable, effects)
    assert {path.name.split(".")[0] for path in root.rglob("*.pyc")} == {"name", "né"}


def test_bytecode_has_the_date_of_its_source(tmp_path: Path) -> None:
    root = write_files(tmp_path / "root", {"lib/name.py": "A = 1\n"})
    os.utime(root / "lib" / "name.py", (1_500_000_000, 1_500_000_000))
    effects = effects_with(tmp_path, Processes(now=time.monotonic))
    compile_folder(root, root / "lib", sys.executable, effects)
    [compiled] = root.glob("lib/__pycache__/name.*.pyc")
    assert compiled.stat().st_mtime == 1_500_000_000


def test_the_bytecode_is_the_same_as_pythons(root: Path) -> None:
    (compiled,) = (root / "lib" / "__pycache__").glob("name.*.pyc")
    module = root / "lib" / "name.py"
    expected = root / "expected.pyc"
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(module), str(expected), "lib/name.py", invalidation_mode=unchecked)
    ours, pythons = compiled.read_bytes(), expected.read_bytes()
    assert ours[:16] == pythons[:16]
    assert marshal.loads(ours[16:]) == marshal.loads(pythons[16:])  # noqa: S302  # our own


@pytest.mark.parametrize("python", sorted(interpreters().values()))
def test_bytecode_does_not_depend_on_other_groups(python: str, tmp_path: Path) -> None:
    effects = effects_with(tmp_path, Processes(now=time.monotonic), {})
    sets, names = "acme/sets.py", "names/names.py"
    root = write_files(tmp_path, {sets: SETS, names: NAMES})
    seen = set()
    for groups in ([[names], [sets]], [[sets], [names]], [[sets]], [[names], [], [], [sets]]):
        made = [[root / module for module in group] for group in groups]
        compile_groups(root, made, python, effects)
        [compiled] = root.glob("acme/__pycache__/sets.*.pyc")
        seen.add(compiled.read_bytes())
    assert len(seen) == 1


@pytest.mark.parametrize("python", sorted(interpreters().values()))
def test_pythons_own_bytecode_depends_on_earlier_code(python: str) -> None:
    """If this test fails one day, compileall of the standard library is sufficient."""
    dump = f"print(marshal.dumps(compile({SETS!r}, 'sets', 'exec')))"
    before = f"code = compile({NAMES!r}, 'names', 'exec')"
    alone, after = (
        subprocess.check_output(
            [python, "-s", "-S", "-c", "\n".join(["import marshal", *lines])],
            env={"PYTHONHASHSEED": "0"},
        )
        for lines in ([dump], [before, dump])
    )
    assert alone != after


def test_options_of_the_apps_python_do_not_reach_the_compiler(
    tmp_path: Path,
) -> None:
    folder = write_files(tmp_path / "app", {"marshal.py": "1 / 0\n", "name.py": "A = 1\n"})
    variables = {"PYTHONOPTIMIZE": "2", "PYTHONPATH": str(folder), "PYTHONHOME": "/nowhere"}
    effects = effects_with(tmp_path, Processes(now=time.monotonic), variables)
    compile_folder(folder, folder, sys.executable, effects)
    tag = sys.implementation.cache_tag
    found = {path.name for path in folder.rglob("*.pyc")}
    assert found == {f"name.{tag}.pyc", f"marshal.{tag}.pyc"}


def test_no_build_script_has_the_name_of_a_standard_module() -> None:
    """Python would import the script instead."""
    names = {path.stem for path in (ROOT / "lib" / "build_scripts").iterdir()}
    assert not names & sys.stdlib_module_names


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stops_the_build(tmp_path: Path, number: int) -> None:
    def fail(command: Command) -> str:
        output = f"OSError: [Errno {number}] {os.strerror(number)}"
        raise CommandFailed(command=command.name, status=1, output=output)

    effects = effects_with(tmp_path, FakeProcesses(now=no_time, answer=fail))
    with pytest.raises(DiskFull):
        compile_folder(tmp_path, tmp_path, sys.executable, effects)


def test_a_failed_worker_is_a_warning(tmp_path: Path) -> None:
    def fail(command: Command) -> str:
        raise CommandFailed(command=command.name, status=1, output="MemoryError: ")

    effects = effects_with(tmp_path, FakeProcesses(now=no_time, answer=fail))
    compile_folder(tmp_path, tmp_path, sys.executable, effects)
    assert "Some modules could not be compiled to bytecode: MemoryError" in logged(effects)


def test_a_file_for_another_python_does_not_stop_the_build(root: Path) -> None:
    names = {path.name.split(".")[0] for path in root.rglob("*.pyc")}
    assert names == {"name"}
