"""The runner of an app's tests is chosen by its files and its packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from slipway.domain.running_tests import (
    RunOfTests,
    TestedApp,
    decide,
    has_modules_with_tests,
    pytest_configuration,
)
from slipway.errors.running_tests import PytestMissing

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


def test_pytest_runs_those_of_django_with_its_plugin_or_if_it_is_configured() -> None:
    without = decide(app(*DJANGO, *PYTEST, manage="manage.py"))
    assert without.command == "python manage.py test --noinput"
    assert "pytest-django is not installed" in without.reason
    run = decide(app(*DJANGO, *PYTEST, "pytest-django", manage="manage.py"))
    assert run.command == "python -m pytest"
    # As with manage.py itself, not those of the running site.
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.settings"}
    files = {"pytest.ini": "[pytest]\ntestpaths = tests\n"}
    configured = decide(app(*DJANGO, *PYTEST, files=files, manage="manage.py"))
    assert (configured.command, configured.variables) == (run.command, run.variables)
    assert configured.reason == "pytest.ini configures pytest"


def test_settings_for_the_plugin_have_no_effect_without_it() -> None:
    files = {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"}
    run = decide(app(*DJANGO, *PYTEST, files=files, manage="manage.py"))
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.settings"}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("pytest.ini", "", "`python_files = tests.py test_*.py *_test.py` below `[pytest]`"),
        ("conftest.py", "", "_test.py` below `[pytest]` in pytest.ini"),
        ("", "", "_test.py` below `[pytest]` in pytest.ini"),
        ("setup.cfg", "[tool:pytest]\n", "_test.py` below `[tool:pytest]` in setup.cfg"),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\nminversion = '8'\n",
            '["tests.py", "test_*.py", "*_test.py"]` below `[tool.pytest.ini_options]` in pyp',
        ),
        ("pyproject.toml", "[tool.pytest]\na = '8'\n", "`[tool.pytest]` in pyproject.toml"),
        ("pytest.toml", "", '"*_test.py"]` below `[pytest]` in pytest.toml'),
    ],
)
def test_pytest_is_told_how_to_find_the_modules_of_startapp(
    file: str, text: str, expected: str
) -> None:
    tested = app(*DJANGO, *PYTEST, "pytest-django", files={file: text}, manage="manage.py")
    assert expected in decide(tested).finds_tests_py_with


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\npython_files = check_*.py\n"),
        ("tox.ini", "[pytest]\naddopts = -o python_files=tests.py\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\npython_files = ['tests.py']\n"),
    ],
)
def test_the_files_that_a_configuration_names_are_those_to_find(file: str, text: str) -> None:
    tested = app(*DJANGO, *PYTEST, "pytest-django", files={file: text}, manage="manage.py")
    assert decide(tested).finds_tests_py_with == ""


def test_only_apps_of_django_have_such_modules() -> None:
    assert decide(app(*PYTEST)).finds_tests_py_with == ""
    assert decide(app(*DJANGO, manage="manage.py")).finds_tests_py_with == ""


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


def test_runners_find_tests_only_in_modules_with_such_names() -> None:
    by_name = decide(app("flask"))
    assert has_modules_with_tests(["app.py", "test_app.py"], by_name)
    assert not has_modules_with_tests(["app.py", "app_test.py"], by_name)
    assert has_modules_with_tests(["app.py"], RunOfTests(command="make test", reason=""))
