"""The one place where processes are started, with an explicit folder and environment."""

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
"""Characters of a command line that the log has at most."""

OnLine = Callable[[str], None]


_popen = cast(
    "Callable[..., subprocess.Popen[bytes]]",
    partial(subprocess.Popen, stdin=subprocess.DEVNULL, start_new_session=True),
)
"""Starts a process in a session of its own, so that all that it starts can be ended with it."""


def _ignore(line: str) -> None:
    """Keep a program's output for the case that it fails."""


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
    """Starts processes, and logs that one takes long."""

    now: Callable[[], float]
    """Seconds on a clock that never goes back."""
    on_progress: Callable[[str], None] = field(default=_ignore)
    clean: Callable[[str], str] = field(default=str)
    """Takes credentials out of a line before anybody sees it."""
    on_end: OnLine = field(default=_ignore)
    """Gets a line for each process that has ended: its status, its seconds and its argv."""

    def run(self, command: Command, on_line: OnLine = _ignore, doing: str = "") -> str:
        """Run to the end; give stdout and stderr together, as text.

        A process that is silent or slow is reported after 5, 10, 20 ... seconds.

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

    def query(self, command: Command) -> str:
        """Run something short, and give its stdout alone.

        Raises CommandFailed, with what it wrote to stderr.
        """
        process = _popen(
            list(command.argv),
            cwd=command.cwd,
            env=dict(command.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with self._ending(process, command):
            out, err = process.communicate()
        if process.returncode != 0:
            raise CommandFailed(
                command=command.name,
                status=process.returncode,
                output=self.clean(_text(err)),
            )
        return _text(out)

    @contextmanager
    def _ending(self, process: subprocess.Popen[bytes], command: Command) -> Iterator[None]:
        """Let a process and all that it started end with the block, and log that it did."""
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
        """Give the lines of stdout until the end, and report progress meanwhile."""
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
                    self.on_progress(f"still {doing}, {due:.0f} s")
                    due = next(times)
        if rest:
            yield self.clean(_text(rest))


@dataclass(frozen=True)
class Attached:
    """A process that reads and writes where Slipway does."""

    process: subprocess.Popen[bytes]
    shown: str

    def poll(self) -> int | None:
        return self.process.poll()

    def wait(self) -> int:
        return self.process.wait()


@contextmanager
def attached(command: Command) -> Iterator[Attached]:
    """Start a process on this terminal; it ends with the block, and all it started too."""
    process = _popen(list(command.argv), cwd=command.cwd, env=dict(command.env))
    try:
        yield Attached(process, command.name)
    finally:
        end_group(process)


def _shortened(line: str) -> str:
    """Cut a command line that has a whole program in it."""
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\r\n")


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and those it started: politely, then for good."""
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
