"""The last line after a signal says what is true at that moment."""

from __future__ import annotations

import signal

import pytest
from slipway_release import ending
from slipway_release.ending import Ended, sentence, words_at_work

RELEASED = "Release step ended by SIGTERM, and its lock is released."


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (ending.UNCHANGED, "Release step ended by SIGTERM before it changed anything."),
        (ending.WAITING, "Stopped while waiting for instance 0 (SIGTERM)."),
        (
            words_at_work(is_start=False, has_lock=True),
            f"{RELEASED} Run it again to continue.",
        ),
        (
            words_at_work(is_start=True, has_lock=True),
            f"{RELEASED} The next start continues.",
        ),
        (
            words_at_work(is_start=False, has_lock=False),
            "Release step ended by SIGTERM. Run it again to continue.",
        ),
    ],
    ids=["before", "another instance", "by hand", "start", "without a lock"],
)
def test_the_last_words_are_those_of_the_moment(
    words: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "last_words", [words])
    assert sentence(Ended(signal.SIGTERM)) == line
