"""The only place where processes are started, with an explicit folder and environment."""

from __future__ import annotations

import os
import selectors
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from slipway.effects.progress import PROGRESS_INTERVAL, progress_times
from slipway.errors.stopped import CommandFailed

_END_GRACE = 5.0
_SHOWN = 400
"""The most characters of a command line that are logged."""

OnLine = Callable[[str], None]


_popen = cast(
    "Callable[..., subprocess.Popen[bytes]]",
    partial(subprocess.Popen, stdin=subprocess.DEVNULL, start_new_session=True),
)
"""Starts a process in a new session, so that it can be ended together with its children."""


class TimeLimitReached(Exception):
    """A process was ended because it took too long."""


def _ignore(line: str) -> None:
    """Do nothing with a line."""


@dataclass(frozen=True, kw_only=True)
class Command:
    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    shown: str = ""
    """The command as a user would type it; the argv if empty."""

    @property
    def name(self) -> str:
        return self.shown or shlex.join(self.argv)


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Starts processes, and reports the progress of those that take long."""

    now: Callable[[], float]
    """Seconds on a clock that never goes back."""
    on_progress: Callable[[str], None] = field(default=_ignore)
    clean: Callable[[str], str] = field(default=str)
    """Removes credentials from a line before it is used or logged."""
    on_end: OnLine = field(default=_ignore)
    """Called for each process that has ended, with one line: seconds, status and argv."""

    def run(self, command: Command, on_line: OnLine = _ignore, doing: str = "") -> str:
        """Run a command to its end; return stdout and stderr together, as text.

        Progress is reported after 5, 10, 20 ... seconds.

        Raises CommandFailed for an exit status other than 0.
        """
        lines = []
        process = _popen(
            list(command.argv),
            cwd=command.cwd,
            env=dict(command.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        with self._ending(process, command):
            for line in self._lines(process, doing or command.name):
                lines.append(line)
                on_line(line)
        output = "\n".join(lines)
        if process.returncode != 0:
            raise CommandFailed(command=command.name, status=process.returncode, output=output)
        return output

    def query(self, command: Command, time_limit: float | None = None) -> str:
        """Run a short command, and return only its stdout.

        Raises CommandFailed, with the command's stderr as output, or TimeLimitReached.
        """
        process = _popen(
            list(command.argv),
            cwd=command.cwd,
            env=dict(command.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            with self._ending(process, command):
                out, err = process.communicate(timeout=time_limit)
        except subprocess.TimeoutExpired:
            raise TimeLimitReached from None
        if process.returncode != 0:
            raise CommandFailed(
                command=command.name,
                status=process.returncode,
                output=self.clean(_text(err)),
            )
        return _text(out)

    @contextmanager
    def _ending(self, process: subprocess.Popen[bytes], command: Command) -> Iterator[None]:
        """Wait for a process, and report its end; if the block fails, end its children too."""
        started = self.now()
        try:
            yield
            process.wait()
        except BaseException:
            end_group(process)
            raise
        finally:
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
            took = f"{self.now() - started:.1f} s, status {process.returncode}"
            self.on_end(f"{took}: {_shortened(self.clean(shlex.join(command.argv)))}")

    def _lines(self, process: subprocess.Popen[bytes], doing: str) -> Iterator[str]:
        """Yield the lines of stdout until it is closed, and report progress meanwhile."""
        assert process.stdout is not None
        rest = b""
        started, times = self.now(), progress_times()
        due = next(times)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                has_output = bool(selector.select(timeout=PROGRESS_INTERVAL / 10))
                chunk = os.read(process.stdout.fileno(), 65536) if has_output else b""
                if has_output and not chunk:
                    break
                *complete, rest = (rest + chunk).split(b"\n")
                yield from (self.clean(_text(line)) for line in complete)
                if self.now() - started >= due:
                    self.on_progress(f"Still {doing} ({due:.0f} s)")
                    due = next(times)
        if rest:
            yield self.clean(_text(rest))


@dataclass(frozen=True)
class Attached:
    """A process whose output goes where Slipway's output goes."""

    process: subprocess.Popen[bytes]
    shown: str

    def poll(self) -> int | None:
        return self.process.poll()

    def wait(self) -> int:
        return self.process.wait()


@contextmanager
def attached(command: Command) -> Iterator[Attached]:
    """Start a process that shares Slipway's output; end it and its children with the block."""
    process = _popen(list(command.argv), cwd=command.cwd, env=dict(command.env))
    try:
        yield Attached(process, command.name)
    finally:
        end_group(process)


def describe_exit(status: int) -> str:
    """Describe how a process ended, as a sentence without its subject."""
    return f"exited with status {status}" if status >= 0 else f"was killed by signal {-status}"


def _shortened(line: str) -> str:
    """Cut a long command line, such as one with a whole program after `-c`."""
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\r\n")


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, with SIGTERM and if that does not help with SIGKILL."""
    for number, grace in ((signal.SIGTERM, _END_GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(grace)
            return
        except (ProcessLookupError, PermissionError):
            process.wait()
            return
        except subprocess.TimeoutExpired:
            continue
