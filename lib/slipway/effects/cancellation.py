"""Work that another thread can call off, while some of it is going on outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TypeVar

Started = TypeVar("Started")


class CalledOff(Exception):
    """What was to be started is not wanted any more."""


class Outside:
    """What one thread has going on outside; another thread can end all of it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._going_on: dict[int, Callable[[], None]] = {}
        self._is_called_off = False

    @contextmanager
    def going_on(
        self, start: Callable[[], Started], end: Callable[[Started], None]
    ) -> Iterator[Started]:
        """Start something that goes on while the block runs; `end` is how it can be ended.

        Raises CalledOff.
        """
        with self._lock:
            if self._is_called_off:
                raise CalledOff
            started = start()
            self._going_on[id(started)] = lambda: end(started)
        try:
            yield started
        finally:
            with self._lock:
                del self._going_on[id(started)]

    def call_off(self) -> None:
        """End all that goes on, and let nothing more be started."""
        with self._lock:
            self._is_called_off = True
            for end in self._going_on.values():
                end()


outside: ContextVar[Outside | None] = ContextVar("outside", default=None)
"""Where a thread's work can be called off; most threads' cannot."""
