"""What the figures have to show is judged, and what was not measured is not."""

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
    return {one.title: (one.measured, one.is_kept) for one in judge(figures)}


def test_a_cold_build_with_uv_may_run_django_besides() -> None:
    found = judged(
        row("bare uv", "cold", 4),
        row("Django alone", "collectstatic", 1),
        row("Slipway with uv", "cold", 5.4, DJANGO),
    )
    assert found == {
        "large, Slipway with uv: cold, of bare uv, without Django's own": (1.1, True)
    }


def test_a_cold_build_with_pip_tools_may_take_twice_as_long() -> None:
    found = judged(
        row("plain pip", "cold", 10),
        row("Django alone", "collectstatic", 1),
        row("Slipway with pip-tools", "cold", 20.5, DJANGO),
    )
    assert found == {
        "large, Slipway with pip-tools: cold, of plain pip": (2.05, False),
    }


def test_an_unchanged_build_is_bounded_in_time_and_connections() -> None:
    found = judged(
        row("plain pip", "cold", 10),
        row("Slipway with uv", "no change", 0.4),
    )
    prefix = "large, Slipway with uv: no change,"
    assert found == {
        f"{prefix} of plain pip, without Django's own": (0.04, True),
        f"{prefix} seconds without Django's own": (0.4, True),
        f"{prefix} connections": (0, True),
    }


def test_doors_are_judged_by_their_median() -> None:
    (found,) = judge_doors({"profile": [0.009, 0.008, 0.5], "a shell alone": [0.001]})
    assert (found.measured, found.unit, found.is_kept) == (9, "ms", True)


def test_every_target_is_about_a_row_that_there_is() -> None:
    lanes = (ROOT / "benchmarks" / "lanes.py").read_text("utf-8")
    assert {one.row for one in TARGETS} <= set(re.findall(r'"([a-z ]+)"', lanes))
