"""A copy of a Python that runs wherever it is put."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from slipway.domain.python.selection import Interpreter
from slipway.effects import Effects
from slipway.effects.elf import (
    needed_from_system,
    note_shared_libraries,
    run_paths,
    set_run_path,
)
from slipway.effects.files import write
from slipway.effects.packages.virtualenvs import copy_standard_library
from slipway.effects.processes import Command
from slipway.errors.python import PythonNotRelocatable
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.bytecode import compile_folder
from slipway.toolchains.pythons.stdlib_bytecode import copy_bytecode

_LEFT_OUT = (
    # what no app needs while it runs
    *("test", "tests", "idlelib", "tkinter", "_tkinter*", "turtle*", "ensurepip", "lib2to3"),
    *("_test*.so", "_ctypes_test*.so", "xxlimited*.so", "config-*", "*.a", "__pycache__"),
    # what belongs to the image
    *("site-packages", "dist-packages", "sitecustomize.py", "EXTERNALLY-MANAGED"),
)

_SITE_FOLDER = "site-folder.txt"
"""Beside the copy, so that an unchanged build need not ask it."""
_SITE_FOLDERS = "import json, site; print(json.dumps(site.getsitepackages()))"


def copy_relocatable(interpreter: Interpreter, tree: Path, effects: Effects) -> None:
    """Copy program, standard library and libpython; the copy lives from `tree` alone.

    Raises PythonNotCarriable where the copy would still lean on the original.
    """
    name = f"python{interpreter.minor}"
    prefix, stdlib = Path(interpreter.prefix), Path(interpreter.stdlib)
    if stdlib != prefix / "lib" / name:
        raise _not_relocatable(interpreter, f"its standard library lies in {stdlib}")
    if tree.exists():
        shutil.rmtree(tree)
    (tree / "bin").mkdir(parents=True)
    program = tree / "bin" / name
    shutil.copy2(interpreter.path, program)
    for link in ("python3", "python"):
        (tree / "bin" / link).symlink_to(name)
    library = tree / "lib" / name
    copy_standard_library(stdlib, library, _LEFT_OUT)
    for shared in _own_libraries(program, prefix):
        shutil.copy2(shared, tree / "lib" / shared.name)
    _cut_loose(interpreter, tree)
    if not copy_bytecode(stdlib, library, interpreter.path, effects):
        compile_folder(tree, library, interpreter.path, effects)
    if any(needed.startswith("libpython") for needed in note_shared_libraries(tree)):
        raise _not_relocatable(interpreter, "its libpython belongs to the system")
    found = _ask_site_folder(tree, interpreter.minor, effects)
    write(tree / _SITE_FOLDER, f"{found.relative_to(tree)}\n")


def _own_libraries(program: Path, prefix: Path) -> Iterator[Path]:
    """Give the libpython of a Python that is built as a shared library."""
    needed = needed_from_system([program.parent])
    folders = [*map(Path, run_paths(program)), prefix / "lib"]
    for library in (name for name in needed if name.startswith("libpython")):
        found = [folder / library for folder in folders if (folder / library).is_file()]
        yield from (path.resolve() for path in found[:1])


def _cut_loose(interpreter: Interpreter, tree: Path) -> None:
    """Make each compiled file look for libraries in the copy, not where it came from."""
    for folder, _, names in os.walk(tree):
        place = os.path.relpath(tree / "lib", folder)
        for name in names:
            path = Path(folder, name)
            if path.is_symlink() or not (".so" in name or path.parent == tree / "bin"):
                continue
            path.chmod(path.stat().st_mode | 0o200)
            if not set_run_path(path, os.path.join("$ORIGIN", place)):
                raise _not_relocatable(
                    interpreter, f"{name} names its libraries' folder too short"
                )


def site_folder(tree: Path) -> Path:
    """Give the folder that a carried Python reads .pth files from."""
    return tree / (tree / _SITE_FOLDER).read_text(encoding="utf-8").strip()


def _ask_site_folder(tree: Path, minor: str, effects: Effects) -> Path:
    """Ask the copy itself; this also shows that it starts.

    Raises PythonNotCarriable.
    """
    program = tree / "bin" / f"python{minor}"
    command = Command(
        argv=[str(program), "-I", "-B", "-c", _SITE_FOLDERS],
        cwd=tree,
        env={"PATH": os.defpath},
    )
    try:
        folders = json.loads(effects.processes.query(command))
    except CommandFailed as error:
        raise PythonNotRelocatable(path=str(program), reason=error.output) from error
    for folder in folders:
        if Path(folder).is_relative_to(tree):
            return Path(folder)
    raise PythonNotRelocatable(
        path=str(program), reason=f"it reads packages from {', '.join(folders)} only"
    )


def _not_relocatable(interpreter: Interpreter, reason: str) -> PythonNotRelocatable:
    return PythonNotRelocatable(path=interpreter.path, reason=reason)
