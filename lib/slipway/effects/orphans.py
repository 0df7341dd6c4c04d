"""Ends the processes that a command leaves running, such as a daemon that a hook started.

Such orphans become children of Slipway, instead of init, because it is their subreaper
(PR_SET_CHILD_SUBREAPER in prctl(2)). Signals are only sent to children: the kernel gives the
number of a child to no other process until its parent has waited for it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache

from slipway.effects.reading import start_of

PATIENCE = 1.0
"""Seconds that orphans have to end by themselves, as `tee` does after its last line."""
_GRACES = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))
_PR_SET_CHILD_SUBREAPER = 36


def _ignore(pid: int) -> None:
    """Do nothing with a process."""


class Orphans:
    """What is left of the processes that were started after this value was created.

    Children that exist already are not touched: they may be of the shell that Slipway replaced.
    """

    def __init__(self) -> None:
        self._others = frozenset(_children())

    def end(self, patience: float = PATIENCE) -> list[str]:
        """End all that do not end by themselves in time; return the command line of each.

        An orphan's own children become orphans when it has ended, and are ended as well.
        """
        if self._are_gone_by(time.monotonic() + patience):
            return []
        ended: dict[int, str] = {}
        for number, grace in _GRACES:

            def send(pid: int, number: int = number) -> None:
                line = _command_line(pid)
                with suppress(PermissionError):  # it runs as another user, by sudo
                    os.kill(pid, number)
                    ended.setdefault(pid, line)

            if self._are_gone_by(time.monotonic() + grace, send):
                break
        return [line for line in ended.values() if line]

    def _are_gone_by(self, end: float, on_found: Callable[[int], None] = _ignore) -> bool:
        """Wait until no orphan is left; call `on_found` once for each."""
        found: set[int] = set()
        pause = 0.001
        while running := {pid for pid in _children() if self._is_running(pid)}:
            for pid in running - found:
                on_found(pid)
            found |= running
            if time.monotonic() >= end:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return True

    def _is_running(self, pid: int) -> bool:
        return pid not in self._others and os.waitpid(pid, os.WNOHANG) == (0, 0)


@cache
def adopt_orphans() -> None:
    """Become the parent of what commands leave running, from now on."""
    with suppress(ImportError, OSError, AttributeError):  # no ctypes, or no Linux
        import ctypes  # slow, and an unchanged build starts no process

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children() -> Iterator[int]:
    """Yield the children of this process, also those that have ended.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    if sys.platform != "linux" or not _has_children():
        return
    parent = str(os.getpid()).encode()
    for name in os.listdir("/proc"):
        if name.isdigit():
            # The program's name, in parentheses, may contain anything.
            fields = _content(f"/proc/{name}/stat").rpartition(b")")[2].split()
            if fields[1:2] == [parent]:
                yield int(name)


def _has_children() -> bool:
    """Tell whether there are any, which takes no time: most commands leave nothing."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _command_line(pid: int) -> str:
    return os.fsdecode(_content(f"/proc/{pid}/cmdline")).rstrip("\0").replace("\0", " ")


def _content(path: str) -> bytes:
    try:
        return start_of(path, 4096)
    except OSError:  # the process has ended
        return b""
