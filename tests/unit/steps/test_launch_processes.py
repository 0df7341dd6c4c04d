"""Process types come from the Procfile, or are defaults for the installed packages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import DjangoProject
from slipway.domain.web.launch import WebApplication, WebSearch
from slipway.steps.launch_processes import decide_launch, why_no_web
from unit.samples import PLAN

WEB = WebApplication(target="harbour.wsgi:application", folder="", origin="harbour/settings.py")
PROJECT = DjangoProject(
    manage="manage.py", settings="harbour.settings", settings_origin="manage.py", web=WEB
)
DJANGO = replace(PLAN, django=PROJECT)
WSGI = replace(PLAN, search=WebSearch(found=replace(WEB, target="wsgi:application")))
INSTALLED = {"django": "5.2", "gunicorn": "23.0"}


def test_the_users_procfile_always_wins() -> None:
    launch = decide_launch(replace(DJANGO, procfile={"worker": "python worker.py"}), INSTALLED)
    assert launch.processes == {"worker": "python worker.py"}
    assert not launch.is_default


@pytest.mark.parametrize(
    ("plan", "installed", "types"),
    [
        (DJANGO, INSTALLED, ["web", "release", "manage"]),
        (DJANGO, {}, []),
        (replace(WSGI, django=PROJECT), {}, ["web"]),
        (WSGI, {}, ["web"]),
        (PLAN, INSTALLED, []),
    ],
    ids=["django", "django-not-installed", "wsgi-instead", "wsgi", "nothing"],
)
def test_default_processes_are_those_that_can_run(
    plan: BuildPlan, installed: dict[str, str], types: list[str]
) -> None:
    launch = decide_launch(plan, installed)
    assert list(launch.processes) == types
    assert launch.is_default


def test_every_process_uses_the_settings_of_the_web_process() -> None:
    other = replace(PROJECT, settings="config.production", settings_origin="config/wsgi.py")
    launch = decide_launch(replace(PLAN, django=other), INSTALLED)
    assert launch.defaults["DJANGO_SETTINGS_MODULE"] == "config.production"
    assert "DJANGO_SETTINGS_MODULE" not in decide_launch(DJANGO, INSTALLED).defaults


def test_every_default_can_be_written_into_a_profile_script() -> None:
    for value in decide_launch(DJANGO, INSTALLED).defaults.values():
        assert not set(value) & set("\"'`$\\}")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (DJANGO, None),
        (replace(PLAN, procfile={"worker": "x"}), "Procfile has no `web` process"),
        (replace(PLAN, procfile={"Web": "x"}), "requests: write `web` instead of `Web`"),
        (PLAN, "There is no web process"),
    ],
    ids=["web", "procfile", "capital", "nothing"],
)
def test_the_reason_for_a_missing_web_process_is_given(
    plan: BuildPlan, words: str | None
) -> None:
    reason = why_no_web(plan, decide_launch(plan, INSTALLED))
    assert (reason is None) == (words is None)
    assert (words or "") in (reason or "")
