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
    SettingsVariableMissing,
    StaticRootOutside,
)
from slipway.errors.stopped import CommandFailed
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

    def collectstatic(
        self,
        *,
        is_wanted: bool = True,
        placeholders: bool = True,
        build_commands: tuple[str, ...] = (),
        **variables: str,
    ) -> Collected:
        settings = replace(
            PLAN.settings,
            collectstatic=is_wanted,
            placeholders=placeholders,
            build_commands=build_commands,
        )
        plan = replace(PLAN, settings=settings, django=self.project)
        context = context_with(self.root / "app", self.effects, FakeToolchain(), plan)
        info = context.virtualenv.site_packages / "django-5.2.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        folder = self.root / "scratch"
        folder.mkdir(exist_ok=True)
        return collectstatic(context, variables, folder)

    @property
    def started(self) -> list[Command]:
        assert isinstance(self.effects.processes, FakeProcesses)
        return self.effects.processes.started


def site(
    root: Path, report: dict[str, Any] | None, output: str = "", *, fails: bool = False
) -> Site:
    def answer(command: Command) -> str:
        if report is not None:
            Path(command.argv[3]).write_text(json.dumps(report))
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
    request = json.loads(Path(command.argv[2]).read_text())
    assert request["manage"] == "manage.py"
    assert request["arguments"] == ["collectstatic", "--noinput"]
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


def failed(**exception: object) -> dict[str, Any]:
    facts = {
        "types": ["builtins.OSError"],
        "text": "disk",
        "cause": None,
        "context": None,
        "is_suppressed": False,
        "members": [],
        "attributes": {},
        "required": {},
        "refused": [],
        "frames": [],
        **exception,
    }
    return {
        "outcome": "failed",
        "python": "3.13.1",
        "settings": "a.settings",
        "configuration": "",
        "variables": {},
        "exceptions": [facts],
        "distributions": {},
        "storage": "",
    }


def test_a_failure_is_explained_and_its_output_is_logged(tmp_path: Path) -> None:
    made = site(tmp_path, failed(), "OSError: disk", fails=True)
    with pytest.raises(CollectstaticFailed) as stopped:
        made.collectstatic()
    assert stopped.value.raised is not None
    assert stopped.value.raised.exceptions == ("OSError: disk",)
    assert "OSError: disk" in logged(made.effects)


def test_the_apps_modules_are_read_to_explain_a_failure(tmp_path: Path) -> None:
    source = "import os\nA = os.environ['TIDE']\nB = os.environ['BERTHS']\n"
    statement = "A = os.environ['TIDE']"
    frame = {"line": 2, "function": "<module>", "names": {}, "statement": statement}
    own = {**frame, "file": "a/settings.py", "module": "a.settings", "owner": "app"}
    environ = {**frame, "file": "os.py", "module": "os", "owner": "stdlib"}
    report = failed(
        types=["builtins.KeyError"], attributes={"key": "TIDE"}, frames=[own, environ]
    )
    made = site(tmp_path, report, fails=True)
    settings = tmp_path / "app" / "a" / "settings.py"
    settings.parent.mkdir(parents=True)
    settings.write_text(source)
    with pytest.raises(SettingsVariableMissing) as stopped:
        made.collectstatic(placeholders=False)
    assert [one.name for one in stopped.value.variables] == ["TIDE", "BERTHS"]
    settings.write_bytes(b"\xff")
    with pytest.raises(SettingsVariableMissing) as stopped:
        made.collectstatic(placeholders=False)
    assert [one.name for one in stopped.value.variables] == ["TIDE"]


def test_a_process_that_was_killed_has_written_no_report(tmp_path: Path) -> None:
    made = site(tmp_path, None, "Killed", fails=True)
    with pytest.raises(CollectstaticFailed) as stopped:
        made.collectstatic()
    assert (stopped.value.raised, stopped.value.ending) == (None, "exited with status 1")
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
