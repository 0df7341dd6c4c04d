"""Static files are collected, or the log or an error says precisely why not."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from slipway.domain.django.project import DjangoProject
from slipway.effects import Effects
from slipway.effects.processes import Command
from slipway.errors.django import (
    CollectstaticFailed,
    SettingsBroken,
    SettingsVariableMissing,
    StaticFileMissing,
    StaticRootOutside,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.collectstatic import Collected, collectstatic, why_not_run
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, logged, no_time
from unit.samples import PLAN

PROJECT = DjangoProject(
    manage="manage.py", settings="a.settings", settings_origin="manage.py", web=None
)


@dataclass(frozen=True)
class Site:
    """A project whose collectstatic script writes a report, prints output and may fail."""

    root: Path
    effects: Effects
    project: DjangoProject = PROJECT

    def collectstatic(self, *, is_wanted: bool = True, **variables: str) -> Collected:
        settings = replace(PLAN.settings, collectstatic=is_wanted)
        plan = replace(PLAN, settings=settings, django=self.project)
        context = context_with(self.root / "app", self.effects, FakeToolchain(), plan)
        info = context.virtualenv.site_packages / "django-5.2.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        return collectstatic(context, variables)

    @property
    def started(self) -> list[Command]:
        assert isinstance(self.effects.processes, FakeProcesses)
        return self.effects.processes.started


def site(
    root: Path, report: dict[str, Any] | None, output: str = "", *, fails: bool = False
) -> Site:
    def answer(command: Command) -> str:
        if report is not None:
            Path(command.argv[2]).write_text(json.dumps(report))
        if fails:
            raise CommandFailed(command=command.name, status=1, output=output)
        return output

    processes = FakeProcesses(now=no_time, answer=answer)
    return Site(root, effects_with(root, processes))


def test_collectstatic_runs_in_the_apps_folder_with_the_apps_python(tmp_path: Path) -> None:
    made = site(tmp_path, {"outcome": "done"})
    made.collectstatic(DEBUG="1")
    (command,) = made.started
    assert command.argv[0] == str(tmp_path / "app/.slipway/venv/bin/python")
    assert command.argv[3:] == ["manage.py"]
    assert command.cwd == tmp_path / "app"
    assert command.env == {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "a.settings"}
    assert command.name == "python manage.py collectstatic --noinput"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "\n3 static files copied to '{app}/static'.\n",
            "3 static files copied to 'static' in",
        ),
        ("1 static file copied, 2 unmodified.", "1 static file copied, 2 unmodified in"),
        ("", "collectstatic finished in 0.0 s"),
    ],
)
def test_the_result_is_logged_in_one_line(output: str, words: str, tmp_path: Path) -> None:
    text = output.format(app=tmp_path / "app")
    made = site(tmp_path, {"outcome": "done"}, text)
    made.collectstatic()
    assert f"manage.py, settings module a.settings (from manage.py) {words}" in logged(
        made.effects
    )


def test_collectstatic_is_skipped_if_the_settings_have_no_static_root(tmp_path: Path) -> None:
    made = site(tmp_path, {"outcome": "skipped", "reason": "STATIC_ROOT is not set"})
    made.collectstatic()
    assert "Skipping collectstatic: STATIC_ROOT is not set" in logged(made.effects)


def test_a_folder_outside_the_app_stops_the_build(tmp_path: Path) -> None:
    made = site(tmp_path, {"outcome": "outside", "folder": "/srv/static"})
    with pytest.raises(StaticRootOutside) as outside:
        made.collectstatic()
    assert (outside.value.settings, outside.value.folder) == ("a.settings", "/srv/static")


@pytest.mark.parametrize("outcome", ["done", "skipped"])
def test_the_commands_of_the_project_are_known_once_django_is_set_up(
    outcome: str, tmp_path: Path
) -> None:
    made = site(tmp_path, {"outcome": outcome, "reason": "x", "commands": ["migrate"]})
    assert made.collectstatic().commands == frozenset({"migrate"})
    assert site(tmp_path, None).collectstatic().commands is None
    assert made.collectstatic(is_wanted=False).commands is None


def test_collectstatic_can_be_disabled(tmp_path: Path) -> None:
    made = site(tmp_path, None)
    made.collectstatic(is_wanted=False)
    assert made.started == []
    assert "DISABLE_COLLECTSTATIC" in logged(made.effects)


def test_an_unknown_settings_module_is_not_logged_as_none(tmp_path: Path) -> None:
    made = site(tmp_path, {"outcome": "done"})
    nameless = replace(PROJECT, settings=None, settings_origin=None)
    replace(made, project=nameless).collectstatic()
    assert "None" not in logged(made.effects)


def test_a_manage_py_that_runs_no_command_gives_a_warning(tmp_path: Path) -> None:
    made = site(tmp_path, None, "Welcome.")
    made.collectstatic()
    assert "manage.py exited without running collectstatic" in logged(made.effects)


PLACE = "a/settings.py:7"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(
            {"variable": "SECRET_KEY", "place": PLACE, "in_settings": True},
            SettingsVariableMissing(variable="SECRET_KEY", settings="a.settings", place=PLACE),
            id="variable",
        ),
        pytest.param(
            {"exception": "NameError", "message": "x", "in_settings": True, "place": PLACE},
            SettingsBroken(subject="a.settings", reason="NameError: x", place=PLACE),
            id="settings",
        ),
        pytest.param(
            {"exception": "ImproperlyConfigured", "message": "x", "in_settings": False},
            SettingsBroken(subject="Django", reason="ImproperlyConfigured: x", place=None),
            id="improperly-configured",
        ),
        pytest.param(
            {
                "exception": "FileNotFoundError",
                "message": "No such file or directory: 'key.pem'",
                "in_settings": True,
            },
            SettingsBroken(
                subject="a.settings",
                reason="FileNotFoundError: No such file or directory: 'key.pem'",
                place=None,
            ),
            id="file-that-the-settings-read",
        ),
        pytest.param(
            {
                "exception": "ValueError",
                "message": "The file 'a.png' could not be found with X",
            },
            StaticFileMissing(reason="The file 'a.png' could not be found with X"),
            id="static-file",
        ),
        pytest.param(
            {"exception": "OSError", "message": "disk", "place": PLACE},
            CollectstaticFailed(
                manage="manage.py",
                exception="OSError: disk",
                place=PLACE,
                ending="exited with status 1",
            ),
            id="anything-else",
        ),
        pytest.param(
            None,
            CollectstaticFailed(
                manage="manage.py", exception=None, place=None, ending="exited with status 1"
            ),
            id="no-report-at-all",
        ),
    ],
)
def test_each_failure_has_a_precise_error(
    report: dict[str, Any] | None, expected: BuildStopped, tmp_path: Path
) -> None:
    made = site(tmp_path, report, "Killed", fails=True)
    with pytest.raises(type(expected)) as stopped:
        made.collectstatic()
    assert vars(stopped.value) == vars(expected)
    assert "Killed" in logged(made.effects)


@pytest.mark.parametrize(
    ("project", "version", "words"),
    [
        (None, "5.2", "manage.py"),
        (PROJECT, None, "Django is not installed"),
        (PROJECT, "5.2", ""),
    ],
    ids=["no-project", "no-django", "both"],
)
def test_the_reason_is_given_if_no_django_command_is_run(
    project: DjangoProject | None, version: str | None, words: str
) -> None:
    reason = why_not_run(project, version)
    assert words in reason
    assert bool(reason) == bool(words)
