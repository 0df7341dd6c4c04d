"""Bytecode that stays valid when files are moved, copied or get another date."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.files import scratch, write
from slipway.effects.processes import Command
from slipway.errors.app import DiskFull
from slipway.errors.stopped import CommandFailed


def compile_folder(root: Path, folder: Path, python: str, effects: Effects) -> None:
    """Compile all modules below `folder`; bytecode has their paths relative to `root`.

    Raises DiskFull.
    """
    groups: dict[Path, list[Path]] = {}
    for module in sorted(folder.rglob("*.py")):
        groups.setdefault(module.parent, []).append(module)
    compile_groups(root, groups.values(), python, effects)


def compile_groups(
    root: Path, groups: Iterable[Iterable[Path]], python: str, effects: Effects
) -> None:
    """Compile modules: the bytes depend on the other modules of their own group alone.

    Raises DiskFull.
    """
    with scratch("compile") as folder:
        file = folder / "groups.json"
        write(file, json.dumps([[str(module) for module in group] for group in groups]))
        environment = effects.environment
        command = Command(
            # Not -I, with which Python ignores PYTHONHASHSEED.
            argv=[
                *(python, "-s", "-S", "-W", "ignore"),
                *(str(effects.build_scripts / "compile_modules.py"), str(root), str(file)),
            ],
            cwd=root,
            env={
                **{
                    name: value
                    for name, value in environment.items()
                    if not name.startswith("PYTHON")
                },
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
            # A module without bytecode starts more slowly, and works.
            effects.console.warning(f"Not all modules could be compiled: {error.output[-200:]}")
