"""The machine that runs the benchmark: its programs, and a builder's environment."""

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
TEN_SERVICES = ROOT / "benchmarks" / "ten_services.json"
"""One of each kind that Slipway knows, as Cloud Foundry passes them."""

_PASSED_ON = ("PIP_", "SSL_", "HOME", "TMPDIR")
"""Prefixes of the variables that builds inherit; most of them configure the package index."""


def builder_environment() -> dict[str, str]:
    """Return the few environment variables that a platform's builder has."""
    passed_on = {
        name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)
    }
    return {**passed_on, "PATH": PATH, "LANG": "C.UTF-8", "UV_PYTHON_DOWNLOADS": "never"}


def copy_of_slipway(place: Path) -> Path:
    """Copy the files that a platform downloads, without bytecode of earlier runs."""
    for name in ("bin", "lib", "vendor"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def find_python() -> str:
    """Return the Python that the apps are built for, which Slipway also finds first."""
    found = shutil.which("python3", path=PATH)
    return found or sys.executable


def version_of(python: str) -> str:
    """Return the complete version, so Slipway selects this Python and not a newer one."""
    return subprocess.check_output([python, "-V"], text=True).split()[1]


def find_uv(named: Path | None, folder: Path) -> Path:
    """Return a link to the given uv, or to the one on PATH, or to a downloaded one.

    Builds only use the pinned version of uv, so another version on PATH is ignored. The link is
    in its own folder, so that this folder can be added to a build's PATH.
    """
    link = folder / "uv-alone" / "uv"
    link.parent.mkdir(parents=True)
    found = named or _on_path(_pinned_version()) or _download_uv(folder / "uv-downloaded")
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
    """Read the version from the program's output: `uv 0.1.2 (...)`."""
    return subprocess.check_output([uv, "--version"], text=True).split()[1]


def _download_uv(folder: Path) -> Path:
    (pip,) = (ROOT / "vendor").glob("pip-*.whl")
    argv: Argv = [sys.executable, pip / "pip", "install", "-q", "--target", folder]
    argv = [*argv, "--require-hashes", "-r", UV_PIN]
    measure(Command(argv=argv, env=os.environ, cwd=ROOT))
    return folder / "bin" / "uv"


def describe(python: str, uv: Path) -> Mapping[str, object]:
    """Describe the machine, for anyone who compares two runs."""
    return {
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": version_of(python),
        "uv": version_of_uv(uv),
    }


def time_doors(app: Path, built: Path, slipway: Path) -> dict[str, list[float]]:
    """Time what platforms run most often: detect, and the profile script of a built app.

    Returns seconds. Those of the profile script include the start of a shell.
    """
    profile: Argv = ["bash", "-c", '. "$1"', "bash", built / ".profile.d" / "slipway.sh"]
    env = builder_environment()
    bound = {**env, "VCAP_SERVICES": TEN_SERVICES.read_text(encoding="utf-8")}
    commands = {
        "detect": Command(argv=[slipway / "bin" / "detect", app], env=env, cwd=built),
        "profile": Command(argv=profile, env=env, cwd=built),
        "profile with ten services": Command(argv=profile, env=bound, cwd=built),
        "a shell alone": Command(argv=["bash", "-c", "true"], env=env, cwd=built),
    }
    doors: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(DOOR_RUNS):
        for name, command in commands.items():
            doors[name].append(measure(command).seconds)
    return doors
