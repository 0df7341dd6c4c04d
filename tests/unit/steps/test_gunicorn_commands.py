"""A build adds Gunicorn's old commands for the lines that start them, and says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.django.project import DjangoProject
from slipway.domain.web.launch import WebApplication
from slipway.effects import Effects
from slipway.steps.context import BuildContext
from slipway.steps.gunicorn_commands import provide_gunicorn_commands
from unit.fakes import FakeToolchain, context_with, effects_with, logged
from unit.samples import PLAN, write_files

WEB = WebApplication(target="harbour.wsgi:application", folder="", origin="harbour/settings.py")
PROJECT = DjangoProject(
    manage="manage.py", settings="harbour.settings", settings_origin="manage.py", web=WEB
)
OLD = "python manage.py run_gunicorn --config gunicorn_config.py -b 0.0.0.0:$PORT"


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def provided(
    root: Path,
    effects: Effects,
    processes: Mapping[str, str] | None,
    project: DjangoProject | None = PROJECT,
) -> BuildContext:
    plan = replace(PLAN, django=project, procfile=processes)
    context = context_with(root / "app", effects, FakeToolchain(), plan)
    site = context.virtualenv.site_packages
    write_files(
        site, {"django/core/management/commands/check.py": "", "gunicorn/__init__.py": ""}
    )
    provide_gunicorn_commands(context)
    return context


def test_the_log_says_what_is_added(tmp_path: Path, effects: Effects) -> None:
    context = provided(tmp_path, effects, {"web": OLD, "worker": "python worker.py"})
    assert (context.virtualenv.site_packages / "slipway_gunicorn.py").exists()
    assert " ".join(logged(effects).split()) == (
        "Gunicorn no longer has the command `run_gunicorn`, which `web` starts, so Slipway "
        "adds it"
    )


@pytest.mark.parametrize("processes", [None, {}, {"web": "gunicorn harbour.wsgi"}])
def test_nothing_is_added_for_other_lines(
    processes: Mapping[str, str] | None, tmp_path: Path, effects: Effects
) -> None:
    context = provided(tmp_path, effects, processes)
    assert not (context.virtualenv.site_packages / "slipway_gunicorn.py").exists()
    assert logged(effects) == ""


def test_commands_go_with_their_lines(tmp_path: Path, effects: Effects) -> None:
    provided(tmp_path, effects, {"web": OLD})
    context = provided(tmp_path, effects, {"web": "gunicorn harbour.wsgi"})
    assert not (context.virtualenv.site_packages / "slipway_gunicorn.py").exists()
