"""Work beside other work is told after it, and ends with it."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from threading import Event

import pytest

from slipway.effects.background import beside
from slipway.effects.console import Console
from slipway.effects.processes import Command, Processes
from slipway.errors.stopped import CommandFailed

PROGRESS_INTERVAL = 20
PROCESSES = Processes(now=time.monotonic)


@pytest.fixture
def console() -> Console:
    return Console(out=io.StringIO(), err=io.StringIO(), now=time.monotonic)


def lines(console: Console) -> list[str]:
    assert isinstance(console.out, io.StringIO)
    return [line.strip() for line in console.out.getvalue().splitlines()]


def sh(text: str) -> Command:
    return Command(argv=["sh", "-c", text], cwd=Path("/"), env={"PATH": os.defpath})


def test_both_are_at_work_at_once_and_told_one_after_the_other(console: Console) -> None:
    has_spoken, may_end = Event(), Event()

    def work() -> int:
        console.header("Second")
        has_spoken.set()
        assert may_end.wait(PROGRESS_INTERVAL)
        console.info("its end")
        return 7

    with beside(work) as second:
        console.header("First")
        assert has_spoken.wait(PROGRESS_INTERVAL)
        console.info("its end")
        may_end.set()
        assert second.result() == 7
    assert lines(console) == ["-----> First", "its end", "-----> Second", "its end"]


def test_once_its_turn_has_come_it_is_heard_at_once(console: Console) -> None:
    may_speak, has_spoken = Event(), Event()

    def work() -> None:
        assert may_speak.wait(PROGRESS_INTERVAL)
        console.info("a sign of life")
        has_spoken.set()

    with beside(work) as second:
        second.turn.come()
        may_speak.set()
        assert has_spoken.wait(PROGRESS_INTERVAL)
        assert lines(console) == ["a sign of life"]
        second.result()


def test_its_error_comes_with_its_result_and_after_its_words(console: Console) -> None:
    def work() -> None:
        console.info("trying")
        raise ValueError("in vain")

    with beside(work) as second, pytest.raises(ValueError, match="in vain"):
        second.result()
    assert lines(console) == ["trying"]


def test_a_block_that_fails_ends_it_unheard(console: Console, tmp_path: Path) -> None:
    started = tmp_path / "started"

    def work() -> None:
        try:
            PROCESSES.run(sh(f"touch {started}; sleep 600"))
        except CommandFailed:
            console.info("nobody hears this")
            PROCESSES.run(sh(f"touch {tmp_path / 'again'}"))

    def fail_once_it_is_at_work() -> None:
        with beside(work):
            while not started.exists():
                assert time.monotonic() < began + PROGRESS_INTERVAL
                time.sleep(0.01)
            raise KeyError("first")

    began = time.monotonic()
    with pytest.raises(KeyError, match="first"):
        fail_once_it_is_at_work()
    assert time.monotonic() < began + PROGRESS_INTERVAL
    assert not (tmp_path / "again").exists()
    assert lines(console) == []


def test_what_others_start_meanwhile_is_not_ended(tmp_path: Path) -> None:
    with beside(lambda: PROCESSES.run(sh("sleep 600"))):
        assert PROCESSES.run(sh("echo mine")) == "mine"
    assert PROCESSES.run(sh("echo later")) == "later"


def test_a_line_for_once_is_told_where_it_is_heard_first(console: Console) -> None:
    """Not where it was said first: that is another thread each time."""
    has_spoken = Event()

    def work() -> None:
        console.once("uv from PATH")
        console.info("second")
        has_spoken.set()

    with beside(work) as second:
        assert has_spoken.wait(PROGRESS_INTERVAL)
        console.once("uv from PATH")
        console.info("first")
        second.result()
    assert lines(console) == ["uv from PATH", "first", "second"]
