"""Build images with certain Pythons, made of those of this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from integration.classic_platform import UV, Platform

SYSTEM = Path("/usr/bin")
"""Builds look here, whatever is on PATH."""
_PYENV = Path.home() / ".pyenv" / "versions"


@cache
def system_python() -> str:
    """Return the newest minor version in /usr/bin."""
    minors = [path.name.removeprefix("python3.") for path in SYSTEM.glob("python3.*[0-9]")]
    return f"3.{max(int(minor) for minor in minors if minor.isdigit())}"


def local_python(minor: str) -> Path | None:
    """Return the interpreter of a minor version on this machine."""
    if minor == system_python():
        return SYSTEM / f"python{minor}"
    return next(iter(sorted(_PYENV.glob(f"{minor}.*/bin/python{minor}"))), None)


def need(*minors: str) -> None:
    """Skip a test on a machine that lacks one of these Pythons."""
    missing = [minor for minor in minors if local_python(minor) is None]
    if missing:
        pytest.skip(f"this machine has no Python {' and no '.join(missing)}")


def with_pythons(platform: Platform, *minors: str) -> Platform:
    """Return the platform with these Pythons in its image, and that of /usr/bin."""
    pythons = platform.folder / "pythons"
    shutil.rmtree(pythons, ignore_errors=True)
    pythons.mkdir()
    for minor in minors:
        program = local_python(minor)
        assert program is not None, minor
        (pythons / f"python{minor}").symlink_to(program)
    env = {**platform.env, "PATH": f"{pythons}:{UV}:/usr/bin:/bin", "HOME": "/nowhere"}
    return replace(platform, env=env)


def add_unusable_python(platform: Platform, version: str) -> None:
    """Put a program on PATH that reports to be this Python, and fails at everything else."""
    minor = version.rpartition(".")[0]
    program = platform.folder / "pythons" / f"python{minor}"
    report = {
        "implementation": "cpython",
        "variant": "",
        "path": str(program),
        "version": version,
        "prefix": str(program.parent),
        "stdlib": str(program.parent),
        "platform": "linux",
        "files": [],
    }
    text = json.dumps(json.dumps(report))
    code = (
        "int puts(const char *);\n"
        f"int main(int count, char **argv) {{ return count != 5 || puts({text}) < 0; }}\n"
    )
    argv = ["cc", "-x", "c", "-o", str(program), "-"]
    subprocess.run(argv, input=code, text=True, check=True)
