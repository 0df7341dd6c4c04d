"""The figures of one app: rows, and how they compare with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from lanes import DJANGO
from measured import Measured
from places import Step
from strace import Traced


@dataclass(kw_only=True)
class Row:
    """One thing that was done once a round, in the order of the rounds."""

    tool: str
    name: str
    rounds: list[Measured] = field(default_factory=list)
    traced: Traced | None = None
    """Of a run of its own, which was not timed; None where there is no strace."""

    @property
    def title(self) -> str:
        return f"{self.tool}: {self.name}"

    @property
    def seconds(self) -> list[float]:
        return [measured.seconds for measured in self.rounds]

    @property
    def processor_seconds(self) -> float:
        return median(measured.processor_seconds for measured in self.rounds)

    @property
    def peak_mb(self) -> float:
        return median(measured.peak_mb for measured in self.rounds)

    @property
    def written_mb(self) -> float:
        return median(measured.written_mb for measured in self.rounds)


@dataclass(kw_only=True)
class Figures:
    """All rows of one app, in the order in which they were first done."""

    app: str
    rows: dict[str, Row] = field(default_factory=dict)
    distributions: int = 0
    """What plain pip installed, with the private package."""
    megabytes: float = 0.0

    def row(self, step: Step) -> Row:
        """Give the row that a step belongs to."""
        return self.rows.setdefault(step.title, Row(tool=step.tool, name=step.row))

    def find(self, tool: str, name: str) -> Row | None:
        return self.rows.get(f"{tool}: {name}")

    def ratio(self, row: Row, tool: str, name: str = "cold") -> float | None:
        """Compare round by round, so that it holds while the machine's speed drifts."""
        other = self.find(tool, name)
        return ratio(row.seconds, other.seconds) if other else None

    def without_django(self, row: Row) -> Sequence[float]:
        """Take off what the app's own Django commands take, if the row ran any.

        A row that was not traced is taken to have run them: each build of Slipway does.
        """
        django = self.find(DJANGO, "collectstatic")
        ran = row.traced.of_django > 0 if row.traced else True
        if django is None or not ran:
            return row.seconds
        return [one - other for one, other in zip(row.seconds, django.seconds, strict=False)]


def ratio(these: Sequence[float], those: Sequence[float]) -> float | None:
    """Give the median of the rounds' ratios; None where there is nothing to compare."""
    ratios = [one / other for one, other in zip(these, those, strict=False)]
    return median(ratios) if ratios else None


def as_data(figures: Figures) -> Mapping[str, object]:
    """Give all there is, for JSON: every round's figures too."""
    return {
        "distributions": figures.distributions,
        "megabytes": round(figures.megabytes, 1),
        "rows": {title: _row_as_data(figures, row) for title, row in figures.rows.items()},
    }


def _row_as_data(figures: Figures, row: Row) -> Mapping[str, object]:
    seconds, traced = row.seconds, row.traced
    data: dict[str, object] = {
        "seconds": [round(one, 4) for one in seconds],
        "median": round(median(seconds), 4),
        "min": round(min(seconds), 4),
        "max": round(max(seconds), 4),
        "of_plain_pip_cold": figures.ratio(row, "plain pip"),
        "of_bare_uv_cold": figures.ratio(row, "bare uv"),
        "processor_seconds": round(row.processor_seconds, 3),
        "peak_mb": round(row.peak_mb, 1),
        "written_mb": round(row.written_mb, 1),
    }
    if traced:
        data["processes"] = list(traced.processes)
        data["processes_of_django"] = traced.of_django
        data["connections"] = len(traced.connections)
    return data
