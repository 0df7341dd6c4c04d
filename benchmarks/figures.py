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
    """A step that was run once in each round."""

    tool: str
    name: str
    rounds: list[Measured] = field(default_factory=list)
    traced: Traced | None = None
    """From a separate run, which was not timed; None without strace."""

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
    """All rows of one app, in the order in which they were first run."""

    app: str
    rows: dict[str, Row] = field(default_factory=dict)
    distributions: int = 0
    """How many plain pip installed, including the private package."""
    megabytes: float = 0.0

    def row(self, step: Step) -> Row:
        """Return the row that a step belongs to."""
        return self.rows.setdefault(step.title, Row(tool=step.tool, name=step.row))

    def find(self, tool: str, name: str) -> Row | None:
        return self.rows.get(f"{tool}: {name}")

    def ratio(self, row: Row, tool: str, name: str = "cold") -> float | None:
        """Compare two rows round by round, because the speed of the machine changes."""
        other = self.find(tool, name)
        return ratio(row.seconds, other.seconds) if other else None

    def without_django(self, row: Row) -> Sequence[float]:
        """Return the seconds without those of the app's own Django commands, if it ran any.

        A row that was not traced counts as having run them: each build of Slipway does.
        """
        django = self.find(DJANGO, "collectstatic")
        ran = row.traced.of_django > 0 if row.traced else True
        if django is None or not ran:
            return row.seconds
        return [one - other for one, other in zip(row.seconds, django.seconds, strict=False)]


def ratio(these: Sequence[float], those: Sequence[float]) -> float | None:
    """Return the median of the rounds' ratios; None if there is nothing to compare."""
    ratios = [one / other for one, other in zip(these, those, strict=False)]
    return median(ratios) if ratios else None


def as_data(figures: Figures) -> Mapping[str, object]:
    """Return all figures for JSON, including those of each round."""
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
