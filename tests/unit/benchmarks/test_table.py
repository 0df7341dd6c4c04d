"""The tables are aligned, with one line for each row."""

from __future__ import annotations

from figures import Figures, Row
from measured import Measured
from strace import Traced
from table import doors_table, table, verdicts_table
from targets import Verdict


def row(tool: str, seconds: float, traced: Traced | None = None) -> Row:
    measured = Measured(seconds=seconds, processor_seconds=1.5, peak_mb=51.2, written_mb=160)
    return Row(tool=tool, name="cold", rounds=[measured], traced=traced)


def test_a_row_has_its_times_ratios_and_counts() -> None:
    pip = row("plain pip", 8, Traced(processes=("a", "b"), connections=("c",)))
    rows = {one.title: one for one in (pip, row("bare uv", 2))}
    found = Figures(app="medium", rows=rows, distributions=53, megabytes=150)
    lines = table(found).splitlines()
    assert lines[0].split()[:5] == ["medium", "(53", "distributions,", "150", "MB)"]
    assert lines[1].split()[3:] == ("8.000 8.000 8.000 1.000 4.000 1.50 51 160 2 0 1".split())
    assert lines[2].split()[3:] == "2.000 2.000 2.000 0.250 1.000 1.50 51 160".split()
    assert lines[0].index("median s") + len("median s") == lines[1].index("8.000") + 5


def test_doors_are_in_milliseconds() -> None:
    text = doors_table({"detect": [0.05, 0.04, 0.09]})
    assert text.splitlines()[1].split() == ["detect", "50.0", "40.0", "90.0"]


def test_a_target_that_is_missed_stands_out() -> None:
    met = Verdict(title="cold", measured=1.1, bound=1.15, unit="x")
    missed = Verdict(title="no change", measured=5, bound=3, unit="processes")
    lines = verdicts_table([met, missed]).splitlines()
    assert lines[1].split() == ["cold", "1.1", "1.15", "x", "met"]
    assert lines[2].endswith("5        3  processes  NOT MET")
