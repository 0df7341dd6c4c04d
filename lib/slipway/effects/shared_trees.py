"""Whole folders shared with a second place in one pass, by two processes where that pays."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.processes import Command, Processes
from slipway.effects.sharing import FOLDER, PROGRAM, Sharing
from slipway.effects.trees import census_of
from slipway.errors.stopped import CommandFailed


def share(
    root: Path,
    destination: Path,
    *,
    with_dates: bool,
    without: frozenset[str] = frozenset(),
    processes: Processes | None = None,
) -> str:
    """Put a tree at a place that does not exist, as `link` does, in one pass; give its census.

    With `processes`, and two processors, a second process does a part of it.

    Raises OSError.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.mkdir()
    first = _First(root, destination, with_dates, without)
    if processes and len(os.sched_getaffinity(0)) > 1:
        try:
            return first.share(processes)
        except (CommandFailed, OSError):
            # What was in the way of the two may be in the way of one as well, which then says.
            shutil.rmtree(destination)
            destination.mkdir()
    return first.share()


@dataclass(frozen=True)
class _First:
    """The process that shares a tree, and has a second one do so from the other end."""

    root: Path
    destination: Path
    with_dates: bool
    without: frozenset[str]

    def share(self, processes: Processes | None = None) -> str:
        second = processes.meanwhile(self._second) if processes else nullcontext(_nothing)
        with _opened(self.root) as source, _opened(self.destination) as target:
            sharing = Sharing(source, target, with_dates=self.with_dates)
            with second as report:
                sharing.from_front(self.without)
                told = report()
            sharing.add(told)
            sharing.close()
        return census_of(sharing.blocks)

    @property
    def _second(self) -> Command:
        dates = "dates" if self.with_dates else ""
        arguments = [str(self.root), str(self.destination), dates, str(os.getpid())]
        argv = [sys.executable, "-I", "-S", "-B", "-X", "utf8", PROGRAM, *arguments]
        return Command(argv=argv, cwd=self.destination, env={})


def _nothing() -> bytes:
    """Report that nothing was done."""
    return b""


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
