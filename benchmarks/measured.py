"""One command, timed as a whole, with what the system says of it afterwards."""

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
    """A command ended otherwise than well: there is nothing to be measured."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a command, or several after each other, took."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    """Of all its processes together: what a busy machine changes less."""
    peak_mb: float = 0.0
    """The largest of its processes; not less than what this program itself has."""
    written_mb: float = 0.0
    """What it let be written to disks, its processes' together."""
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
    """Run it to its end.

    Raises Failed, with the end of what it said.
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
            said = log.read().decode(errors="replace")[-_SHOWN:]
            raise Failed(f"status {process.returncode}: {' '.join(command.text)}\n{said}")
    return Measured(
        seconds=seconds,
        processor_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        written_mb=usage.ru_oublock * _BLOCK / 1e6,
    )


def trace(command: Command) -> Measured:
    """Run it under strace, which takes longer: what it starts and where it connects to.

    Raises Failed.
    """
    with tempfile.NamedTemporaryFile(mode="r", errors="replace") as file:
        argv = [*_STRACE, "-o", file.name, *command.argv]
        measure(Command(argv=argv, env=command.env, cwd=command.cwd))
        return Measured(traced=read_trace(file))


def can_trace() -> bool:
    """Tell whether strace is there, and is allowed to."""
    command = Command(argv=["true"], env=os.environ, cwd=Path("/"))
    try:
        trace(command)
    except (OSError, Failed):
        return False
    return True
