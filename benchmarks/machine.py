"""The machine that is measured on: its programs, and a builder's environment."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from measured import Argv, Command, measure

ROOT = Path(__file__).resolve().parents[1]
UV_PIN = ROOT / "vendor" / "uv.txt"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DOOR_RUNS = 30

_KEPT = ("PIP_", "SSL_", "HOME", "TMPDIR")
"""What is kept of the environment: the way to the machine's index, mostly."""


def builder_environment() -> dict[str, str]:
    """Give what a platform's builder has: next to nothing."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    return {**kept, "PATH": PATH, "LANG": "C.UTF-8", "UV_PYTHON_DOWNLOADS": "never"}


def copy_of_slipway(place: Path) -> Path:
    """Put what a platform fetches into a folder: no bytecode of an earlier run comes along."""
    for name in ("bin", "lib", "vendor"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def find_python() -> str:
    """Give the Python that the apps are built for, and that Slipway too finds first."""
    found = shutil.which("python3", path=PATH)
    return found or sys.executable


def version_of(python: str) -> str:
    """Ask for all of it, so that Slipway takes this Python and no newer one."""
    return subprocess.check_output([python, "-V"], text=True).split()[1]


def find_uv(named: Path | None, folder: Path) -> Path:
    """Give a link to the uv that is named, else to that on PATH, else to a fetched one.

    Builds take a uv of the pinned version alone, so that another one is none here either. The
    link lies in a folder of its own: builds can be given that, and nothing besides.
    """
    link = folder / "uv-alone" / "uv"
    link.parent.mkdir(parents=True)
    found = named or _on_path(_pinned_version()) or _fetch_uv(folder / "uv-fetched")
    link.symlink_to(found.resolve())
    return link


def _pinned_version() -> str:
    pin = re.search(r"^uv==([^\s;]+)", UV_PIN.read_text(encoding="utf-8"), re.MULTILINE)
    assert pin
    return pin[1]


def _on_path(version: str) -> Path | None:
    found = shutil.which("uv")
    return Path(found) if found and version_of_uv(Path(found)) == version else None


def version_of_uv(uv: Path) -> str:
    """Ask the program: `uv 0.1.2 (...)`."""
    return subprocess.check_output([uv, "--version"], text=True).split()[1]


def _fetch_uv(folder: Path) -> Path:
    (pip,) = (ROOT / "vendor").glob("pip-*.whl")
    argv: Argv = [sys.executable, pip / "pip", "install", "-q", "--target", folder]
    argv = [*argv, "--require-hashes", "-r", UV_PIN]
    measure(Command(argv=argv, env=os.environ, cwd=ROOT))
    return folder / "bin" / "uv"


def describe(python: str, uv: Path) -> Mapping[str, object]:
    """Say what was measured on, for whoever compares two runs."""
    return {
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": version_of(python),
        "uv": version_of_uv(uv),
    }


def time_doors(app: Path, built: Path, slipway: Path) -> dict[str, list[float]]:
    """Time what platforms run most: detect of an app, and the profile of a built one; seconds.

    The second with the start of a shell in it, which is the least that a platform does.
    """
    commands: Mapping[str, Argv] = {
        "detect": [slipway / "bin" / "detect", app],
        "profile": ["bash", "-c", '. "$1"', "bash", built / ".profile.d" / "slipway.sh"],
        "a shell alone": ["bash", "-c", "true"],
    }
    env = builder_environment()
    doors: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(DOOR_RUNS):
        for name, argv in commands.items():
            doors[name].append(measure(Command(argv=argv, env=env, cwd=built)).seconds)
    return doors
