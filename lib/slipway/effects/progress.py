"""Reports the progress of long work: a log line after 5, 10, 20 ... seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from slipway.effects.console import LogClosed

PROGRESS_INTERVAL = 5.0
"""Seconds until the first log line says that something is still running."""


def progress_times() -> Iterator[float]:
    """Yield the seconds at which progress is logged: 5, 10, 20, 40 ..."""
    due = PROGRESS_INTERVAL
    while True:
        yield due
        due *= 2


@contextmanager
def logged_progress(log: Callable[[str], None], doing: str) -> Iterator[None]:
    """While the block runs, log that this process is still `doing` something."""
    over = Event()

    def report() -> None:
        waited = 0.0
        for due in progress_times():
            if over.wait(due - waited):
                return
            waited = due
            try:
                log(f"Still {doing} ({due:.0f} s)")
            except LogClosed:  # the block finds out itself
                return

    reporter = Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        over.set()
        reporter.join()
