"""Byte code that stays valid when files are moved, copied or get another date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.files import scratch
from slipway.effects.processes import Command
from slipway.errors.stopped import CommandFailed


def compile_folder(root: Path, folder: Path, python: str, effects: Effects) -> None:
    """Compile all modules below `folder`; what is written names paths relative to `root`.

    A file that does not compile, for another version of Python perhaps, is left as it is: pip
    does so too.
    """
    _compile(root, [str(folder)], python, effects)


def compile_files(root: Path, files: Iterable[Path], python: str, effects: Effects) -> None:
    """Compile these modules alone, as `compile_folder` does."""
    with scratch("compile") as folder:
        names = folder / "modules.txt"
        names.write_text("".join(f"{file}\n" for file in files), encoding="utf-8")
        _compile(root, ["-i", str(names)], python, effects)


def _compile(root: Path, what: Sequence[str], python: str, effects: Effects) -> None:
    """Start compileall.

    Unchecked hashes instead of dates, because platforms repack files with new dates
    (https://peps.python.org/pep-0552/).
    """
    for workers in ("0", "1"):
        command = Command(
            argv=[
                *(python, "-I", "-S", "-m", "compileall", "-q", "-q", "-j", workers),
                *("--invalidation-mode", "unchecked-hash", "-s", str(root), *what),
            ],
            cwd=root,
            env=effects.environment,
        )
        try:
            effects.processes.run(command, doing="compiling")
            return
        except CommandFailed as error:
            # Several workers need semaphores, and a socket in TMPDIR whose path may be too
            # long for one: then, and only then, compileall says how it failed.
            if "Traceback (most recent call last)" not in error.output:
                return
