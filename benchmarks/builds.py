"""How long detect and builds take, beside pip alone in the same run.

    python3 benchmarks/builds.py [ROUNDS]

The figures of one run can be compared with each other, not with those of another machine.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHEELS = os.pathsep.join(str(path) for path in sorted((ROOT / "vendor").glob("*.whl")))
DETECTS = 30


@dataclass(frozen=True)
class App:
    """A fixture, and what pip would be told to install the same by hand."""

    name: str
    requirements: Sequence[str]
    changed: str = ""
    """A file of a vendored package, to be changed by one byte."""

    @property
    def folder(self) -> Path:
        return ROOT / "fixtures" / self.name


SITE = App("django_site", ["-r", "requirements.txt", "gunicorn"])
VENDORED = App(
    "vendored_packages",
    [
        *(
            "idna",
            "packaging",
            "gunicorn",
            "./vendor/harbour-checksum",
            "./vendor/harbour-quay",
        ),
        *("./vendor/harbour-tides", "./vendor/harbour_ropes-0.3.tar.gz"),
        "./vendor/harbour_signals-1.4.0-py3-none-any.whl",
    ],
    changed="vendor/harbour-quay/src/harbour_quay/__init__.py",
)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times: dict[str, list[float]] = {}
    for _ in range(DETECTS):
        note(times, "bin/detect", detect)
    print(f"{rounds} rounds, seconds: median (lowest to highest)")
    tell(times)
    for app in (SITE, VENDORED):
        print(app.name)
        tell(compare(app, rounds))


def compare(app: App, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        with folder() as place:
            note(times, "cold build", lambda: build(app, place))
            note(times, "unchanged build", lambda: build(app, place))
            if app.changed:
                note(times, "one tree changed", lambda: build(app, place, app.changed))
            note(times, "pip alone", lambda: pip_alone(app, place))
    return times


def tell(times: Mapping[str, Sequence[float]]) -> None:
    pip = statistics.median(times["pip alone"]) if "pip alone" in times else None
    for name, taken in times.items():
        median, low, high = statistics.median(taken), min(taken), max(taken)
        ratio = f"  {median / pip:.2f} of pip alone" if pip and name != "pip alone" else ""
        print(f"  {name:16} {median:7.3f}  ({low:.3f} to {high:.3f}){ratio}")


def note(times: dict[str, list[float]], name: str, work: Callable[[], None]) -> None:
    start = time.perf_counter()
    work()
    times.setdefault(name, []).append(time.perf_counter() - start)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="slipway-benchmark-") as name:
        yield Path(name)


def detect() -> None:
    run(str(ROOT / "bin" / "detect"), str(SITE.folder))


def build(app: App, place: Path, changed: str = "") -> None:
    """Build a fresh copy; the cache is cold in the first call for a place."""
    copy = place / "app"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(app.folder, copy)
    if changed:
        with (copy / changed).open("a", encoding="utf-8") as stream:
            stream.write("#\n")
    run(str(ROOT / "bin" / "compile"), str(copy), str(place / "cache"))


def pip_alone(app: App, place: Path) -> None:
    """Do by hand what a build at least must: an environment, and the packages in it."""
    environment = place / "venv"
    variables = {**os.environ, "PYTHONPATH": WHEELS, "PIP_CACHE_DIR": str(place / "pip")}
    run("/usr/bin/python3", "-m", "virtualenv", "-q", str(environment), env=variables)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "-q"]
    variables.pop("PYTHONPATH")
    variables["SETUPTOOLS_SCM_PRETEND_VERSION"] = "1.0"
    run(*pip, *app.requirements, env=variables, cwd=place / "app")


def run(*argv: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=env, cwd=cwd)


if __name__ == "__main__":
    main()
