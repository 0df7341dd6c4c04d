"""The runner of an app's tests is chosen by its files and its packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from slipway.domain.running_tests import (
    RunOfTests,
    TestedApp,
    decide,
    has_modules_with_tests,
    pytest_configuration,
    script_of_app_json,
)
from slipway.errors.running_tests import AppJsonUnusable, PytestMissing

DJANGO = ("django", "sqlparse")
PYTEST = ("pytest", "pluggy")


def app(*packages: str, files: Mapping[str, str] | None = None, manage: str = "") -> TestedApp:
    return TestedApp(
        read=(files or {}).get,
        packages=packages,
        manage=manage,
        manage_settings="harbour.settings" if manage else None,
        settings="harbour.production" if manage else None,
    )


def test_pytest_runs_the_tests_if_it_is_installed() -> None:
    run = decide(app(*PYTEST))
    assert (run.command, run.folder) == ("python -m pytest", "")
    assert run.variables == {}
    assert "pytest is installed" in run.reason


def test_unittest_runs_the_tests_of_an_app_without_pytest() -> None:
    assert decide(app("flask")).command == "python -m unittest discover"
    in_folder = app("flask", files={"tests/": ""})
    assert decide(in_folder).command == "python -m unittest discover -s tests"
    package = app("flask", files={"tests/": "", "tests/__init__.py": ""})
    assert decide(package).command == "python -m unittest discover"


def test_django_runs_the_tests_of_a_project_in_its_folder() -> None:
    run = decide(app(*DJANGO, manage="site/manage.py"))
    assert (run.command, run.folder) == ("python manage.py test --noinput", "site")
    assert run.variables == {}


def test_pytest_runs_those_of_django_only_with_its_plugin() -> None:
    without = decide(app(*DJANGO, *PYTEST, manage="manage.py"))
    assert without.command == "python manage.py test --noinput"
    assert "pytest-django is not installed" in without.reason
    run = decide(app(*DJANGO, *PYTEST, "pytest-django", manage="manage.py"))
    assert run.command == "python -m pytest"
    # As with manage.py itself, not those of the running site.
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.settings"}


def test_a_manage_py_without_django_installed_does_not_count() -> None:
    assert decide(app(*PYTEST, manage="manage.py")).command == "python -m pytest"


def test_a_manage_py_that_names_no_settings_gets_those_of_the_site() -> None:
    tested = replace(app(*DJANGO, manage="manage.py"), manage_settings=None)
    assert decide(tested).variables == {"DJANGO_SETTINGS_MODULE": "harbour.production"}


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"},
        {"tox.ini": "[pytest]\naddopts = -q --ds=harbour.tests\n"},
        {"setup.cfg": "[tool:pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--ds', 'harbour.tests']\n"},
        {"pyproject.toml": "[tool.pytest]\nDJANGO_SETTINGS_MODULE = 'harbour.tests'\n"},
    ],
)
def test_settings_in_the_configuration_of_pytest_are_not_overridden(
    files: Mapping[str, str],
) -> None:
    tested = app(*DJANGO, *PYTEST, "pytest-django", files=files, manage="manage.py")
    assert decide(tested).variables == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", ""),
        (".pytest.ini", "[pytest]\n"),
        ("pytest.toml", ""),
        ("pyproject.toml", "[tool.pytest.ini_options]\nminversion = '8'\n"),
        ("tox.ini", "[pytest]\n"),
        ("setup.cfg", "[tool:pytest]\n"),
        ("conftest.py", ""),
        ("tests/conftest.py", ""),
    ],
)
def test_an_app_that_configures_pytest_needs_it(file: str, text: str) -> None:
    with pytest.raises(PytestMissing) as raised:
        decide(app("flask", files={file: text}))
    assert raised.value.configured_in == file


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tox.ini", "[tox]\n"),
        ("setup.cfg", "[metadata]\nname = a\n"),
        ("setup.cfg", "not = in a section"),
        ("pyproject.toml", "[tool.black]\n"),
        ("pyproject.toml", "[tool.pytest"),
    ],
)
def test_other_files_do_not_configure_pytest(file: str, text: str) -> None:
    assert pytest_configuration({file: text}.get) is None


def test_a_script_of_app_json_runs_the_tests() -> None:
    scripts = {"test": " make test ", "test-setup": "make ready"}
    run = script_of_app_json(json.dumps({"scripts": scripts}))
    assert run is not None
    assert (run.setup, run.command) == ("make ready", "make test")
    assert run.is_of_repository
    of_tests = {"test": {"scripts": {"test": "tox"}}}
    run = script_of_app_json(json.dumps({"scripts": scripts, "environments": of_tests}))
    assert run is not None
    assert (run.setup, run.command) == ("make ready", "tox")


@pytest.mark.parametrize(
    "text", ["{}", "[]", '{"scripts": {"postdeploy": "x"}}', '{"environments": {"test": []}}']
)
def test_an_app_json_without_a_script_decides_nothing(text: str) -> None:
    assert script_of_app_json(text) is None


@pytest.mark.parametrize(
    "text", ["{", '{"scripts": {"test": ["pytest"]}}', '{"scripts": {"test-setup": 1}}']
)
def test_an_app_json_that_cannot_be_used_is_an_error(text: str) -> None:
    with pytest.raises(AppJsonUnusable):
        script_of_app_json(text)


def test_runners_find_tests_only_in_modules_with_such_names() -> None:
    by_name = decide(app("flask"))
    assert has_modules_with_tests(["app.py", "test_app.py"], by_name)
    assert not has_modules_with_tests(["app.py", "app_test.py"], by_name)
    assert has_modules_with_tests(["app.py"], RunOfTests(command="make test", reason=""))
