"""Long work reports its progress, short work does not."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from slipway.effects import progress as module
from slipway.effects.progress import logged_progress, progress_times


def test_progress_is_logged_less_and_less_often() -> None:
    assert [*islice(progress_times(), 4)] == [5, 10, 20, 40]


def test_short_work_logs_nothing() -> None:
    logged: list[str] = []
    with logged_progress(logged.append, "copying"):
        pass
    assert logged == []


def test_long_work_logs_what_it_does_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRESS_INTERVAL", 0.05)
    logged: list[str] = []
    with logged_progress(logged.append, "copying"):
        deadline = time.monotonic() + 20
        while len(logged) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    count = len(logged)
    assert count >= 2
    assert logged[0] == "Still copying (0 s)"
    time.sleep(0.2)
    assert len(logged) == count


def test_nothing_is_logged_once_the_work_has_failed() -> None:
    logged: list[str] = []

    def fail() -> None:
        with logged_progress(logged.append, "copying"):
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert logged == []
