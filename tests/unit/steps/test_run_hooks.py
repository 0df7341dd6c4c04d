"""Hooks run as on every classic platform, and a failure has a reason."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from slipway.effects import Effects
from slipway.effects.processes import Processes
from slipway.errors.app import HookFailed
from slipway.steps.run_hooks import run_hook
from unit.fakes import effects_with, logged

HOOK = "bin/post_compile"
VARIABLES = {"PATH": os.defpath, "NAME": "value"}


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path, Processes(now=time.monotonic))


def run(app: Path, text: str, effects: Effects, mode: int = 0o755) -> str:
    (app / "bin").mkdir()
    (app / HOOK).write_text(text)
    (app / HOOK).chmod(mode)
    run_hook(HOOK, app, VARIABLES, effects)
    return logged(effects)


@pytest.mark.parametrize("mode", [0o755, 0o644], ids=["executable", "not-executable"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param('#!/bin/sh\necho "$NAME" $#', id="sh"),
        pytest.param('#!/usr/bin/env bash\nlist=("$NAME"); echo "${list[0]}" $#', id="env"),
        pytest.param('#!/bin/sh -eu\necho "$NAME" $#', id="option"),
        pytest.param('#!/bin/sh\r\necho "$NAME" $#', id="first-line-from-windows"),
        pytest.param('list=("$NAME"); echo "${list[0]}" $#', id="no-first-line"),
    ],
)
def test_a_hook_runs_whatever_its_first_line_and_mode(
    text: str, mode: int, tmp_path: Path, effects: Effects
) -> None:
    assert run(tmp_path, text, effects, mode) == f"-----> Running {HOOK} value 0"


def test_a_hook_runs_in_the_folder_of_the_app(tmp_path: Path, effects: Effects) -> None:
    assert run(tmp_path, "pwd", effects).endswith(str(tmp_path))


def test_the_mode_of_the_file_is_not_changed(tmp_path: Path, effects: Effects) -> None:
    run(tmp_path, "true", effects, 0o644)
    assert (tmp_path / HOOK).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("#!/bin/sh\nexit 3", "exited with status 3", id="status"),
        pytest.param("exit 3", "exited with status 3", id="status-without-first-line"),
        pytest.param("#!/bin/sh\nkill -9 $$", "was killed by signal 9", id="signal"),
        pytest.param(
            "#!/gone/sh\ntrue",
            "could not be started: /gone/sh: No such file or directory",
            id="no-interpreter",
        ),
        pytest.param("#!/bin/sh 'a\nexit 3", "exited with status 2", id="odd-first-line"),
    ],
)
def test_a_failed_hook_has_a_reason(
    text: str, reason: str, tmp_path: Path, effects: Effects
) -> None:
    with pytest.raises(HookFailed) as failed:
        run(tmp_path, text, effects)
    assert (failed.value.hook, failed.value.reason) == (HOOK, reason)
