"""Generated packages are valid wheels, and their figures become lines of a chart."""

from __future__ import annotations

import zipfile
from pathlib import Path

from figures import Figures, Row
from growth import COUNTS, SHOWN, draw, grown_app, make_wheels
from measured import Measured
from slipway.effects.packages.wheels import read_metadata


def test_a_generated_wheel_is_valid(tmp_path: Path) -> None:
    assert make_wheels(tmp_path, 2) == ["harbour-bench-000==1.0", "harbour-bench-001==1.0"]
    wheels = sorted(tmp_path.iterdir())
    assert [wheel.name for wheel in wheels] == [
        "harbour_bench_000-1.0-py3-none-any.whl",
        "harbour_bench_001-1.0-py3-none-any.whl",
    ]
    assert all("Version: 1.0" in read_metadata(wheel, wheel.name) for wheel in wheels)
    with zipfile.ZipFile(wheels[0]) as wheel:
        compile(wheel.read("harbour_bench_000/module_19.py"), "module_19.py", "exec")


def test_larger_apps_include_the_requirements_of_smaller_ones(tmp_path: Path) -> None:
    small, large = (grown_app(tmp_path, count, "3.11").requirements for count in (1, 3))
    assert large.startswith(small)
    assert "--no-index" in small.splitlines()


def test_each_measured_row_becomes_a_line() -> None:
    figures = {
        count: Figures(
            app=f"{count} packages",
            rows={
                title: Row(tool="", name=title, rounds=[Measured(seconds=count / 10)])
                for title in SHOWN[:2]
            },
        )
        for count in COUNTS
    }
    drawn = draw(figures)
    assert drawn.count("<circle") == 2 * len(COUNTS)
    assert "plain pip: cold</text>" in drawn
    assert SHOWN[2] not in drawn, "a row that was not measured has no line"
