"""Long work gives a sign of life, short work none."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from slipway.effects import progress as module
from slipway.effects.progress import progress_times, reporting_progress


def test_signs_come_less_and_less_often() -> None:
    assert [*islice(progress_times(), 4)] == [5, 10, 20, 40]


def test_short_work_says_nothing() -> None:
    told: list[str] = []
    with reporting_progress(told.append, "copying"):
        pass
    assert told == []


def test_long_work_says_what_it_is_at_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRESS_INTERVAL", 0.05)
    told: list[str] = []
    with reporting_progress(told.append, "copying"):
        deadline = time.monotonic() + 20
        while len(told) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    count = len(told)
    assert count >= 2
    assert told[0] == "still copying, 0 s"
    time.sleep(0.2)
    assert len(told) == count


def test_it_ends_when_the_work_fails() -> None:
    told: list[str] = []

    def fail() -> None:
        with reporting_progress(told.append, "copying"):
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert told == []
