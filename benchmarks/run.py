"""Measure how long builds take, compared with pip and uv alone in the same run.

    python3 benchmarks/run.py                   five rounds of three apps; takes an hour
    python3 benchmarks/run.py --apps medium --rounds 1 --rows cold
    python3 benchmarks/run.py --growth --svg growth.svg

Compare only the figures of one run, because every machine has another speed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from figures import Figures, as_data
from growth import COUNTS, SHOWN, draw, grown_app
from machine import (
    builder_environment,
    copy_of_slipway,
    describe,
    find_python,
    find_uv,
    time_doors,
    version_of,
)
from measured import Failed, can_trace, measure
from places import Place, Step
from rounds import Wanted, run_rounds, trace_round
from sample_apps import NAMES, django_app
from slipway_builds import Slipway
from table import doors_table, table, verdicts_table
from targets import APPS, judge, judge_doors

DOORS = "doors"
"""The name in --rows of bin/detect and the profile script."""

_FAILED = 2
"""The exit status if something could not be measured."""


def main(argv: Sequence[str]) -> int:
    options = _options().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="slipway-benchmark-") as name:
        folder = Path(name).resolve()
        place = Place(
            folder=folder / "round",
            slipway=copy_of_slipway(folder / "slipway"),
            python=find_python(),
            uv=find_uv(options.uv, folder),
            env=builder_environment(),
            measure=measure,
        )
        try:
            return _grow(options, place) if options.growth else _compare(options, place)
        except Failed as error:
            print(error, file=sys.stderr)
            return _FAILED


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="how many times each row is timed (default: 5)")
    add(
        "--apps",
        type=_names,
        default=NAMES,
        help=f"apps to build, separated by commas (default: {','.join(NAMES)})",
    )
    add(
        "--rows",
        type=_names,
        default=(),
        help=f"parts of row names, separated by commas, or {DOORS} (default: all)",
    )
    add("--json", type=Path, help="a file for all figures")
    add(
        "--uv",
        type=Path,
        help="the uv to use (default: the pinned version, from PATH or downloaded)",
    )
    add(
        "--no-trace",
        action="store_true",
        help="do not count processes and connections with strace",
    )
    add("--strict", action="store_true", help="exit with status 1 if a target is not met")
    add(
        "--growth",
        action="store_true",
        help=f"time apps of {COUNTS[0]} to {COUNTS[-1]} packages instead",
    )
    add("--svg", type=Path, help="a file for the chart of --growth")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _compare(options: argparse.Namespace, place: Place) -> int:
    def wanted(step: Step) -> bool:
        return not options.rows or any(part in step.title for part in options.rows)

    found, failures = _figures(options, place, wanted)
    verdicts = [verdict for name in APPS if name in found for verdict in judge(found[name])]
    doors = {} if options.rows and DOORS not in options.rows else _doors(place)
    if doors:
        print(f"{doors_table(doors)}\n")
        verdicts += judge_doors(doors)
    print(verdicts_table(verdicts))
    apps = {name: as_data(figures) for name, figures in found.items()}
    rounded = {name: [round(one, 5) for one in seconds] for name, seconds in doors.items()}
    targets = [{**asdict(verdict), "met": verdict.is_met} for verdict in verdicts]
    _write(options, place, {"apps": apps, DOORS: rounded, "targets": targets})
    for failure in failures:
        print(failure, file=sys.stderr)
    all_met = all(verdict.is_met for verdict in verdicts)
    return _FAILED if failures else int(options.strict and not all_met)


def _figures(
    options: argparse.Namespace, place: Place, wanted: Wanted
) -> tuple[dict[str, Figures], list[str]]:
    """Time one app after the other; the figures of one are not lost if the next one fails."""
    found: dict[str, Figures] = {}
    failures: list[str] = []
    for name in options.apps:
        app = django_app(name, version_of(place.python))
        try:
            found[name] = run_rounds(app, place, options.rounds, wanted)
            if not options.no_trace and can_trace():
                trace_round(app, place, wanted, found[name])
        except Failed as error:
            failures.append(f"{name}: {error}")
        if name in found:
            print(f"{table(found[name])}\n", flush=True)
    return found, failures


def _grow(options: argparse.Namespace, place: Place) -> int:
    found: dict[int, Figures] = {}
    for count in COUNTS:
        app = grown_app(place.folder.parent / "wheels", count, version_of(place.python))
        found[count] = run_rounds(app, place, options.rounds, lambda step: step.title in SHOWN)
        print(f"{table(found[count])}\n", flush=True)
    if options.svg:
        options.svg.write_text(draw(found), encoding="utf-8")
    growth = {str(count): as_data(figures) for count, figures in found.items()}
    _write(options, place, {"growth": growth})
    return 0


def _doors(place: Place) -> dict[str, list[float]]:
    """Time the doors that take milliseconds, with the small app and a build of it."""
    app = django_app("small", version_of(place.python))
    place.folder.mkdir()
    built, _ = Slipway(name="doors", toolchain="auto", place=place).build_and_keep(app)
    return time_doors(app.write(place.folder / "app"), built, place.slipway)


def _write(options: argparse.Namespace, place: Place, figures: Mapping[str, object]) -> None:
    if options.json:
        machine = describe(place.python, place.uv)
        data = {"rounds": options.rounds, "machine": machine, **figures}
        options.json.write_text(f"{json.dumps(data, indent=2)}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
