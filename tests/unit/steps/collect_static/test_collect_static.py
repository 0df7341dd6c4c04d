"""Static files are built, or what keeps them from being built is said as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.domain.django_project import DjangoProject
from slipway.effects.environments import Environment
from slipway.effects.processes import Command
from slipway.errors.django import (
    CollectstaticFailed,
    SettingsBroken,
    SettingsVariableMissing,
    StaticFileMissing,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.collect_static import StaticFiles, why_not_staged
from unit.fakes import FakeProcesses, effects_with, no_time, said
from unit.samples import write_files

PROJECT = DjangoProject(
    manage="manage.py", settings="a.settings", settings_origin="manage.py", web=None
)


def static_files(
    root: Path, report: dict[str, Any] | None, output: str = "", *, fails: bool = False
) -> StaticFiles:
    """Let the script write a report, print an output and end well or not."""

    def answer(command: Command) -> str:
        if report is not None:
            Path(command.argv[2]).write_text(json.dumps(report))
        if fails:
            raise CommandFailed(command=command.name, status=1, output=output)
        return output

    processes = FakeProcesses(now=no_time, answer=answer)
    return StaticFiles(
        app=root / "app",
        project=PROJECT,
        environment=Environment(root / "venv", "3.13.1"),
        script=root / "collectstatic.py",
        effects=effects_with(root, processes),
    )


def started(made: StaticFiles) -> list[Command]:
    assert isinstance(made.effects.processes, FakeProcesses)
    return made.effects.processes.started


def test_it_runs_in_the_apps_folder_with_the_apps_python(tmp_path: Path) -> None:
    made = static_files(tmp_path, {"outcome": "done"})
    made.collect({"SECRET_KEY": "x"}, is_wanted=True)
    (command,) = started(made)
    assert command.argv[0] == str(tmp_path / "venv/bin/python")
    assert command.argv[3:] == ["manage.py", str(tmp_path / "venv")]
    assert command.cwd == tmp_path / "app"
    assert command.env == {"SECRET_KEY": "x"}
    assert command.name == "python manage.py collectstatic --noinput"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "\n3 static files copied to '{app}/static'.\n",
            "3 static files copied to 'static' in",
        ),
        ("1 static file copied, 2 unmodified.", "1 static file copied, 2 unmodified in"),
        ("", "Static files are built in 0.0 s"),
    ],
)
def test_what_was_done_is_said_in_one_line(output: str, words: str, tmp_path: Path) -> None:
    text = output.format(app=tmp_path / "app")
    made = static_files(tmp_path, {"outcome": "done"}, text)
    made.collect({}, is_wanted=True)
    assert f"manage.py, settings a.settings (manage.py) {words}" in said(made.effects)


def test_settings_that_ask_for_no_static_files_get_none(tmp_path: Path) -> None:
    made = static_files(tmp_path, {"outcome": "skipped", "reason": "STATIC_ROOT is not set"})
    made.collect({}, is_wanted=True)
    assert "No static files are built: STATIC_ROOT is not set" in said(made.effects)


def test_a_user_who_wants_none_gets_none(tmp_path: Path) -> None:
    made = static_files(tmp_path, None)
    made.collect({}, is_wanted=False)
    assert started(made) == []
    assert "DISABLE_COLLECTSTATIC" in said(made.effects)


def known(root: Path, output: str = "") -> StaticFiles:
    """Let the script know all that was read."""
    seen: dict[str, list[str]] = {"doubts": [], "variables": [], "files": []}
    inputs = {**seen, "root": "static", "opened": ["manage.py"]}
    made = static_files(root, {"outcome": "done", "inputs": inputs}, output)
    write_files(root, {"app/manage.py": "", "app/static/.keep": ""})
    return replace(made, identity="packages")


def test_what_is_made_from_the_same_is_not_made_again(tmp_path: Path) -> None:
    made = known(tmp_path, "3 static files copied.")
    made.collect({}, is_wanted=True)
    made.collect({}, is_wanted=True)
    assert len(started(made)) == 1
    assert "3 static files as before: nothing that they are made from" in said(made.effects)


def test_a_change_is_said_before_they_are_made_again(tmp_path: Path) -> None:
    made = known(tmp_path)
    made.collect({}, is_wanted=True)
    write_files(tmp_path, {"app/manage.py": "# changed"})
    made.collect({}, is_wanted=True)
    assert len(started(made)) == 2
    assert "Static files are built anew: the app's files have changed" in said(made.effects)


def test_packages_that_a_hook_may_have_changed_are_not_the_same(tmp_path: Path) -> None:
    made = replace(known(tmp_path), identity=None)
    made.collect({}, is_wanted=True)
    made.collect({}, is_wanted=True)
    assert len(started(made)) == 2


def test_settings_that_nothing_names_are_said_in_words(tmp_path: Path) -> None:
    made = static_files(tmp_path, {"outcome": "done"})
    nameless = replace(PROJECT, settings=None, settings_origin=None)
    replace(made, project=nameless).collect({}, is_wanted=True)
    assert "None" not in said(made.effects)


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
            SettingsBroken(settings="a.settings", reason="NameError: x", place=PLACE),
            id="settings",
        ),
        pytest.param(
            {"exception": "ImproperlyConfigured", "message": "x", "in_settings": False},
            SettingsBroken(settings="a.settings", reason="ImproperlyConfigured: x", place=None),
            id="improperly-configured",
        ),
        pytest.param(
            {
                "exception": "FileNotFoundError",
                "message": "No such file or directory: 'key.pem'",
                "in_settings": True,
            },
            SettingsBroken(
                settings="a.settings",
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
            CollectstaticFailed(reason="OSError: disk", place=PLACE),
            id="anything-else",
        ),
        pytest.param(
            None, CollectstaticFailed(reason="Killed", place=None), id="no-report-at-all"
        ),
    ],
)
def test_a_failure_is_told_by_its_meaning(
    report: dict[str, Any] | None, expected: BuildStopped, tmp_path: Path
) -> None:
    made = static_files(tmp_path, report, "Killed", fails=True)
    with pytest.raises(type(expected)) as stopped:
        made.collect({}, is_wanted=True)
    assert vars(stopped.value) == vars(expected)
    assert "Killed" in said(made.effects)


@pytest.mark.parametrize(
    ("project", "version", "words"),
    [
        (None, "5.2", "manage.py"),
        (PROJECT, None, "Django is not installed"),
        (PROJECT, "5.2", ""),
    ],
    ids=["no-project", "no-django", "both"],
)
def test_why_nothing_is_staged_is_said(
    project: DjangoProject | None, version: str | None, words: str
) -> None:
    said = why_not_staged(project, version)
    assert words in said
    assert bool(said) == bool(words)
