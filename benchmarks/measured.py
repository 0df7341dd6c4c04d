"""Time one command as a whole, and read its use of resources from the system."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from strace import Traced, read_trace

_BLOCK = 512
"""Bytes of a block in ru_oublock: https://man7.org/linux/man-pages/man2/getrusage.2.html."""
_SHOWN = 3000
_STRACE = ("strace", "-f", "--seccomp-bpf", "-qq", "-s", "300", "-e", "trace=execve,connect")


Argv = Sequence[str | Path]


class Failed(Exception):
    """A command failed, so there is nothing to measure."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The time and resources that one command or a sequence of commands used."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    """Of all processes together; other load on the machine affects it less than `seconds`."""
    peak_mb: float = 0.0
    """Of the largest process; at least the memory of this program itself."""
    written_mb: float = 0.0
    """Written to disks by all processes together."""
    traced: Traced | None = None

    def __add__(self, then: Measured) -> Measured:
        return Measured(
            seconds=self.seconds + then.seconds,
            processor_seconds=self.processor_seconds + then.processor_seconds,
            peak_mb=max(self.peak_mb, then.peak_mb),
            written_mb=self.written_mb + then.written_mb,
            traced=self.traced + then.traced if self.traced and then.traced else then.traced,
        )


@dataclass(frozen=True, kw_only=True)
class Command:
    argv: Argv
    env: Mapping[str, str]
    cwd: Path

    @property
    def text(self) -> list[str]:
        return [str(part) for part in self.argv]


def measure(command: Command) -> Measured:
    """Run a command until it exits.

    Raises Failed, with the end of its output.
    """
    with tempfile.TemporaryFile() as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.text,
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            output = log.read().decode(errors="replace")[-_SHOWN:]
            raise Failed(f"status {process.returncode}: {' '.join(command.text)}\n{output}")
    return Measured(
        seconds=seconds,
        processor_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        written_mb=usage.ru_oublock * _BLOCK / 1e6,
    )


def trace(command: Command) -> Measured:
    """Run a command under strace, to find its processes and connections; this takes longer.

    Raises Failed.
    """
    with tempfile.NamedTemporaryFile(mode="r", errors="replace") as file:
        argv = [*_STRACE, "-o", file.name, *command.argv]
        measure(Command(argv=argv, env=command.env, cwd=command.cwd))
        return Measured(traced=read_trace(file))


def can_trace() -> bool:
    """Return whether strace is installed and allowed to trace."""
    command = Command(argv=["true"], env=os.environ, cwd=Path("/"))
    try:
        trace(command)
    except (OSError, Failed):
        return False
    return True
