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
    BuildCommandMalformed,
    BuildCommandsWithoutDjango,
    BuildCommandUnknown,
    CollectstaticFailed,
    PlaceholderLeft,
    SettingsComputed,
    SettingsVariableMissing,
    StaticRootOutside,
    StorageUnusable,
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


def test_the_file_of_old_heroku_apps_disables_collectstatic_too(tmp_path: Path) -> None:
    made = site(tmp_path, None)
    file = tmp_path / "app/.heroku/collectstatic_disabled"
    file.parent.mkdir(parents=True)
    file.touch()
    made.collectstatic()
    assert made.started == []
    assert "the app has the file .heroku/collectstatic_disabled" in logged(made.effects)
    assert "DISABLE_COLLECTSTATIC=1 does the same" in logged(made.effects)


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


def lacks(name: str) -> dict[str, Any]:
    """Report that the settings read a variable that is not set."""
    statement = f"A = os.environ['{name}']"
    frame = {"line": 2, "function": "<module>", "names": {}, "statement": statement}
    own = {**frame, "file": "a/settings.py", "module": "a.settings", "owner": "app"}
    environ = {**frame, "file": "os.py", "module": "os", "owner": "stdlib"}
    return failed(types=["builtins.KeyError"], attributes={"key": name}, frames=[own, environ])


def requiring(
    root: Path,
    *names: str,
    done: dict[str, Any] | None = None,
    written: str = "",
    refuses: bool = False,
) -> Site:
    """Return a site whose settings require variables, one after the other.

    `done` is its report with all of them, and `written` a variable whose value gets to a file.
    """

    def answer(command: Command) -> str:
        report = Path(command.argv[3])
        missing = next((name for name in names if name not in command.env), None)
        if missing is not None or refuses:
            report.write_text(json.dumps(lacks(missing or names[0])))
            raise CommandFailed(command=command.name, status=1, output="KeyError")
        report.write_text(json.dumps(done or {"outcome": "done"}))
        if written:
            (root / "app" / "built.js").write_text(f"let key = '{command.env[written]}'")
        return "3 static files copied."

    processes = FakeProcesses(now=no_time, answer=answer)
    settings = root / "app" / "a" / "settings.py"
    settings.parent.mkdir(parents=True)
    settings.write_text("import os\n" + "".join(f"A = os.environ['{it}']\n" for it in names))
    return Site(root, effects_with(root, processes))


def test_missing_variables_get_throw_away_values(tmp_path: Path) -> None:
    made = requiring(tmp_path, "SECRET_KEY", "TIDE")
    collected = made.collectstatic(DEBUG="1")
    assert len(made.started) == 2
    assert set(made.started[-1].env) == {
        *("DEBUG", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "TIDE")
    }
    assert set(collected.variables) == {"DEBUG", "DJANGO_SETTINGS_MODULE"}
    assert collected.with_placeholders == made.started[-1].env
    text = logged(made.effects)
    assert (
        "Throw-away values for this build, because the settings require variables that are not "
        "set: SECRET_KEY (a/settings.py:2), TIDE (a/settings.py:3). The app needs real ones "
        "when it starts"
    ) in text
    assert "KeyError" not in text
    assert made.started[-1].env["TIDE"] not in text


def test_commands_share_the_values(tmp_path: Path) -> None:
    made = requiring(tmp_path, "TIDE")
    made.collectstatic(build_commands=("compress --force",))
    assert [one.name for one in made.started] == [
        "python manage.py compress --force",
        "python manage.py compress --force",
        "python manage.py collectstatic --noinput",
    ]
    assert len({one.env.get("TIDE") for one in made.started[1:]}) == 1
    assert logged(made.effects).count("TIDE") == 1
    assert "compress finished in 0.0 s" in logged(made.effects)


def test_build_commands_run_without_collectstatic(tmp_path: Path) -> None:
    made = site(tmp_path, {"outcome": "done"})
    made.collectstatic(is_wanted=False, build_commands=("render 'two words'",))
    (command,) = made.started
    assert json.loads(Path(command.argv[2]).read_text())["arguments"] == ["render", "two words"]


def test_a_variable_whose_values_are_all_refused_is_named(tmp_path: Path) -> None:
    made = requiring(tmp_path, "TIDE", refuses=True)
    with pytest.raises(SettingsVariableMissing) as stopped:
        made.collectstatic()
    assert stopped.value.is_refused
    assert [one.name for one in stopped.value.variables] == ["TIDE"]


def test_a_value_in_a_file_stops_the_build(tmp_path: Path) -> None:
    made = requiring(tmp_path, "TIDE", "BERTHS", written="TIDE")
    with pytest.raises(PlaceholderLeft) as stopped:
        made.collectstatic()
    (left,) = stopped.value.files
    assert (left.name, [one.name for one in left.variables]) == ("built.js", ["TIDE"])
    assert stopped.value.commands == ("collectstatic --noinput",)


def test_a_value_in_a_setting_of_static_files_stops_the_build(tmp_path: Path) -> None:
    done = {"outcome": "computed", "settings": {"STATIC_URL": ["TIDE"]}}
    with pytest.raises(SettingsComputed) as stopped:
        requiring(tmp_path, "TIDE", done=done).collectstatic()
    (computed,) = stopped.value.computed
    assert (computed.name, [it.name for it in computed.variables]) == ("STATIC_URL", ["TIDE"])


UPLOADS = {"outcome": "uploads", "storage": "storages.backends.s3.S3Storage", "place": "quay"}


@pytest.mark.parametrize(
    ("more", "named", "missing"),
    [
        ({"placeholders": ["TIDE"]}, (), ["TIDE"]),
        ({"unset": ["secret_key"]}, ("AWS_SECRET_ACCESS_KEY",), []),
    ],
)
def test_nothing_is_uploaded_without_credentials(
    more: dict[str, Any], named: tuple[str, ...], missing: list[str], tmp_path: Path
) -> None:
    made = requiring(tmp_path, "TIDE", done={**UPLOADS, **more})
    with pytest.raises(StorageUnusable) as stopped:
        made.collectstatic()
    assert stopped.value.variables == named
    assert [one.name for one in stopped.value.missing] == missing
    assert len(made.started) == 2


def test_an_upload_runs_again_with_the_network(tmp_path: Path) -> None:
    made = site(tmp_path, UPLOADS)
    made.collectstatic()
    assert len(made.started) == 2
    assert json.loads(Path(made.started[1].argv[2]).read_text())["may_upload"] is True
    assert (
        "Using the network for collectstatic, because the storage "
        "storages.backends.s3.S3Storage uploads static files: quay"
    ) in logged(made.effects)


def test_an_unknown_build_command_is_named_with_the_nearest(tmp_path: Path) -> None:
    made = site(tmp_path, {"outcome": "unknown", "commands": ["compress", "migrate"]})
    with pytest.raises(BuildCommandUnknown) as stopped:
        made.collectstatic(build_commands=("compres --force",))
    assert stopped.value.nearest == "compress"


@pytest.mark.parametrize("text", ["render 'a", "manage.py compress"])
def test_a_build_command_that_is_not_one_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BuildCommandMalformed):
        site(tmp_path, None).collectstatic(build_commands=(text,))


def test_build_commands_need_a_django_project(tmp_path: Path) -> None:
    effects = effects_with(tmp_path, FakeProcesses(now=no_time))
    settings = replace(PLAN.settings, build_commands=("compress",))
    plan = replace(PLAN, settings=settings, django=None)
    context = context_with(tmp_path / "app", effects, FakeToolchain(), plan)
    with pytest.raises(BuildCommandsWithoutDjango):
        collectstatic(context, {}, tmp_path)


@pytest.mark.parametrize(
    "report",
    [
        *("{", "[1]", '"text"', "[" * 100_000, '{"outcome": [], "commands": {}}'),
        '{"outcome": "failed", "exceptions": [{"types": 3}]}',
        '{"outcome": "failed", "exceptions": 3}',
    ],
    ids=["cut", "list", "text", "deep", "types", "exception", "number"],
)
@pytest.mark.parametrize("fails", ["fails", ""])
def test_a_report_that_the_app_has_written_is_no_failure_of_slipway(
    report: str, fails: str, tmp_path: Path
) -> None:
    def answer(command: Command) -> str:
        Path(command.argv[3]).write_text(report)
        if fails:
            raise CommandFailed(command=command.name, status=1, output="x" * 1_000_000)
        return ""

    made = Site(tmp_path, effects_with(tmp_path, FakeProcesses(now=no_time, answer=answer)))
    if fails:
        with pytest.raises(CollectstaticFailed):
            made.collectstatic()
    else:
        made.collectstatic()
        assert "without running collectstatic" in logged(made.effects)
