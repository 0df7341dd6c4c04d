"""A copy of a Python that runs in any folder, to bundle it with the app."""

from __future__ import annotations

import json
import os
from pathlib import Path

from slipway.domain.python.selection import Interpreter
from slipway.effects import Effects
from slipway.effects.elf import note_shared_libraries
from slipway.effects.files import read_if_there, write
from slipway.effects.processes import Command
from slipway.effects.python_trees import (
    SITE_FOLDER,
    copy_bytecode,
    copy_python,
    set_run_paths,
)
from slipway.errors.python import PythonNotRelocatable
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.bytecode import compile_folder

_LEFT_OUT = (
    # parts that no app needs at run time
    *("test", "tests", "idlelib", "tkinter", "_tkinter*", "turtle*", "ensurepip", "lib2to3"),
    *("_test*.so", "_ctypes_test*.so", "xxlimited*.so", "config-*", "*.a", "__pycache__"),
    # parts that belong to the image
    *("site-packages", "dist-packages", "sitecustomize.py", "EXTERNALLY-MANAGED"),
)

_ABOUT_ITSELF = """
import importlib.util, json, site, sys
magic, tag = importlib.util.MAGIC_NUMBER.hex(), sys.implementation.cache_tag
print(json.dumps({"site_folders": site.getsitepackages(), "magic": magic, "tag": tag}))
"""


def copy_relocatable(interpreter: Interpreter, tree: Path, effects: Effects) -> None:
    """Copy the program, standard library and libpython; the copy does not need the original.

    Raises PythonNotRelocatable.
    """

    def refusal(reason: str) -> PythonNotRelocatable:
        return PythonNotRelocatable(path=interpreter.path, reason=reason)

    name, prefix = f"python{interpreter.minor}", Path(interpreter.prefix)
    stdlib, library = prefix / "lib" / name, tree / "lib" / name
    if Path(interpreter.stdlib) != stdlib:
        raise refusal(f"its standard library is in {interpreter.stdlib}")
    copy_python(Path(interpreter.path), prefix, name, tree, _LEFT_OUT)
    unfit = set_run_paths(tree)
    if unfit:
        raise refusal(f"the run path of {unfit} is too short to be replaced")
    if any(needed.startswith("libpython") for needed in note_shared_libraries(tree)):
        raise refusal("its libpython belongs to the system")

    # Start the copy, to make sure that it runs.
    argv = [str(tree / "bin" / name), "-I", "-B", "-c", _ABOUT_ITSELF]
    command = Command(argv=argv, cwd=tree, env={"PATH": os.defpath})
    try:
        about = json.loads(effects.processes.query(command))
    except CommandFailed as error:
        raise refusal(error.output) from error
    if not copy_bytecode(stdlib, library, bytes.fromhex(about["magic"]), about["tag"]):
        compile_folder(tree, library, interpreter.path, effects)
    folders = [Path(folder) for folder in about["site_folders"]]
    own = next((folder for folder in folders if folder.is_relative_to(tree)), None)
    if own is None:
        raise refusal(f"it only reads packages from {', '.join(map(str, folders))}")
    # A file, so that an unchanged build does not have to start the copy.
    write(tree / SITE_FOLDER, f"{own.relative_to(tree)}\n")


def site_folder(tree: Path) -> Path:
    """Return the folder that a copy reads .pth files from."""
    return tree / (read_if_there(tree / SITE_FOLDER) or "").strip()
