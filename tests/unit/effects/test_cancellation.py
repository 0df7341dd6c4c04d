"""What one thread has going on outside can be ended by another."""

from __future__ import annotations

import pytest

from slipway.effects.cancellation import CalledOff, Outside


def test_all_that_goes_on_is_ended_and_nothing_more_is_started() -> None:
    outside, ended = Outside(), list[str]()
    with outside.going_on(lambda: "over already", ended.append):
        pass
    with (
        outside.going_on(lambda: "one", ended.append),
        outside.going_on(lambda: "two", ended.append),
    ):
        outside.call_off()
    assert sorted(ended) == ["one", "two"]
    started = list[str]()
    with pytest.raises(CalledOff), outside.going_on(lambda: started.append("three"), print):
        raise AssertionError("it goes on")
    assert not started


def test_what_cannot_be_started_is_not_ended() -> None:
    outside = Outside()

    def fail() -> None:
        raise OSError("no such program")

    with pytest.raises(OSError, match="no such program"), outside.going_on(fail, print):
        raise AssertionError("it goes on")
    outside.call_off()
