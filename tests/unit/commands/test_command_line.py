"""The commands get the config variables of `--env`, with the variables of the shell."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.commands.command_line import run
from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.errors.root import RootMissing
from slipway.errors.stopped import WrongUsage
from unit.fakes import no_time
from unit.repositories import PATH
from unit.samples import write_files

FILES = {"backend/requirements.txt": "six\n", "backend/app.py": ""}


def ran(*arguments: str, **shell: str) -> str:
    """Run a command, and return what it printed to stdout."""
    out = io.StringIO()
    console = Console(out=out, err=io.StringIO(), now=no_time)
    run(arguments, {"PATH": PATH, "HOME": "/nowhere", **shell}, console, Installation(ROOT))
    return out.getvalue()


def test_a_plan_follows_the_config_variables(tmp_path: Path) -> None:
    app = str(write_files(tmp_path / "app", FILES))
    options = ("--env", "SLIPWAY_ROOT=backend", "--env", "SLIPWAY_STRICT=true")
    plan = json.loads(ran("plan", "--json", app, *options, SLIPWAY_STRICT="false"))
    assert plan["settings"]["strict"] is True


@pytest.mark.parametrize("command", ["plan", "lock", "try"])
def test_config_variables_win_over_the_shell(command: str, tmp_path: Path) -> None:
    app = str(write_files(tmp_path / "app", FILES))
    with pytest.raises(RootMissing) as missing:
        ran(command, app, "--env", "SLIPWAY_ROOT=api", SLIPWAY_ROOT="backend")
    assert missing.value.path == "api"


@pytest.mark.parametrize("command", ["plan", "lock", "try"])
def test_a_variable_of_the_platform_is_refused(command: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage) as wrong:
        ran(command, str(tmp_path), "--env", "PORT=80")
    assert "PORT cannot be set here" in str(wrong.value)
