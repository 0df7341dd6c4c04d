"""Bytecode that stays valid when files are moved, copied or get another date."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.files import scratch, write
from slipway.effects.processes import Command
from slipway.errors.app import DISK_FULL, DiskFull
from slipway.errors.stopped import CommandFailed


def compile_folder(root: Path, folder: Path, python: str, effects: Effects) -> None:
    """Compile all modules in `folder`; the bytecode has their paths relative to `root`.

    Raises DiskFull.
    """
    groups: dict[Path, list[Path]] = {}
    for module in sorted(folder.rglob("*.py")):
        groups.setdefault(module.parent, []).append(module)
    compile_groups(root, groups.values(), python, effects)


def compile_groups(
    root: Path, groups: Iterable[Iterable[Path]], python: str, effects: Effects
) -> None:
    """Compile modules; the bytecode of each depends only on the modules of its group.

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
                # The order of sets in the bytecode of Python 3.10 depends on it:
                # https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED
                "PYTHONHASHSEED": "0",
            },
        )
        try:
            effects.processes.run(command, doing="compiling bytecode")
        except CommandFailed as error:
            if any(f"[Errno {number}]" in error.output for number in DISK_FULL):
                raise DiskFull(path=str(root)) from error
            # A module without bytecode is imported more slowly, but works.
            effects.console.warning(
                f"Some modules could not be compiled to bytecode: {error.output[-200:]}"
            )
