"""A build loads what every build needs; what makes something, when it is to be made."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

from conftest import ROOT
from slipway.effects.console import Console
from slipway.platforms.this_machine import effects_on_this_machine

WHAT_MAKES_SOMETHING = {
    "slipway.effects.archives",
    "slipway.effects.wheels",
    "slipway.messages",
    "slipway.steps.install.filling",
    "slipway.toolchains.managed_pythons",
    "slipway.toolchains.pip_tools",
    "slipway.toolchains.uv",
    "slipway.toolchains.wheel_builder",
    *("email", "packaging.metadata", "ssl", "tarfile", "zipfile"),
}


def test_a_build_without_changes_loads_nothing_that_makes_something() -> None:
    wheels = [str(wheel) for wheel in sorted(ROOT.glob("vendor/*.whl"))]
    code = (
        "import sys; sys.path += sys.argv[1:]; import slipway.cli, slipway.platforms.classic; "
        "print(*sys.modules)"
    )
    argv = [sys.executable, "-I", "-S", "-c", code, str(ROOT / "lib"), *wheels]
    loaded = set(subprocess.check_output(argv, text=True).split())
    assert "slipway.steps.pipeline" in loaded
    assert loaded & WHAT_MAKES_SOMETHING == set()


def test_large_entries_of_the_cache_are_put_out_by_two_processes(tmp_path: Path) -> None:
    console = Console(out=io.StringIO(), err=io.StringIO(), now=time.monotonic)
    effects = effects_on_this_machine({}, tmp_path, console)
    assert effects.cache.processes is effects.processes
