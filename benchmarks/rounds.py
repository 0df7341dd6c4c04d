"""Rounds: every lane from its beginning, all of them abreast, again and again."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from figures import Figures
from lanes import (
    TOOLCHAINS,
    Lane,
    bundled_lane,
    fetched_lane,
    pip_lane,
    slipway_lane,
    uv_lane,
)
from measured import trace
from places import Place, Step
from sample_apps import SampleApp

Wanted = Callable[[Step], bool]

FETCHED_FOR = "medium"
"""The app that is built without a uv on PATH too: once is enough."""


def lanes_of(app: SampleApp, place: Place) -> list[Lane]:
    """Give all that is done for an app."""
    lanes = [pip_lane(app, place), uv_lane(app, place)]
    lanes += [slipway_lane(app, place, toolchain) for toolchain in TOOLCHAINS]
    lanes += [bundled_lane(app, place, toolchain) for toolchain in TOOLCHAINS]
    if app.name == FETCHED_FOR:
        lanes.append(fetched_lane(app, place))
    return lanes


def run_rounds(app: SampleApp, place: Place, rounds: int, wanted: Wanted) -> Figures:
    """Time what is wanted, in so many rounds.

    Raises Failed.
    """
    figures = Figures(app=app.name)
    for number in range(rounds):
        _say(f"{app.name}, round {number + 1} of {rounds}")
        for step in _steps(app, place, wanted):
            os.sync()  # what the step before has written is not to be waited for in this one
            measured = step.work()
            _say(f"    {step.title}: {measured.seconds:.1f} s")
            if wanted(step):
                figures.row(step).rounds.append(measured)
        if place.pip_environment.exists():
            figures.distributions, figures.megabytes = _count_installed(place.pip_environment)
        shutil.rmtree(place.folder)
    return figures


def trace_round(app: SampleApp, place: Place, wanted: Wanted, figures: Figures) -> None:
    """Do it all once more under strace, which takes longer, and add to the figures.

    Raises Failed.
    """
    _say(f"{app.name}, under strace")
    for step in _steps(app, replace(place, measure=trace), wanted):
        traced = step.work().traced
        _say(f"    {step.title}")
        if wanted(step):
            figures.row(step).traced = traced
    shutil.rmtree(place.folder)


def _steps(app: SampleApp, place: Place, wanted: Wanted) -> Sequence[Step]:
    """Let each lane go as far as something in it is wanted, and take their steps in turn."""
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir()
    lanes = [_until_last(lane, wanted) for lane in lanes_of(app, place)]
    return [step for abreast in zip_longest(*lanes) for step in abreast if step]


def _until_last(lane: Lane, wanted: Wanted) -> Lane:
    numbers = [number for number, step in enumerate(lane, 1) if wanted(step)]
    return lane[: max(numbers, default=0)]


def _count_installed(environment: Path) -> tuple[int, float]:
    """Count an environment's distributions, and its megabytes."""
    files = [path for path in environment.rglob("*") if not path.is_symlink()]
    found = list(environment.glob("lib/python*/site-packages/*.dist-info"))
    others = sum(path.name.startswith("pip-") for path in found)
    return len(found) - others, sum(path.stat().st_size for path in files) / 1e6


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
