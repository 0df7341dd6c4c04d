"""How long detect, a cold build and an unchanged build take, beside pip alone in the same run.

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "fixtures" / "django_site"
WHEELS = os.pathsep.join(str(path) for path in sorted((ROOT / "vendor").glob("*.whl")))
DETECTS = 30


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times: dict[str, list[float]] = {}
    for _ in range(DETECTS):
        note(times, "bin/detect", detect)
    for _ in range(rounds):
        with folder() as place:
            note(times, "cold build", lambda: build(place))
            note(times, "unchanged build", lambda: build(place))
            note(times, "pip alone", lambda: pip_alone(place))
    print(f"django_site, {rounds} rounds, seconds: median (lowest to highest)")
    for name, taken in times.items():
        low, high = min(taken), max(taken)
        print(f"  {name:16} {statistics.median(taken):7.3f}  ({low:.3f} to {high:.3f})")
    pip = statistics.median(times["pip alone"])
    for name in ("cold build", "unchanged build"):
        print(f"  {name} / pip alone: {statistics.median(times[name]) / pip:.2f}")


def note(times: dict[str, list[float]], name: str, work: Callable[[], None]) -> None:
    start = time.perf_counter()
    work()
    times.setdefault(name, []).append(time.perf_counter() - start)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="slipway-benchmark-") as name:
        yield Path(name)


def detect() -> None:
    run(str(ROOT / "bin" / "detect"), str(SITE))


def build(place: Path) -> None:
    """Build a fresh copy; the cache is cold in the first call for a place."""
    app = place / "app"
    shutil.rmtree(app, ignore_errors=True)
    shutil.copytree(SITE, app)
    run(str(ROOT / "bin" / "compile"), str(app), str(place / "cache"))


def pip_alone(place: Path) -> None:
    """Do by hand what a build at least must: an environment, and the packages in it."""
    environment = place / "venv"
    variables = {**os.environ, "PYTHONPATH": WHEELS, "PIP_CACHE_DIR": str(place / "pip")}
    run("/usr/bin/python3", "-m", "virtualenv", "-q", str(environment), env=variables)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "-q"]
    variables.pop("PYTHONPATH")
    requirements = ["-r", str(SITE / "requirements.txt"), "gunicorn"]
    run(*pip, *requirements, env=variables)


def run(*argv: str, env: dict[str, str] | None = None) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=env)


if __name__ == "__main__":
    main()
