"""Progress of work that takes long: a log line after 5, 10, 20 ... seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

PROGRESS_INTERVAL = 5.0
"""Seconds after which the log says for the first time that something is still running."""


def progress_times() -> Iterator[float]:
    """Give the seconds at which progress is logged: 5, 10, 20, 40 ..."""
    due = PROGRESS_INTERVAL
    while True:
        yield due
        due *= 2


@contextmanager
def logged_progress(log: Callable[[str], None], doing: str) -> Iterator[None]:
    """Log, as long as the block runs, that this process itself is still doing something."""
    over = Event()

    def report() -> None:
        waited = 0.0
        for due in progress_times():
            if over.wait(due - waited):
                return
            waited = due
            log(f"still {doing}, {due:.0f} s")

    reporter = Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        over.set()
        reporter.join()
