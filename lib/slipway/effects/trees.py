"""Copies of whole folders, by the system's own program: it shares blocks where it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from slipway.effects.processes import Command, Processes


def copy_tree(
    processes: Processes, environment: Mapping[str, str]
) -> Callable[[Path, Path], None]:
    """Give a function that copies a folder, with its links and modes, to a new place."""

    def copy(source: Path, destination: Path) -> None:
        argv = ["cp", "-R", "-P", "-p", f"{source}/.", str(destination)]
        destination.mkdir(parents=True)
        processes.run(Command(argv=argv, cwd=source, env=environment), doing="copying")

    return copy
