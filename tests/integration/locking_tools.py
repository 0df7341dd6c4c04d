"""The programs that write locks, for the tests that compare Slipway with them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from conftest import ROOT
from integration.classic_platform import UV, machine_env

TOOLS = ROOT / ".dev" / "locking-tools"
PACKAGES: Mapping[str, Sequence[str]] = {
    "pdm": ("pdm==2.29.4", "hishel<2"),  # it does not start with the newest hishel
    "pipenv": ("pipenv==2026.10.3",),
    "poetry": ("poetry==2.5.1", "poetry-plugin-export==1.10.1"),
}
"""What is installed for each tool. The stored locks are from these versions."""


def tool(name: str) -> Path:
    """Return the program of a tool; a first call installs it from this machine's index.

    uv and pip are those that the tests and Slipway itself use.
    """
    if name == "uv":
        return UV / "uv"
    TOOLS.mkdir(parents=True, exist_ok=True)
    program = TOOLS / name / "bin" / name
    with (TOOLS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several processes run tests
        made_from = TOOLS / name / "made_from"
        wanted = f"{PACKAGES[name]}\n"
        if not made_from.exists() or made_from.read_text("utf-8") != wanted:
            shutil.rmtree(TOOLS / name, ignore_errors=True)
            _install(TOOLS / name, PACKAGES[name])
            made_from.write_text(wanted, "utf-8")
    return program


def _install(folder: Path, packages: Sequence[str]) -> None:
    uv = [str(UV / "uv"), "--quiet"]
    index = machine_env().get("PIP_INDEX_URL")
    env = machine_env(**({"UV_DEFAULT_INDEX": index} if index else {}))
    for arguments in (
        ["venv", "--python", sys.executable, str(folder)],
        ["pip", "install", "--python", str(folder / "bin" / "python"), *packages],
    ):
        subprocess.run([*uv, *arguments], env=env, check=True)


def locking_env(folder: Path, **more: str) -> dict[str, str]:
    """Return variables for the tools, whose caches and settings are in a folder."""
    env = machine_env(HOME=str(folder), POETRY_VIRTUALENVS_CREATE="false", **more)
    wheels = (str(path) for path in sorted((ROOT / "vendor").glob("*.whl")))
    certificates = env.get("SSL_CERT_FILE")
    return {
        **env,
        **({"REQUESTS_CA_BUNDLE": certificates} if certificates else {}),
        "PIPENV_VENV_IN_PROJECT": "1",
        "SLIPWAY_WHEELS": os.pathsep.join(wheels),
    }


def bundled(module: str, *arguments: str) -> list[str]:
    """Return a command of `pip` or `piptools`, as Slipway brings them."""
    code = (
        "import os, runpy, sys; "
        "sys.path[:0] = os.environ['SLIPWAY_WHEELS'].split(os.pathsep); "
        f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-c", code, *arguments]
