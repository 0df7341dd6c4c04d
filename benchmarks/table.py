"""The figures as a table for a terminal, one line for each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from figures import Figures, Row
from lanes import PIP, UV
from targets import Verdict

_HEADINGS = (
    *("median s", "min", "max", "x pip", "x uv", "CPU s", "peak MB", "written MB"),
    *("processes", "Django's", "connections"),
)


def table(figures: Figures) -> str:
    """Format an app's rows; `x pip` and `x uv` are ratios to the cold row of each."""
    title = figures.app
    if figures.distributions:
        size = f"{figures.distributions} distributions, {figures.megabytes:.0f} MB"
        title = f"{title} ({size})"
    lines: list[tuple[str, ...]] = [(title, *_HEADINGS)]
    lines += [(row.title, *_cells(figures, row)) for row in figures.rows.values()]
    return aligned(lines)


def doors_table(doors: Mapping[str, Sequence[float]]) -> str:
    """Format the times of the doors in milliseconds; `doors` has seconds."""
    lines: list[tuple[str, ...]] = [("doors", "median ms", "min", "max")]
    for name, seconds in doors.items():
        found = [median(seconds), min(seconds), max(seconds)]
        lines.append((name, *(f"{one * 1000:.1f}" for one in found)))
    return aligned(lines)


def verdicts_table(verdicts: Iterable[Verdict]) -> str:
    """Format for each target what was measured, the bound, and whether it is met."""
    lines = [("targets", "measured", "at most", "", "")]
    lines += [
        (
            one.title,
            f"{one.measured:g}",
            f"{one.bound:g}",
            one.unit,
            "met" if one.is_met else "NOT MET",
        )
        for one in verdicts
    ]
    return aligned(lines)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Align columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths) for line in lines)


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = widths
    cells = [cell.rjust(width) for cell, width in zip(line[1:], rest, strict=True)]
    return "  ".join([line[0].ljust(first), *cells]).rstrip()


def _cells(figures: Figures, row: Row) -> Iterator[str]:
    seconds = row.seconds
    for one in (median(seconds), min(seconds), max(seconds)):
        yield f"{one:.3f}"
    for tool in (PIP, UV):
        found = figures.ratio(row, tool)
        yield "" if found is None else f"{found:.3f}"
    yield f"{row.processor_seconds:.2f}"
    yield f"{row.peak_mb:.0f}"
    yield f"{row.written_mb:.0f}"
    traced = row.traced
    if traced is None:
        yield from ("", "", "")
    else:
        yield from map(str, (len(traced.processes), traced.of_django, len(traced.connections)))
