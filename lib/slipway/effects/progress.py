"""A sign of life from work that takes long, at most a line every five seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

PROGRESS_INTERVAL = 5.0
"""Seconds of silence after which the log says that something is still at work."""


def progress_times() -> Iterator[float]:
    """Give the seconds at which something is said: 5, 10, 20, 40 ..."""
    due = PROGRESS_INTERVAL
    while True:
        yield due
        due *= 2


@contextmanager
def reporting_progress(tell: Callable[[str], None], doing: str) -> Iterator[None]:
    """Say that this process itself is still at something, as long as the block takes."""
    over = Event()

    def speak_up() -> None:
        waited = 0.0
        for due in progress_times():
            if over.wait(due - waited):
                return
            waited = due
            tell(f"still {doing}, {due:.0f} s")

    speaker = Thread(target=speak_up, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        over.set()
        speaker.join()
