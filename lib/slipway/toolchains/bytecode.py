"""Byte code that stays valid when files are moved, copied or get another date."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.files import scratch
from slipway.effects.processes import Command
from slipway.errors.app import DiskFull
from slipway.errors.stopped import CommandFailed

_SCRIPT = "compile_modules.py"


def compile_folder(root: Path, folder: Path, python: str, effects: Effects) -> None:
    """Compile all modules below `folder`; what is written names paths relative to `root`.

    Raises DiskFull.
    """
    _compile(root, folder, python, effects)


def compile_files(root: Path, files: Iterable[Path], python: str, effects: Effects) -> None:
    """Compile these modules alone, as `compile_folder` does."""
    with scratch("compile") as folder:
        names = folder / "modules.txt"
        text = "".join(f"{file}\n" for file in files)
        names.write_text(text, encoding="utf-8", errors="surrogateescape")
        _compile(root, names, python, effects)


def _compile(root: Path, what: Path, python: str, effects: Effects) -> None:
    given = effects.environment
    script = str(effects.build_scripts / _SCRIPT)
    command = Command(
        # Not -I, with which PYTHONHASHSEED would say nothing.
        argv=[python, "-s", "-S", "-W", "ignore", script, str(root), str(what)],
        cwd=root,
        env={
            **{name: value for name, value in given.items() if not name.startswith("PYTHON")},
            # Python 3.10 writes sets in the order that they have:
            # https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED
            "PYTHONHASHSEED": "0",
        },
    )
    try:
        effects.processes.run(command, doing="compiling")
    except CommandFailed as error:
        if f"[Errno {errno.ENOSPC}]" in error.output:
            raise DiskFull(path=str(root)) from error
        # What is not compiled is slower to start, and no less right.
        effects.console.warning(f"Not all modules could be compiled: {error.output[-200:]}")
