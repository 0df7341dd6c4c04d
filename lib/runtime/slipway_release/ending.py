"""Ends the release step on SIGTERM and SIGINT, in words.

A handler of a signal runs only between two steps of Python code, but a driver may be in a
statement that takes an hour. So a thread gets each signal, too: it cancels the statements, and
ends the process if that does not help.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType
from typing import Any

from slipway_release.log import say

GRACE = 6.0
"""Seconds until the process is ended. `docker stop` waits for 10, and then kills it."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
received: list[int] = []
"""The signal that has arrived; code may have replaced Ended with another exception."""
connections_to_cancel: list[Any] = []
"""Connections of Django whose statements a signal cancels."""
UNCHANGED = "Release step ended by {signal} before it changed anything."
WAITING = "Stopped while waiting for instance 0 ({signal})."
last_words = [UNCHANGED]
"""What to say if a signal ends the step now."""


class Ended(BaseException):
    """A signal ends the release step; code that catches Exception does not stop it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.name = signal.Signals(number).name
        self.status = 128 + number
        """As a shell reports a process that a signal ended, so the platform sees the cause."""


def listen() -> None:
    """Raise Ended in the main thread when a signal arrives."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for number in SIGNALS:
        signal.signal(number, _end)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reader,), daemon=True).start()


def ignore() -> None:
    """Ignore the signals from now on: all is done, and the status has to say so."""
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)


def _end(number: int, _frame: FrameType | None) -> None:
    # Only the first one, so that another does not interrupt what the first one undoes.
    ignore()
    received.append(number)
    raise Ended(number)


def _watch(reader: int) -> None:
    number = 0
    while number not in SIGNALS:
        number = os.read(reader, 1)[0]
    for connection in connections_to_cancel:
        cancel(connection.connection)
    time.sleep(GRACE)
    ended = Ended(number)
    say(sentence(ended))
    os._exit(ended.status)


def cancel(driver_connection: Any) -> None:
    """Cancel the statement of a connection of psycopg, psycopg2 or sqlite3."""
    for name in ("cancel", "interrupt"):
        method = getattr(driver_connection, name, None)
        if method is not None:
            try:
                method()
            except Exception:  # whatever the driver raises; the process ends anyway
                return
            return


def words_at_work(*, is_start: bool, has_lock: bool) -> str:
    """Say what to do after a signal that ended the step while it worked."""
    lock = ", and its lock is released" if has_lock else ""
    advice = "The next start continues" if is_start else "Run it again to continue"
    return f"Release step ended by {{signal}}{lock}. {advice}."


def sentence(ended: Ended) -> str:
    return last_words[0].format(signal=ended.name)
