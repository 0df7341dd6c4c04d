"""Run rounds: in each one, all lanes start from nothing and take turns."""

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
    locked_lane,
    pip_lane,
    slipway_lane,
    uv_downloaded_lane,
    uv_lane,
)
from measured import trace
from places import Place, Step
from sample_apps import SampleApp

Wanted = Callable[[Step], bool]

UV_DOWNLOADED_FOR = "medium"
"""The app that is also built without uv on PATH; one app is enough."""


def lanes_of(app: SampleApp, place: Place) -> list[Lane]:
    """Return all lanes for an app."""
    lanes = [pip_lane(app, place), uv_lane(app, place)]
    lanes += [slipway_lane(app, place, toolchain) for toolchain in TOOLCHAINS]
    lanes += [bundled_lane(app, place, toolchain) for toolchain in TOOLCHAINS]
    if app.name == UV_DOWNLOADED_FOR:
        lanes.append(uv_downloaded_lane(app, place))
    if app.vendored:
        lanes.append(locked_lane(app, place))
    return lanes


def run_rounds(app: SampleApp, place: Place, rounds: int, wanted: Wanted) -> Figures:
    """Time the wanted steps in several rounds.

    Raises Failed.
    """
    figures = Figures(app=app.name)
    for number in range(rounds):
        _log(f"{app.name}, round {number + 1} of {rounds}")
        for step in _steps(app, place, wanted):
            os.sync()  # so this step does not wait for what the last one has written
            measured = step.work()
            _log(f"    {step.title}: {measured.seconds:.1f} s")
            if wanted(step):
                figures.row(step).rounds.append(measured)
        if place.pip_environment.exists():
            figures.distributions, figures.megabytes = _count_installed(place.pip_environment)
        shutil.rmtree(place.folder)
    return figures


def trace_round(app: SampleApp, place: Place, wanted: Wanted, figures: Figures) -> None:
    """Run the wanted steps once under strace, which is not timed, and add to the figures.

    Raises Failed.
    """
    _log(f"{app.name}, under strace")
    for step in _steps(app, replace(place, measure=trace), wanted):
        traced = step.work().traced
        _log(f"    {step.title}")
        if wanted(step):
            figures.row(step).traced = traced
    shutil.rmtree(place.folder)


def _steps(app: SampleApp, place: Place, wanted: Wanted) -> Sequence[Step]:
    """Cut each lane after its last wanted step, and return the steps of all lanes in turn."""
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir()
    lanes = [_until_last_wanted(lane, wanted) for lane in lanes_of(app, place)]
    return [step for turn in zip_longest(*lanes) for step in turn if step]


def _until_last_wanted(lane: Lane, wanted: Wanted) -> Lane:
    numbers = [number for number, step in enumerate(lane, 1) if wanted(step)]
    return lane[: max(numbers, default=0)]


def _count_installed(environment: Path) -> tuple[int, float]:
    """Count a virtual environment's distributions, except pip, and its megabytes."""
    files = [path for path in environment.rglob("*") if not path.is_symlink()]
    found = list(environment.glob("lib/python*/site-packages/*.dist-info"))
    pips = sum(path.name.startswith("pip-") for path in found)
    return len(found) - pips, sum(path.stat().st_size for path in files) / 1e6


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
