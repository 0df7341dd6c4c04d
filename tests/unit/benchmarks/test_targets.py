"""Figures are compared with the targets, except those that were not measured."""

from __future__ import annotations

import re

from conftest import ROOT
from figures import Figures, Row
from measured import Measured
from strace import Traced
from targets import TARGETS, judge, judge_doors

DJANGO = "python manage.py collectstatic"


def row(tool: str, name: str, seconds: float, *processes: str) -> Row:
    rounds = [Measured(seconds=seconds)]
    return Row(tool=tool, name=name, rounds=rounds, traced=Traced(processes=processes))


def judged(*rows: Row) -> dict[str, tuple[float, bool]]:
    figures = Figures(app="large", rows={one.title: one for one in rows})
    return {one.title: (one.measured, one.is_met) for one in judge(figures)}


def test_the_time_of_django_does_not_count_for_a_cold_build_with_uv() -> None:
    found = judged(
        row("bare uv", "cold", 4),
        row("Django alone", "collectstatic", 1),
        row("Slipway with uv", "cold", 5.4, DJANGO),
    )
    assert found == {
        "large, Slipway with uv: cold, ratio to bare uv, without collectstatic": (1.1, True)
    }


def test_a_cold_build_from_a_lock_is_compared_with_the_tool_of_the_lock() -> None:
    found = judged(
        row("bare uv", "cold", 3),
        row("bare uv", "cold, from uv.lock", 4),
        row("Django alone", "collectstatic", 1),
        row("Slipway with uv", "cold, from uv.lock", 6, DJANGO),
    )
    title = (
        "large, Slipway with uv: cold, from uv.lock, ratio to uv sync, without collectstatic"
    )
    assert found == {title: (1.25, True)}


def test_a_cold_build_with_pip_tools_may_take_twice_as_long() -> None:
    found = judged(
        row("plain pip", "cold", 10),
        row("Django alone", "collectstatic", 1),
        row("Slipway with pip-tools", "cold", 20.5, DJANGO),
    )
    assert found == {
        "large, Slipway with pip-tools: cold, ratio to plain pip": (2.05, False),
    }


def test_an_unchanged_build_is_bounded_in_time_and_connections() -> None:
    found = judged(
        row("plain pip", "cold", 10),
        row("Slipway with uv", "no change", 0.4),
    )
    prefix = "large, Slipway with uv: no change,"
    assert found == {
        f"{prefix} ratio to plain pip, without collectstatic": (0.04, True),
        f"{prefix} seconds without collectstatic": (0.4, True),
        f"{prefix} connections": (0, True),
    }


def test_doors_are_judged_by_their_median() -> None:
    (found,) = judge_doors({"profile": [0.009, 0.008, 0.5], "a shell alone": [0.001]})
    assert (found.measured, found.unit, found.is_met) == (9, "ms", True)


def test_every_target_is_about_an_existing_row() -> None:
    lanes = (ROOT / "benchmarks" / "lanes.py").read_text("utf-8")
    assert {one.row for one in TARGETS} <= set(re.findall(r'"([a-z ,.]+)"', lanes))
