"""The error of a failed hook has the cause if the traceback at the end tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.django.project import DjangoProject
from slipway.errors.django import DatabaseNotReached, ModuleMissing, SettingsVariableMissing
from slipway.errors.hooks import HookFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.explain_hook import explain_hook
from unit.fakes import FakeToolchain, context_with, effects_with
from unit.samples import PLAN, write_files

PROJECT = DjangoProject(
    manage="manage.py", settings="quay.settings", settings_origin="manage.py", web=None
)
HOOK = "set -e\npython manage.py migrate\n"
SETTINGS = 'import os\nURL = os.environ["URL"]\nDEPTH = os.environ["DEPTH"]\n'
FILES = {"bin/post_compile": HOOK, "quay/settings.py": SETTINGS, "quay/__init__.py": ""}
START = """\
Traceback (most recent call last):
  File "{app}/manage.py", line 4, in <module>
    execute_from_command_line(sys.argv)
"""
IN_SETTINGS = (
    START
    + """\
  File "/x/site-packages/django/conf/__init__.py", line 190, in __init__
    mod = importlib.import_module(self.SETTINGS_MODULE)
  File "{app}/{settings}.py", line 2, in <module>
    URL = os.environ["URL"]
"""
)
UNSET = IN_SETTINGS + "  File \"<frozen os>\", line 685, in __getitem__\nKeyError: 'URL'\n"
UNREACHED = (
    START
    + """\
  File "/x/site-packages/django/db/backends/{kind}/base.py", line 332, in {function}
    connection = self.Database.connect(**conn_params)
django.db.utils.OperationalError: connection failed: Connection refused
\tIs the server running on that host?
"""
)


def explained(
    root: Path,
    output: str,
    *,
    files: Mapping[str, str] = FILES,
    procfile: Mapping[str, str] | None = None,
    **places: str,
) -> HookFailed:
    plan = replace(PLAN, django=PROJECT, procfile=procfile)
    context = context_with(root / "app", effects_with(root), FakeToolchain(), plan)
    write_files(root / "app", {**files, "manage.py": ""})
    printed = output.format(app=context.app, **{"settings": "quay/settings", **places})
    failed = HookFailed(hook="bin/post_compile", reason="exited with status 1")
    failed.__cause__ = CommandFailed(command="x", status=1, output=printed)
    explain_hook(failed, context, {"PATH": "/bin"})
    return failed


def test_variables_that_the_settings_need_are_named(tmp_path: Path) -> None:
    failed = explained(tmp_path, UNSET)
    assert isinstance(failed.cause, SettingsVariableMissing)
    assert [(it.name, it.place) for it in failed.cause.variables] == [
        ("URL", "quay/settings.py:2"),
        ("DEPTH", "quay/settings.py:3"),
    ]
    assert failed.cause.settings == "quay.settings"
    assert (failed.migrates, failed.lacks_release_line) == (True, False)


def test_a_variable_that_the_script_sets_is_not_missing(tmp_path: Path) -> None:
    files = {**FILES, "bin/post_compile": f"export DEPTH=3\n{HOOK}"}
    failed = explained(tmp_path, UNSET, files=files)
    assert isinstance(failed.cause, SettingsVariableMissing)
    assert [it.name for it in failed.cause.variables] == ["URL"]


def test_the_settings_are_those_that_django_was_importing(tmp_path: Path) -> None:
    files = {**FILES, "quay/production.py": SETTINGS}
    failed = explained(tmp_path, UNSET, files=files, settings="quay/production")
    assert isinstance(failed.cause, SettingsVariableMissing)
    assert failed.cause.settings == "quay.production"


@pytest.mark.parametrize(
    ("procfile", "lacks"),
    [
        (None, "nothing"),
        ({"web": "gunicorn quay.wsgi"}, "the line"),
        ({"web": "gunicorn quay.wsgi", "release": "slipway-release"}, "nothing"),
    ],
)
def test_only_a_procfile_can_lack_the_release_step(
    tmp_path: Path, procfile: dict[str, str] | None, lacks: str
) -> None:
    failed = explained(tmp_path, UNSET, procfile=procfile)
    assert failed.lacks_release_line == (lacks == "the line")


@pytest.mark.parametrize(
    ("kind", "function", "expected"),
    [
        ("postgresql", "get_new_connection", DatabaseNotReached),
        ("mysql", "get_new_connection", DatabaseNotReached),
        ("dummy", "complain", DatabaseNotReached),
        ("sqlite3", "get_new_connection", type(None)),
        ("postgresql", "execute", type(None)),
    ],
)
def test_a_database_that_answers_with_an_error_is_reached(
    tmp_path: Path, kind: str, function: str, expected: type[BuildStopped]
) -> None:
    failed = explained(tmp_path, UNREACHED, kind=kind, function=function)
    assert isinstance(failed.cause, expected)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (IN_SETTINGS + "ModuleNotFoundError: No module named 'anchor'\n", ModuleMissing),
        # Only the process knows whether an installed package should have it.
        (IN_SETTINGS + "ModuleNotFoundError: No module named 'a.b'\n", type(None)),
        (UNSET + "Not ready\n", type(None)),
        (START + "ValueError: 3\n", type(None)),
        (
            START.replace("manage.py", "x.py") + "ModuleNotFoundError: No module named 'a'\n",
            type(None),
        ),
    ],
)
def test_only_a_cause_that_the_text_tells_is_named(
    tmp_path: Path, output: str, expected: type[BuildStopped]
) -> None:
    assert isinstance(explained(tmp_path, output).cause, expected)
