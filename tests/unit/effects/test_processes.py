"""Processes run in an explicit folder and environment, and are never left running."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from slipway.domain.redaction import redact
from slipway.effects.processes import (
    Command,
    Processes,
    TimeLimitReached,
    attached,
    describe_exit,
)
from slipway.errors.stopped import CommandFailed

PROCESSES = Processes(now=time.monotonic)
ENV = {"PATH": os.defpath}


def sh(text: str, shown: str = "", cwd: Path = Path("/")) -> Command:
    return Command(argv=["sh", "-c", text], cwd=cwd, env=ENV, shown=shown)


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_stdout_and_stderr_are_merged_in_order() -> None:
    lines: list[str] = []
    output = PROCESSES.run(sh("echo a; echo b >&2; echo; printf c"), lines.append)
    assert lines == ["a", "b", "", "c"]
    assert output == "a\nb\n\nc"


def test_a_line_arrives_while_the_process_still_runs(tmp_path: Path) -> None:
    """The process waits for a file that is created when its line arrives."""
    wait = "for i in $(seq 500); do [ -e go ] && echo went && exit; sleep 0.01; done"
    command = sh(f"echo a; {wait}", cwd=tmp_path)
    assert PROCESSES.run(command, lambda _: (tmp_path / "go").touch()) == "a\nwent"


def test_a_process_sees_its_folder_and_environment_and_nothing_else(tmp_path: Path) -> None:
    show = "import os; print(os.getcwd(), sorted(os.environ), os.read(0, 1))"
    command = Command(argv=[sys.executable, "-S", "-c", show], cwd=tmp_path, env={"A": "x"})
    output = PROCESSES.query(command)
    assert output.startswith(f"{tmp_path} [")
    assert output.endswith(" b''")
    names = set(output.partition("[")[2].partition("]")[0].split(", "))
    assert names - {"'LC_CTYPE'"} == {"'A'"}


def test_an_exit_status_other_than_0_is_an_error_with_the_output() -> None:
    with pytest.raises(CommandFailed) as failed:
        PROCESSES.run(sh("echo a; exit 3", shown="python manage.py"))
    error = failed.value
    assert (error.command, error.status, error.output) == ("python manage.py", 3, "a")
    assert str(error) == "it exited with status 3, and printed:\na"


def test_a_signal_is_a_negative_status() -> None:
    with pytest.raises(CommandFailed) as failed:
        PROCESSES.run(sh("kill -9 $$"))
    assert failed.value.status == -9
    assert failed.value.command == "sh -c 'kill -9 $$'"


def test_a_missing_program_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        PROCESSES.run(Command(argv=["/gone"], cwd=Path("/"), env=ENV))


def test_a_query_returns_only_stdout() -> None:
    assert PROCESSES.query(sh("echo a; echo b >&2")) == "a"


def test_a_failed_query_reports_its_stderr() -> None:
    with pytest.raises(CommandFailed) as failed:
        PROCESSES.query(sh("echo a; echo b >&2; exit 1"))
    assert failed.value.output == "b"


def test_a_query_that_takes_too_long_is_ended_with_its_children() -> None:
    started = time.monotonic()
    with pytest.raises(TimeLimitReached):
        PROCESSES.query(sh("sleep 60 & wait"), time_limit=0.1)
    assert time.monotonic() - started < 10
    assert PROCESSES.query(sh("echo a"), time_limit=60) == "a"


def test_credentials_are_removed_from_every_line() -> None:
    lines: list[str] = []
    processes = Processes(now=time.monotonic, clean=lambda line: line.replace("s3cret", "****"))
    for command in (sh("echo s3cret; printf s3cret"), sh("echo s3cret >&2; exit 1")):
        try:
            output = processes.run(command, lines.append)
        except CommandFailed as error:
            output = error.output
        assert "s3cret" not in output
    assert lines == ["****"] * 3
    with pytest.raises(CommandFailed) as failed:
        processes.query(sh("echo s3cret >&2; exit 1"))
    assert failed.value.output == "****"


def test_a_secret_that_is_written_in_two_pieces_is_removed() -> None:
    processes = Processes(now=time.monotonic, clean=lambda line: line.replace("s3cret", "****"))
    assert processes.run(sh("printf s3c; sleep 0.1; echo ret")) == "****"


def test_bytes_that_are_not_text_are_escaped() -> None:
    assert PROCESSES.run(sh(r"printf 'a\377b\r\n'")) == "a\\xffb"


def test_a_slow_process_logs_its_progress() -> None:
    """The clock advances by 6 seconds with each call."""
    clock = (6.0 * call for call in count())
    logged: list[str] = []
    processes = Processes(now=lambda: next(clock), on_progress=logged.append)
    text = "; sleep 0.05; ".join(["echo a"] * 5)
    processes.run(sh(text), doing="resolving")
    assert logged[:3] == [
        "Still resolving (5 s)",
        "Still resolving (10 s)",
        "Still resolving (20 s)",
    ]


def test_a_quick_process_logs_no_progress() -> None:
    logged: list[str] = []
    Processes(now=lambda: 0.0, on_progress=logged.append).run(sh("echo a"))
    assert logged == []


def test_each_command_is_logged_with_its_seconds_and_status() -> None:
    clock = (0.25 * call for call in count())
    lines: list[str] = []
    processes = Processes(now=lambda: next(clock), on_end=lines.append)
    processes.query(sh("exit 0", shown="git"))
    with pytest.raises(CommandFailed):
        processes.run(sh("exit 3"))
    assert lines[0] == "0.2 s, status 0: sh -c 'exit 0'"
    assert lines[1].endswith(" s, status 3: sh -c 'exit 3'")


def test_a_logged_command_is_redacted_and_shortened() -> None:
    lines: list[str] = []
    processes = Processes(now=lambda: 0.0, clean=redact, on_end=lines.append)
    processes.query(sh(f": {'x' * 350} https://user:{'s3cret' * 20}@h.example/ {'y' * 400}"))
    assert "s3cret" not in lines[0]
    assert lines[0].endswith("y ...")
    assert len(lines[0]) < 450


@pytest.fixture
def pids() -> Iterator[list[int]]:
    """Yield a list for the processes that a test starts; check that they end with the test."""
    found: list[int] = []
    yield found
    assert found
    end = time.monotonic() + 5
    while any(map(is_running, found)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not any(map(is_running, found))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError])
def test_an_exception_ends_the_process_and_its_children(
    error: type[BaseException], pids: list[int]
) -> None:
    def interrupt(line: str) -> None:
        pids.extend(map(int, line.split()))
        raise error

    with pytest.raises(error):
        PROCESSES.run(sh("sleep 60 & echo $$ $!; wait"), interrupt)


def test_an_attached_process_ends_with_its_block(tmp_path: Path, pids: list[int]) -> None:
    command = sh("sleep 60 & echo $$ $! > pids.new; mv pids.new pids; wait", "web", tmp_path)
    with attached(command) as process:
        while not (tmp_path / "pids").exists():
            time.sleep(0.01)
        assert process.poll() is None
        assert process.shown == "web"
    pids.extend(map(int, (tmp_path / "pids").read_text().split()))


def test_an_attached_process_returns_its_status() -> None:
    with attached(sh("exit 4")) as process:
        assert process.wait() == 4


def test_an_exit_is_described_by_its_status_or_signal() -> None:
    assert describe_exit(3) == "exited with status 3"
    assert describe_exit(-9) == "was killed by signal 9"
