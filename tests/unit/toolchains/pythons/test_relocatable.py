"""A bundled Python is complete, does not need the original, and is copied once."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.effects import Effects
from slipway.effects.elf import run_paths, shared_libraries
from slipway.effects.processes import Command
from slipway.errors.python import PythonNotRelocatable
from slipway.errors.stopped import CommandFailed
from slipway.steps.select_python import bundle_python
from slipway.toolchains.pythons.relocatable import copy_relocatable, site_folder
from unit.fakes import FakeProcesses, effects_with, logged, no_time
from unit.samples import PYTHON, write_files

LIBRARY = "libpython3.13.so.1.0"


def cc(output: Path, source: str, *options: str) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    code = output.with_suffix(".c")
    code.write_text(source)
    subprocess.check_call(["cc", "-o", output, code, *options])
    code.unlink()


@pytest.fixture
def interpreter(tmp_path: Path) -> Interpreter:
    """Build a small program with the files of a Python that has a shared library."""
    prefix = tmp_path / "prefix-with-a-long-name"
    library = prefix / "lib" / LIBRARY
    cc(library, "int run(void) { return 0; }", "-shared", "-fPIC", f"-Wl,-soname,{LIBRARY}")
    program = prefix / "bin" / "python3.13"
    path = f"-Wl,-rpath,{prefix}/lib"
    cc(program, "int run(void); int main(void) { return run(); }", str(library), path)
    write_files(
        prefix / "lib" / "python3.13",
        {"os.py": "", "test/test_os.py": "", "site-packages/a.py": "", "lib-dynload/x.txt": ""},
    )
    return replace(
        PYTHON, path=str(program), prefix=str(prefix), stdlib=str(prefix / "lib/python3.13")
    )


def describe_copy(command: Command, *site_folders: str) -> str:
    """Return the output of a copy; `{tree}` in a folder is the folder of the copy."""
    tree = Path(command.argv[0]).parents[1]
    folders = site_folders or ("{tree}/lib/python3.13/site-packages",)
    found = [folder.format(tree=tree) for folder in folders]
    return json.dumps({"site_folders": found, "magic": "00", "tag": "cpython-313"})


def effects(root: Path) -> Effects:
    return effects_with(root, FakeProcesses(now=no_time, answer=describe_copy))


def test_the_copy_runs_without_the_original(interpreter: Interpreter, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    copy_relocatable(interpreter, tree, effects(tmp_path))
    Path(interpreter.prefix).rename(tmp_path / "gone")
    moved = tree.rename(tmp_path / "moved")
    for name in ("python", "python3", "python3.13"):
        subprocess.check_call([moved / "bin" / name])
    assert run_paths(moved / "bin" / "python3.13") == ["$ORIGIN/../lib"]


def test_the_copy_has_what_an_app_needs_at_run_time(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    write_files(tree, {"old.txt": ""})
    copy_relocatable(interpreter, tree, effects(tmp_path))
    found = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    assert found == {
        "bin/python",
        "bin/python3",
        "bin/python3.13",
        f"lib/{LIBRARY}",
        "lib/python3.13/os.py",
        "lib/python3.13/lib-dynload/x.txt",
        "shared-libraries.txt",
        "site-folder.txt",
    }
    assert LIBRARY not in shared_libraries(tree)


def test_a_standard_library_in_another_folder_is_rejected(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    other = replace(interpreter, stdlib="/usr/lib/elsewhere")
    with pytest.raises(PythonNotRelocatable) as rejected:
        copy_relocatable(other, tmp_path / "tree", effects(tmp_path))
    assert "/usr/lib/elsewhere" in rejected.value.reason


def test_a_libpython_of_the_system_is_rejected(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    (Path(interpreter.prefix) / "lib" / LIBRARY).unlink()
    with pytest.raises(PythonNotRelocatable) as rejected:
        copy_relocatable(interpreter, tmp_path / "tree", effects(tmp_path))
    assert rejected.value.reason == "its libpython belongs to the system"


def test_a_run_path_that_is_too_short_is_rejected(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    module = Path(interpreter.stdlib) / "lib-dynload" / "short.so"
    cc(module, "int one(void) { return 1; }", "-shared", "-fPIC", "-Wl,-rpath,/x")
    with pytest.raises(PythonNotRelocatable) as rejected:
        copy_relocatable(interpreter, tmp_path / "tree", effects(tmp_path))
    assert rejected.value.reason == "the run path of short.so is too short to be replaced"


def test_a_python_is_copied_once(interpreter: Interpreter, tmp_path: Path) -> None:
    used = effects(tmp_path)
    bundle_python(interpreter, tmp_path / "one", used)
    Path(interpreter.prefix).rename(tmp_path / "gone")
    bundle_python(interpreter, tmp_path / "two", used)
    subprocess.check_call([tmp_path / "two" / "bin" / "python"])
    assert logged(used) == (
        "Copying Python: no copy in the cache Copied Python in 0.0 s "
        "Reusing the copy of Python from an earlier build"
    )


def test_a_build_without_a_cache_continues_with_a_warning(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    used = effects(tmp_path)
    bundle_python(interpreter, tmp_path / "tree", used)
    assert "The cache cannot be written to: Not a directory" in logged(used)


def moved_copy(interpreter: Interpreter, root: Path, *folders: str) -> Path:
    """Make a copy that reads packages from these folders, and move it."""

    def answer(command: Command) -> str:
        return describe_copy(command, *folders)

    copy_relocatable(
        interpreter,
        root / "tree",
        effects_with(root, FakeProcesses(now=no_time, answer=answer)),
    )
    return (root / "tree").rename(root / "moved")


def test_packages_are_read_from_a_folder_of_the_copy(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    tree = moved_copy(
        interpreter, tmp_path, "/usr/local/lib/dist-packages", "{tree}/lib/site-packages"
    )
    assert site_folder(tree) == tree / "lib" / "site-packages"


def test_a_copy_that_reads_packages_elsewhere_is_rejected(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    with pytest.raises(PythonNotRelocatable) as rejected:
        moved_copy(interpreter, tmp_path, "/usr/lib/python3/dist-packages")
    assert "/usr/lib/python3/dist-packages" in rejected.value.reason


def test_a_copy_that_does_not_start_is_rejected(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    def fail(command: Command) -> str:
        raise CommandFailed(command=command.name, status=127, output="no libpython")

    with pytest.raises(PythonNotRelocatable) as rejected:
        copy_relocatable(
            interpreter,
            tmp_path / "tree",
            effects_with(tmp_path, FakeProcesses(now=no_time, answer=fail)),
        )
    assert rejected.value.reason == "no libpython"
