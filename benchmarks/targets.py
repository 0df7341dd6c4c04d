"""What the figures have to show, and whether they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median

from figures import Figures, Row, ratio
from lanes import CODE, COLD, COMMENT, NO_CHANGE, ONE_PACKAGE, PIP, TOOLCHAINS, UV
from slipway_builds import toolchain_name

APPS = ("medium", "large")
"""The small one is there to be looked at."""


class Unit(Enum):
    """What is compared with a bound."""

    RATIO = "x"
    SECONDS = "s"
    CONNECTIONS = "connections"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A bound that a row keeps, in every app of APPS."""

    words: str
    tool: str
    row: str
    bound: float
    unit: Unit = Unit.RATIO
    of: str = ""
    """Whose cold row is 1, for a ratio."""
    less_django: bool = False
    """Whether what the app's own Django commands take is taken off first."""


@dataclass(frozen=True, kw_only=True)
class DoorTarget:
    """A bound on the median of something that is short."""

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
                words="of plain pip, without Django's own",
                tool=tool,
                row=row,
                bound=0.08,
                of=PIP,
                less_django=True,
            ),
            Target(
                words="seconds without Django's own",
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
        words="of bare uv, without Django's own",
        tool=toolchain_name("uv"),
        row=COLD,
        bound=1.2,
        of=UV,
        less_django=True,
    ),
    Target(words="of plain pip", tool=toolchain_name("pip-tools"), row=COLD, bound=2.0, of=PIP),
    Target(
        words="of plain pip, cold",
        tool=toolchain_name("uv"),
        row=ONE_PACKAGE,
        bound=0.3,
        of=PIP,
    ),
    *(target for toolchain in TOOLCHAINS for target in _for(toolchain)),
)
DOOR_TARGETS = (
    DoorTarget(words="sourcing the profile", door="profile", milliseconds=10),
    DoorTarget(words="bin/detect", door="detect", milliseconds=60),
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was measured for a target."""

    title: str
    measured: float
    bound: float
    unit: str

    @property
    def is_kept(self) -> bool:
        return self.measured <= self.bound


def judge(figures: Figures, targets: Sequence[Target] = TARGETS) -> Iterator[Verdict]:
    """Compare an app's figures with the targets; what was not measured is left out."""
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
    """Compare the medians of what is short; `doors` has seconds."""
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
    other = figures.find(target.of, COLD)
    return ratio(seconds, other.seconds) if other else None
