"""The files of Gunicorn's old commands come and go with the lines that need them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.effects.packages.gunicorn_commands import (
    GUNICORN_DJANGO,
    RUN_GUNICORN,
    missing_commands,
    provide_commands,
    remove_commands,
)
from slipway.effects.packages.virtualenvs import Virtualenv
from unit.samples import write_files
from unit.whole_trees import described

RUNTIME = ROOT / "lib" / "runtime"
BOTH = frozenset({RUN_GUNICORN, GUNICORN_DJANGO})
COMMANDS = "lib/python3.13/site-packages/django/core/management/commands"


@pytest.fixture
def environment(tmp_path: Path) -> Virtualenv:
    place = tmp_path / "app/.slipway/venv"
    write_files(
        place,
        {
            f"{COMMANDS}/check.py": "",
            "lib/python3.13/site-packages/gunicorn/__init__.py": "",
            "bin/gunicorn": "",
        },
    )
    return Virtualenv(place, "3.13.0")


def test_both_commands_are_missing_if_nothing_has_them(environment: Virtualenv) -> None:
    app = environment.root.parents[1]
    assert missing_commands(environment, app, BOTH) == BOTH
    provide_commands(environment, RUNTIME, BOTH)
    assert missing_commands(environment, app, BOTH) == BOTH


@pytest.mark.parametrize(
    ("file", "missing"),
    [
        ("fleet/management/commands/run_gunicorn.py", {GUNICORN_DJANGO}),
        ("apps/fleet/management/commands/run_gunicorn.py", {GUNICORN_DJANGO}),
        ("fleet/management/commands/run_other.py", BOTH),
    ],
)
def test_a_command_of_the_project_wins(
    file: str, missing: set[str], environment: Virtualenv
) -> None:
    app = environment.root.parents[1]
    write_files(app, {file: ""})
    assert missing_commands(environment, app, BOTH) == missing


def test_an_old_gunicorn_has_its_own_commands(environment: Virtualenv) -> None:
    command = "lib/python3.13/site-packages/gunicorn/management/commands/run_gunicorn.py"
    write_files(environment.root, {command: "", "bin/gunicorn_django": "from gunicorn"})
    assert missing_commands(environment, environment.root.parents[1], BOTH) == frozenset()


@pytest.mark.parametrize("name", ["django/core/management/commands", "gunicorn"])
def test_nothing_is_missing_without_django_or_gunicorn(
    name: str, environment: Virtualenv
) -> None:
    folder = environment.site_packages / name
    folder.rename(folder.with_name("other"))
    assert missing_commands(environment, environment.root.parents[1], BOTH) == frozenset()


def test_only_what_a_line_needs_is_there(environment: Virtualenv) -> None:
    before = described(environment.root)
    command = environment.root / COMMANDS / "run_gunicorn.py"
    program = environment.bin / "gunicorn_django"
    assert provide_commands(environment, RUNTIME, {RUN_GUNICORN})
    assert (command.exists(), program.exists()) == (True, False)
    assert provide_commands(environment, RUNTIME, BOTH)
    assert os.access(program, os.X_OK)
    both = described(environment.root)
    assert not provide_commands(environment, RUNTIME, BOTH)
    assert provide_commands(environment, RUNTIME, {GUNICORN_DJANGO})
    assert (command.exists(), program.exists()) == (False, True)
    assert provide_commands(environment, RUNTIME, BOTH)
    assert described(environment.root) == both
    assert provide_commands(environment, RUNTIME, ())
    assert described(environment.root) == before
    assert not remove_commands(environment)


def test_a_file_of_another_slipway_is_replaced(environment: Virtualenv) -> None:
    provide_commands(environment, RUNTIME, BOTH)
    (environment.site_packages / "slipway_gunicorn.py").write_text("old = True\n")
    assert provide_commands(environment, RUNTIME, BOTH)
    assert not provide_commands(environment, RUNTIME, BOTH)


def test_the_program_of_an_old_gunicorn_is_never_removed(environment: Virtualenv) -> None:
    program = environment.bin / "gunicorn_django"
    program.write_text("from gunicorn.app.djangoapp import run\n")
    provide_commands(environment, RUNTIME, {RUN_GUNICORN})
    remove_commands(environment)
    assert program.exists()
