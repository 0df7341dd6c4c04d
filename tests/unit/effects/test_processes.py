"""Processes run in an explicit folder and environment, and are never left running."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from slipway.domain.redaction import redact
from slipway.effects import processes as module
from slipway.effects.processes import (
    Command,
    Processes,
    TimeLimitReached,
    attached,
    describe_exit,
    first_to_end,
)
from slipway.errors.app import VariablesTooLarge
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


def test_the_first_of_several_processes_to_end_is_named() -> None:
    with attached(sh("sleep 60")) as slow, attached(sh("exit 4")) as quick:
        assert first_to_end({"slow": slow, "quick": quick}, None) == "quick"
        assert first_to_end({"slow": slow}, 0) is None


def pid_in(path: Path) -> int:
    deadline = time.monotonic() + 10
    while not path.is_file() or not path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(path.read_text())


DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
with open("pid.new", "w") as file:
    file.write(str(os.getpid()))
os.rename("pid.new", "pid")
time.sleep(60)
"""
SAVE = "echo $$ > pid.new; mv pid.new pid"
LEFT = {
    "that holds the output": f"sh -c '{SAVE}; exec sleep 60' &",
    "without output": f"sh -c '{SAVE}; exec sleep 60' >/dev/null 2>&1 &",
    "in a session of its own": f"setsid sh -c '{SAVE}; exec sleep 60' &",
    "without a parent": f"(setsid sh -c '{SAVE}; exec sleep 60' &) ; true",
    "with another environment": f"env -i PATH=$PATH setsid sh -c '{SAVE}; exec sleep 60' &",
    "that ignores SIGTERM": f"trap '' TERM; setsid sh -c '{SAVE}; exec sleep 60' &",
    "that is a daemon": f"{sys.executable} -S -c '{DAEMON}'",
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for what a command leaves running."""
    monkeypatch.setattr(module, "PATIENCE", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("method", "what"), [*(("run", what) for what in LEFT), ("query", "that holds the output")]
)
def test_what_a_command_leaves_running_is_ended(
    tmp_path: Path, pids: list[int], what: str, method: str
) -> None:
    said: list[str] = []
    processes = Processes(now=time.monotonic, on_left=said.append)
    wait = "while [ ! -e pid ]; do sleep 0.01; done; echo done"
    command = sh(f"{LEFT[what]}\n{wait}", "the hook", tmp_path)
    started = time.monotonic()
    output = getattr(processes, method)(command)
    assert time.monotonic() - started < 8
    assert "done" in output
    pids.append(pid_in(tmp_path / "pid"))
    assert len(said) == 1
    assert ("-S -c" if "daemon" in what else "sleep 60") in said[0]
    assert said[0].endswith(
        ", which was still running after `the hook`: a build leaves no process running"
    )


@pytest.mark.usefixtures("impatient")
def test_a_command_is_not_waited_for_that_is_left_and_prints_without_end(
    tmp_path: Path, pids: list[int]
) -> None:
    command = sh(f"sh -c '{SAVE}; exec yes' & while [ ! -e pid ]; do :; done", cwd=tmp_path)
    assert PROCESSES.run(command).startswith("y\n")
    pids.append(pid_in(tmp_path / "pid"))


@pytest.mark.usefixtures("impatient")
def test_a_failed_command_leaves_nothing_running(tmp_path: Path, pids: list[int]) -> None:
    command = sh(
        f"setsid sh -c '{SAVE}; exec sleep 60' & while [ ! -e pid ]; do :; done; exit 3"
    )
    with pytest.raises(CommandFailed) as failed:
        PROCESSES.run(replace(command, cwd=tmp_path))
    assert failed.value.status == 3
    pids.append(pid_in(tmp_path / "pid"))


def test_what_ends_by_itself_may_print_its_last_lines() -> None:
    said: list[str] = []
    processes = Processes(now=time.monotonic, on_left=said.append)
    assert processes.run(sh("(sleep 0.2; echo late) & echo early")) == "early\nlate"
    assert said == []


@pytest.mark.usefixtures("impatient")
def test_several_processes_and_what_left_them_are_named_in_one_sentence() -> None:
    said: list[str] = []
    processes = Processes(now=time.monotonic, on_left=said.append)
    processes.run(sh("sleep 60 & sleep 61 & true"), doing="building x")
    processes.query(sh(f"sleep 60 & : {'x' * 200}"))
    assert said[0].startswith("Ended `sleep 6")
    assert said[0].endswith(
        "` and 1 more, which were still running after building x: a build leaves no process "
        "running"
    )
    assert "running after `sh -c 'sleep 60 & : xxx" in said[1]
    assert "x ...`: a build" in said[1]


@pytest.mark.usefixtures("impatient")
def test_children_of_others_are_not_ended() -> None:
    other = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        PROCESSES.run(sh("sleep 60 & echo a"))
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_process_that_closes_its_output_is_waited_for() -> None:
    assert PROCESSES.run(sh("echo a; exec >&- 2>&-; sleep 0.3; exit 0")) == "a"
    with pytest.raises(TimeLimitReached):
        PROCESSES.query(sh("exec >&- 2>&-; sleep 60"), time_limit=0.2)


def test_a_query_that_prints_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_ANSWER", 1_000_000)
    with pytest.raises(CommandFailed) as failed:
        PROCESSES.query(sh("yes"))
    assert failed.value.output == "It printed more than 1 MB."
    with pytest.raises(TimeLimitReached):
        PROCESSES.query(sh("yes >&2 & wait"), time_limit=0.0001)


def test_of_a_long_output_the_start_and_the_end_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_HEAD", 100)
    monkeypatch.setattr(module, "_TAIL", 200)
    lines: list[str] = []
    output = PROCESSES.run(sh("seq 1000 2000"), lines.append)
    assert len(lines) == 1001
    assert output.splitlines()[:2] == ["1000", "1001"]
    assert output.splitlines()[-2:] == ["1999", "2000"]
    assert "[941 lines are left out here]" in output
    assert len(output) < 400


def test_of_a_long_line_only_the_start_is_kept() -> None:
    output = PROCESSES.run(sh("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo end"))
    first, last = output.splitlines()
    assert (len(first), last) == (256 * 1024, "end")


def test_colours_are_for_the_log_and_not_for_the_result() -> None:
    lines: list[str] = []
    red = "\x1b[31mred\x1b[0m"
    assert PROCESSES.run(sh(f"printf '{red}'"), lines.append) == "red"
    assert lines == [red]


def test_an_exit_is_described_by_its_status_or_signal() -> None:
    assert describe_exit(3) == "exited with status 3"
    assert describe_exit(-9) == "was killed by signal 9"


def test_variables_that_are_too_large_together_are_an_error_without_values() -> None:
    env = {**ENV, **{f"V{number}": "v" * 100_000 for number in range(80)}, "BIG": "w" * 120_000}
    with pytest.raises(VariablesTooLarge) as too_large:
        PROCESSES.run(Command(argv=["true"], cwd=Path("/"), env=env))
    assert (too_large.value.largest, too_large.value.size) == ("BIG", 120_000)
    assert too_large.value.total > 8_000_000


def test_arguments_that_are_too_large_are_not_blamed_on_variables() -> None:
    argv = ["true", "a" * 200_000]
    with pytest.raises(OSError, match="Argument list too long"):
        PROCESSES.run(Command(argv=argv, cwd=Path("/"), env=ENV))
