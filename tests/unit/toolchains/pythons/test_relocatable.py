"""A carried Python is whole, leans on nothing that stays behind, and is copied once."""

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
from unit.fakes import FakeProcesses, effects_with, no_time, said
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
    """Build something small that has the parts of a Python with a shared library."""
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


def site_packages(command: Command) -> str:
    """Answer as the copy does that is asked where it reads packages from."""
    if "site" not in command.argv[-1]:
        return ""
    return json.dumps([str(Path(command.argv[0]).parents[1] / "lib/python3.13/site-packages")])


def effects(root: Path) -> Effects:
    return effects_with(root, FakeProcesses(now=no_time, answer=site_packages))


def test_the_copy_runs_where_the_original_is_gone(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    copy_relocatable(interpreter, tree, effects(tmp_path))
    Path(interpreter.prefix).rename(tmp_path / "gone")
    moved = tree.rename(tmp_path / "moved")
    for name in ("python", "python3", "python3.13"):
        subprocess.check_call([moved / "bin" / name])
    assert run_paths(moved / "bin" / "python3.13") == ["$ORIGIN/../lib"]


def test_the_copy_holds_what_an_app_needs_while_it_runs(
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


def test_a_python_whose_library_lies_elsewhere_is_not_carried(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    other = replace(interpreter, stdlib="/usr/lib/elsewhere")
    with pytest.raises(PythonNotRelocatable) as refused:
        copy_relocatable(other, tmp_path / "tree", effects(tmp_path))
    assert "/usr/lib/elsewhere" in refused.value.reason


def test_a_python_whose_own_library_is_the_systems_is_not_carried(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    (Path(interpreter.prefix) / "lib" / LIBRARY).unlink()
    with pytest.raises(PythonNotRelocatable) as refused:
        copy_relocatable(interpreter, tmp_path / "tree", effects(tmp_path))
    assert refused.value.reason == "its libpython belongs to the system"


def test_a_file_that_would_look_for_its_libraries_elsewhere_is_not_carried(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    module = Path(interpreter.stdlib) / "lib-dynload" / "short.so"
    cc(module, "int one(void) { return 1; }", "-shared", "-fPIC", "-Wl,-rpath,/x")
    with pytest.raises(PythonNotRelocatable) as refused:
        copy_relocatable(interpreter, tmp_path / "tree", effects(tmp_path))
    assert refused.value.reason == "short.so names its libraries' folder too short"


def test_a_python_is_copied_once(interpreter: Interpreter, tmp_path: Path) -> None:
    image_pythons = effects(tmp_path)
    bundle_python(interpreter, tmp_path / "one", image_pythons)
    image_pythons.products.keep()
    Path(interpreter.prefix).rename(tmp_path / "gone")
    bundle_python(interpreter, tmp_path / "two", image_pythons)
    subprocess.check_call([tmp_path / "two" / "bin" / "python"])
    assert said(image_pythons) == (
        "Its copy is made: no earlier build has left one Copied in 0.0 s "
        "Its copy comes from the cache"
    )


def test_without_a_cache_a_build_goes_on_and_says_so(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    image_pythons = effects(tmp_path)
    bundle_python(interpreter, tmp_path / "tree", image_pythons)
    assert "The cache cannot keep this: Not a directory" in said(image_pythons)


def carried(interpreter: Interpreter, root: Path, *folders: str) -> Path:
    """Let the copy say where it reads packages from; `{tree}` is its own folder."""

    def answer(command: Command) -> str:
        tree = Path(command.argv[0]).parents[1]
        return json.dumps([folder.format(tree=tree) for folder in folders])

    copy_relocatable(
        interpreter,
        root / "tree",
        effects_with(root, FakeProcesses(now=no_time, answer=answer)),
    )
    return (root / "tree").rename(root / "moved")


def test_packages_are_read_from_the_copys_own_folder_wherever_it_lies(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    tree = carried(
        interpreter, tmp_path, "/usr/local/lib/dist-packages", "{tree}/lib/site-packages"
    )
    assert site_folder(tree) == tree / "lib" / "site-packages"


def test_a_copy_that_reads_packages_from_elsewhere_is_refused(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    with pytest.raises(PythonNotRelocatable) as refused:
        carried(interpreter, tmp_path, "/usr/lib/python3/dist-packages")
    assert "/usr/lib/python3/dist-packages" in refused.value.reason


def test_a_copy_that_does_not_start_is_refused_with_what_it_says(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    def fail(command: Command) -> str:
        raise CommandFailed(command=command.name, status=127, output="no libpython")

    with pytest.raises(PythonNotRelocatable) as refused:
        copy_relocatable(
            interpreter,
            tmp_path / "tree",
            effects_with(tmp_path, FakeProcesses(now=no_time, answer=fail)),
        )
    assert refused.value.reason == "no libpython"
