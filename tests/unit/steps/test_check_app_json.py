"""A build for the tests says which scripts of app.json cannot run, and what to write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import DjangoProject
from slipway.steps.check_app_json import check_app_json
from unit.fakes import FakeToolchain, context_with, effects_with
from unit.samples import PLAN, write_files

PROJECT = DjangoProject(manage="site/manage.py", settings=None, settings_origin=None, web=None)
LOCAL = {"requirements/local.txt": "pytest\n"}
UV_LOCK = {
    "pyproject.toml": "[project]\nname = 'tides'\nversion = '1'\n"
    "[dependency-groups]\ndev = []\n",
    "uv.lock": 'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n[[package]]\n'
    'name = "tides"\nversion = "1"\nsource = { virtual = "." }\n'
    "[package.metadata.requires-dev]\ndev = []\n[package.dev-dependencies]\ndev = []\n",
}


def warned(
    root: Path,
    scripts: dict[str, str],
    files: dict[str, str],
    installed: tuple[str, ...] = (),
    env: dict[str, object] | None = None,
    plan: BuildPlan = PLAN,
) -> list[str]:
    of_tests = {"scripts": scripts, "env": env or {}}
    app_json = {"app.json": json.dumps({"environments": {"test": of_tests}})}
    listed = {} if "uv.lock" in files else {"requirements.txt": "flask\n"}
    write_files(root / "app", {**listed, **app_json, **files})
    effects = replace(effects_with(root), environment={"SLIPWAY_PYTHON_VERSION": "3.12"})
    made = context_with(root / "app", effects, FakeToolchain(), plan)
    made.virtualenv.bin.mkdir(parents=True)
    for name in ("python", *installed):
        (made.virtualenv.bin / name).touch(0o755)
        (made.virtualenv.site_packages / f"{name}-1.0.dist-info").mkdir(parents=True)
    path = f"{made.virtualenv.bin}:/usr/bin:/bin"
    return [*check_app_json(made, {"PATH": path})]


@pytest.mark.parametrize(
    ("scripts", "files", "expected"),
    [
        (
            {"test": "pytest -q"},
            {},
            "`pytest`, which `test` of app.json starts, is not installed. Add `pytest` to req",
        ),
        (
            {"test": "coverage run manage.py test && coverage report"},
            {"manage.py": "", "requirements-dev.txt": "tox\n"},
            "starts, is not installed. Add `coverage` to requirements-dev.txt",
        ),
        (
            {"test": "pytest"},
            UV_LOCK,
            "Add `pytest` to what the tests need, as with `uv add --dev PACKAGE`",
        ),
        (
            {"test": "./run_tests.sh"},
            {"run_tests.sh": "#!/bin/sh\n"},
            "is not executable. Run `git update-index --chmod=+x run_tests.sh`",
        ),
        (
            {"test-setup": "./ready.sh"},
            {},
            "starts, does not exist in the app. Correct the path in app.json",
        ),
        ({"test": "if true"}, {}, "Bash cannot read the script `test` of app.json"),
        (
            {"test-setup": "pip install -r requirements/local.txt"},
            LOCAL,
            "installs what they need: write `-r requirements/local.txt` to requirements-test",
        ),
        (
            {"test-setup": "python -m pip install tox pytest"},
            {},
            "write `tox` and `pytest` to requirements-test.txt, and remove",
        ),
        (
            {"test-setup": "pip install -r requirements/local.txt"},
            {**LOCAL, "requirements/test.txt": "tox\n"},
            "write `-r local.txt` to requirements/test.txt",
        ),
        (
            {"test-setup": "pip install -r requirements/local.txt"},
            {**LOCAL, "pyproject.toml": "[dependency-groups]\ntest = ['tox']\n"},
            "add the packages of requirements/local.txt to the group `test` in pyproject.toml",
        ),
        (
            {"test-setup": "pip install -r requirements/local.txt"},
            {**LOCAL, **UV_LOCK},
            "run `uv add --dev -r requirements/local.txt`, and commit uv.lock, and remove",
        ),
        (
            {"test-setup": "pip3 install -U pip"},
            {},
            "A build for the tests installs what they need: remove the calls of pip",
        ),
    ],
)
def test_a_script_that_cannot_run_is_named(
    scripts: dict[str, str], files: dict[str, str], expected: str, tmp_path: Path
) -> None:
    [notice] = warned(tmp_path, scripts, files)
    assert expected in notice


@pytest.mark.parametrize(
    ("scripts", "installed"),
    [
        ({"test": "pytest -q && python -m pytest"}, ("pytest",)),
        ({"test-setup": "pip install x"}, ("pip",)),
        ({"test-setup": "sh make.sh", "test": "./made-by-it && python made.py"}, ()),
        ({"test": "python manage.py test"}, ()),
        ({}, ()),
    ],
)
def test_nothing_is_said_of_other_scripts(
    scripts: dict[str, str], installed: tuple[str, ...], tmp_path: Path
) -> None:
    files = {"make.sh": "echo > made.py\n", "manage.py": "", "pytest.py": ""}
    assert warned(tmp_path, scripts, files, installed) == []


def test_variables_are_named_that_the_build_does_not_have(tmp_path: Path) -> None:
    env = {"SLIPWAY_PYTHON_VERSION": "3.11", "SLIPWAY_STRICT": "1", "RETRIES": 3}
    unfit, settings = warned(tmp_path, {}, {}, env=env)
    assert "Not using `RETRIES` of app.json" in unfit
    assert "Not using SLIPWAY_STRICT of app.json" in settings


_SETTINGS = """\
import os
SECRET_KEY = os.environ["SECRET_KEY"]
DATABASE_URL = os.environ["DATABASE_URL"]
"""


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (
            {},
            "Without SECRET_KEY and DATABASE_URL, the settings harbour.settings stop",
        ),
        (
            {"SECRET_KEY": "a"},
            '`{"environments": {"test": {"env": {"DATABASE_URL": "VALUE"}}}}`',
        ),
        ({"SECRET_KEY": {"generator": "secret"}, "DATABASE_URL": "sqlite://"}, ""),
    ],
)
def test_variables_that_the_settings_need_are_named(
    env: dict[str, object], expected: str, tmp_path: Path
) -> None:
    manage = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings")\n'
    files = {"site/manage.py": manage, "site/harbour/settings.py": _SETTINGS}
    plan = replace(PLAN, django=PROJECT)
    notices = warned(tmp_path, {}, files, ("django",), env, plan)
    assert [expected in notice for notice in notices] == [True] * bool(expected)
