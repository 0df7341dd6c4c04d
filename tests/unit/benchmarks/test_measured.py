"""A command is measured as a whole, and a command that fails is an error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from measured import Command, Failed, Measured, can_trace, measure, trace
from strace import Traced

BUSY = "x = bytearray(80_000_000); import time; end = time.process_time() + 0.1\n"
BUSY += "while time.process_time() < end: pass"


def command(code: str, *program: str) -> Command:
    return Command(argv=[*(program or (sys.executable,)), "-c", code], env={}, cwd=Path("/"))


def test_time_and_memory_include_all_processes_of_a_command() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"
    found = measure(command(child))
    assert found.seconds >= found.processor_seconds / 2 > 0.05
    assert 80 < found.peak_mb < 200


def test_the_error_of_a_failed_command_has_its_output() -> None:
    with pytest.raises(Failed, match=r"status 3: [^\n]*\nno berth\n"):
        measure(command("import sys; print('no berth'); sys.exit(3)"))


def test_a_sum_has_the_larger_peak_memory() -> None:
    one = Measured(seconds=1, peak_mb=50, traced=Traced(processes=("a",)))
    then = Measured(seconds=2, peak_mb=40, traced=Traced(processes=("b",)))
    both = one + then
    assert (both.seconds, both.peak_mb) == (3, 50)
    assert both.traced == Traced(processes=("a", "b"))


@pytest.mark.skipif(not can_trace(), reason="strace is not installed, or not allowed to trace")
def test_a_trace_has_the_processes_and_connections_of_a_command() -> None:
    code = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    script = f'{sys.executable} -c "{code}"; true'
    traced = trace(command(script, "/bin/sh")).traced
    assert traced
    assert traced.connections == ("127.0.0.1 port 9",)
    (process,) = traced.processes
    assert process.startswith(Path(sys.executable).name)
