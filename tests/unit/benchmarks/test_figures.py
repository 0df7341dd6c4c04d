"""Figures of one run are compared with each other, round by round."""

from __future__ import annotations

import pytest

from figures import Figures, Row, as_data, ratio
from measured import Measured
from strace import Traced


def row(tool: str, name: str, *seconds: float, traced: Traced | None = None) -> Row:
    rounds = [
        Measured(seconds=one, processor_seconds=3, peak_mb=40, written_mb=2) for one in seconds
    ]
    return Row(tool=tool, name=name, rounds=rounds, traced=traced)


def figures(*rows: Row) -> Figures:
    return Figures(app="medium", rows={one.title: one for one in rows})


def test_a_machine_that_slows_down_does_not_change_a_ratio() -> None:
    assert ratio([1, 2, 40], [2, 4, 80]) == 0.5


def test_without_the_other_row_there_is_no_ratio() -> None:
    alone = row("bare uv", "cold", 1)
    assert figures(alone).ratio(alone, "plain pip") is None


def test_the_time_of_django_is_subtracted_if_it_ran() -> None:
    django = row("Django alone", "collectstatic", 0.5, 0.7)
    ran = row("Slipway", "cold", 3, 4, traced=Traced(processes=("python manage.py",)))
    without = row("Slipway", "detect", 0.3, 0.3, traced=Traced())
    found = figures(django, ran, without)
    assert found.without_django(ran) == pytest.approx([2.5, 3.3])
    assert found.without_django(without) == [0.3, 0.3]


def test_without_strace_each_build_counts_as_running_django() -> None:
    cold, again = row("Slipway", "cold", 3), row("Slipway", "no change", 0.6)
    found = figures(row("Django alone", "collectstatic", 0.5), cold, again)
    assert found.without_django(cold) == [2.5]
    assert found.without_django(again) == pytest.approx([0.1])


def test_every_round_is_in_the_data() -> None:
    traced = Traced(processes=("tar", "python manage.py"), connections=("::1 port 443",))
    data = as_data(figures(row("plain pip", "cold", 8, 10, 9, traced=traced)))
    assert data["rows"] == {
        "plain pip: cold": {
            "seconds": [8, 10, 9],
            "median": 9,
            "min": 8,
            "max": 10,
            "of_plain_pip_cold": 1.0,
            "of_bare_uv_cold": None,
            "processor_seconds": 3,
            "peak_mb": 40,
            "written_mb": 2,
            "processes": ["tar", "python manage.py"],
            "processes_of_django": 1,
            "connections": 1,
        }
    }
