"""The targets for the figures, and whether they are met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median

from figures import Figures, Row, ratio
from lanes import CODE, COLD, COMMENT, LOCKED, NO_CHANGE, ONE_PACKAGE, PIP, TOOLCHAINS, UV
from slipway_builds import toolchain_name

APPS = ("medium", "large")
"""The apps with targets; the small one has none."""


class Unit(Enum):
    """The unit of a measurement and its bound."""

    RATIO = "x"
    SECONDS = "s"
    CONNECTIONS = "connections"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A bound for a row, in every app of APPS."""

    words: str
    tool: str
    row: str
    bound: float
    unit: Unit = Unit.RATIO
    of: str = ""
    """For a ratio: the tool whose row `of_row` is 1."""
    of_row: str = COLD
    less_django: bool = False
    """Whether the time of the app's own Django commands is subtracted first."""


@dataclass(frozen=True, kw_only=True)
class DoorTarget:
    """A bound for the median of a door."""

    words: str
    door: str
    milliseconds: float


def _for(toolchain: str) -> tuple[Target, ...]:
    tool = toolchain_name(toolchain)
    return tuple(
        target
        for row in (NO_CHANGE, COMMENT, CODE)
        for target in (
            Target(
                words="ratio to plain pip, without collectstatic",
                tool=tool,
                row=row,
                bound=0.08,
                of=PIP,
                less_django=True,
            ),
            Target(
                words="seconds without collectstatic",
                tool=tool,
                row=row,
                bound=0.6,
                unit=Unit.SECONDS,
                less_django=True,
            ),
            Target(words="connections", tool=tool, row=row, bound=0, unit=Unit.CONNECTIONS),
        )
    )


TARGETS = (
    Target(
        words="ratio to bare uv, without collectstatic",
        tool=toolchain_name("uv"),
        row=COLD,
        bound=1.2,
        of=UV,
        less_django=True,
    ),
    Target(
        words="ratio to uv sync, without collectstatic",
        tool=toolchain_name("uv"),
        row=LOCKED,
        bound=1.25,
        of=UV,
        of_row=LOCKED,
        less_django=True,
    ),
    Target(
        words="ratio to plain pip",
        tool=toolchain_name("pip-tools"),
        row=COLD,
        bound=2.0,
        of=PIP,
    ),
    Target(
        words="ratio to plain pip, cold",
        tool=toolchain_name("uv"),
        row=ONE_PACKAGE,
        bound=0.3,
        of=PIP,
    ),
    *(target for toolchain in TOOLCHAINS for target in _for(toolchain)),
)
DOOR_TARGETS = (
    DoorTarget(words="sourcing the profile", door="profile", milliseconds=10),
    DoorTarget(
        words="sourcing the profile with ten services",
        door="profile with ten services",
        milliseconds=50,
    ),
    DoorTarget(words="bin/detect", door="detect", milliseconds=60),
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was measured for a target, and its bound."""

    title: str
    measured: float
    bound: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.measured <= self.bound


def judge(figures: Figures, targets: Sequence[Target] = TARGETS) -> Iterator[Verdict]:
    """Compare an app's figures with the targets; rows that were not measured are left out."""
    for target in targets:
        row = figures.find(target.tool, target.row)
        measured = None if row is None else _measured(figures, row, target)
        if measured is not None:
            yield Verdict(
                title=f"{figures.app}, {target.tool}: {target.row}, {target.words}",
                measured=round(measured, 3),
                bound=target.bound,
                unit=target.unit.value,
            )


def judge_doors(doors: Mapping[str, Sequence[float]]) -> Iterator[Verdict]:
    """Compare the medians of the doors with their targets; `doors` has seconds."""
    for target in DOOR_TARGETS:
        if target.door in doors:
            yield Verdict(
                title=target.words,
                measured=round(median(doors[target.door]) * 1000, 1),
                bound=target.milliseconds,
                unit="ms",
            )


def _measured(figures: Figures, row: Row, target: Target) -> float | None:
    if target.unit is Unit.CONNECTIONS:
        return None if row.traced is None else len(row.traced.connections)
    seconds = figures.without_django(row) if target.less_django else row.seconds
    if target.unit is Unit.SECONDS:
        return median(seconds)
    other = figures.find(target.of, target.of_row)
    return ratio(seconds, other.seconds) if other else None
