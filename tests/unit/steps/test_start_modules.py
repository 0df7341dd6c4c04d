"""What runs when an app starts is in the app, with bytecode that the cache keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.django.release_step import ReleaseStep
from slipway.effects.processes import Processes
from slipway.steps.context import BuildContext
from slipway.steps.start_modules import provide_start_modules
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, no_time

RELEASE = ReleaseStep(
    root="",
    manage="manage.py",
    settings="",
    migrate="",
    database_wait=60,
    initial_fixtures=(),
    release_hook=False,
)


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    """Return a build with the Python of the tests, and with a copy of Slipway's modules."""
    effects = effects_with(
        tmp_path, Processes(now=time.monotonic), {"PATH": os.environ["PATH"]}
    )
    runtime = shutil.copytree(effects.runtime, tmp_path / "runtime")
    effects = replace(effects, runtime=runtime)
    made = context_with(tmp_path / "app", effects, FakeToolchain())
    made.virtualenv.bin.mkdir(parents=True)
    made.virtualenv.python.symlink_to(sys.executable)
    return made


def commands_of(context: BuildContext, release: ReleaseStep | None) -> int:
    """Provide the modules, and return how many programs that has started."""
    processes = FakeProcesses(now=no_time)
    effects = replace(context.effects, processes=processes)
    provide_start_modules(replace(context, effects=effects), release)
    return len(processes.started)


def test_a_start_finds_all_modules_and_compiles_none(context: BuildContext) -> None:
    provide_start_modules(context, RELEASE)
    start = context.layout.start
    argv = [sys.executable, "-I", "-S", "-B", "-v", str(start / "start_variables.py"), "shell"]
    env = {
        "VCAP_SERVICES": '{"x": [{"credentials": {"uri": "postgres://u:p@db.example/yard"}}]}'
    }
    done = subprocess.run(
        [*argv, "--services"], env=env, capture_output=True, text=True, check=True
    )
    assert "export DATABASE_URL=" in done.stdout
    own = [line for line in done.stderr.splitlines() if f"{start}/" in line]
    assert [line for line in own if " matches " in line]
    assert not [line for line in own if "code object from " in line and ".pyc" not in line]
    assert (start / "slipway_release" / "__main__.py").exists()


def test_modules_of_an_unchanged_build_come_from_the_cache(context: BuildContext) -> None:
    provide_start_modules(context, None)
    first = sorted(path.relative_to(context.layout.start) for path in start_files(context))
    assert commands_of(context, None) == 0
    again = sorted(path.relative_to(context.layout.start) for path in start_files(context))
    assert again == first
    assert not (context.layout.start / "slipway_release").exists()


def start_files(context: BuildContext) -> list[Path]:
    return [path for path in context.layout.start.rglob("*") if path.is_file()]


def test_other_modules_another_python_and_a_release_step_need_another_entry(
    context: BuildContext,
) -> None:
    provide_start_modules(context, None)
    assert commands_of(context, RELEASE) == 1
    other = replace(context.interpreter, version="3.13.0")
    assert commands_of(replace(context, interpreter=other), None) == 1
    with (context.effects.runtime / "start_variables.py").open("a") as module:
        module.write("# changed\n")
    assert commands_of(context, None) == 1
    assert commands_of(context, None) == 0
