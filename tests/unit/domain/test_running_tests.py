"""The runner of an app's tests is chosen by its files and its packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.running_tests import (
    TestedApp,
    decide,
    is_named_for_tests,
    is_outside,
    line_to_collect,
    may_be_uncollected,
    pytest_configuration,
    unseen,
)
from slipway.errors.running_tests import PytestMissing
from unit.samples import write_files

DJANGO = ("django", "sqlparse")
PYTEST = ("pytest", "pluggy")
CASE = "from unittest import TestCase\n\nclass A(TestCase):\n    def test_a(self): ...\n"


def app(
    *packages: str,
    files: Mapping[str, str] | None = None,
    manage: str = "",
    paths: Sequence[str] = ("site/test_a.py",),
) -> TestedApp:
    return TestedApp(
        read={"site/__init__.py": "", **(files or {})}.get,
        paths=lambda: paths,
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
    run = decide(app("flask"))
    assert (run.command, run.may_run_none) == ("python -m unittest discover", True)
    in_tests = ["tests/test_a.py"]
    in_folder = decide(app("flask", paths=in_tests))
    assert in_folder.command == "python -m unittest discover -s tests"
    assert decide(app("flask", paths=["src/a/test_a.py"])).command.endswith(" -s src")
    in_both = decide(app("flask", paths=["site/test_a.py", *in_tests]))
    assert in_both.command == run.command
    package = decide(app("flask", files={"tests/__init__.py": ""}, paths=in_tests))
    assert package.command == run.command
    assert decide(app("flask", paths=[])).command == run.command


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
    run = decide(tested)
    assert may_be_uncollected("items/tests.py", run)
    assert expected in line_to_collect(run, ["items/tests.py"])


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
    assert not may_be_uncollected("items/tests.py", decide(tested))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests.py", True),
        ("a/foo_tests.py", True),
        ("a/tests_models.py", True),
        ("a/__init__.py", False),
        ("a/test_b.py", False),
        ("a/b_test.py", False),
        ("a/tests/views.py", False),
    ],
)
def test_pytest_leaves_out_modules_with_other_names(path: str, *, expected: bool) -> None:
    run = decide(app(*PYTEST))
    assert may_be_uncollected(path, run) is expected
    assert not may_be_uncollected(path, decide(app("flask")))


def test_the_names_of_modules_to_collect_are_said() -> None:
    line = line_to_collect(decide(app(*PYTEST)), ["a_tests.py", "b/b_tests.py", "tests.py"])
    assert "`python_files = *_tests.py tests.py test_*.py *_test.py`" in line


def test_pytest_is_not_chosen_where_it_collects_nothing() -> None:
    run = decide(app(*PYTEST, paths=["tests.py"]))
    assert run.command == "python -m unittest discover"
    assert run.reason == "pytest would collect none of its tests"
    django = app(*DJANGO, *PYTEST, "pytest-django", manage="manage.py", paths=["tests.py"])
    assert decide(django).command == "python manage.py test --noinput"
    assert decide(app(*PYTEST, paths=[])).command == "python -m pytest"


def test_pytest_runs_in_the_folder_of_the_project() -> None:
    packages = (*DJANGO, *PYTEST, "pytest-django")
    run = decide(app(*packages, manage="site/manage.py"))
    assert (run.command, run.folder) == ("python -m pytest", "site")
    files = {"site/pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"}
    run = decide(app(*packages, manage="site/manage.py", files=files))
    assert (run.folder, run.variables) == ("site", {})
    assert run.reason == "site/pytest.ini configures pytest"
    assert "below `[pytest]` in site/pytest.ini" in line_to_collect(run, ["site/tests.py"])
    assert is_outside("tests.py", run)
    assert not is_outside("site/tests.py", run)
    assert not may_be_uncollected("tests.py", run)
    run = decide(app(*packages, manage="site/manage.py", files={"pytest.ini": ""}))
    assert run.folder == ""
    run = decide(app(*packages, manage="site/manage.py", paths=["tests/test_b.py"]))
    assert run.folder == ""


def test_a_project_with_pytest_alone_lacks_its_plugin() -> None:
    configured = app(*DJANGO, *PYTEST, files={"pytest.ini": ""}, manage="manage.py")
    assert decide(configured).lacks == ("pytest-django",)
    assert decide(app(*PYTEST)).lacks == ()
    assert not decide(app(*PYTEST)).may_run_none


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
    assert raised.value.file == file


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


@pytest.mark.parametrize(
    ("path", "start", "reason"),
    [
        ("site/test_a.py", "", None),
        ("tests/test_a.py", "tests", None),
        ("tests.py", "", None),
        ("lost/test_a.py", "", "lost/ has no __init__.py"),
        ("site/deep/test_a.py", "site", "site/deep/ has no __init__.py"),
        ("test_a.py", "site", "it is not in site/"),
        ("site/a_test.py", "", "its name does not begin with `test`"),
        ("site/test-a.py", "", "its name has a character that is not valid in the name of"),
    ],
)
def test_unittest_says_why_it_does_not_find_a_module(
    path: str, start: str, reason: str | None
) -> None:
    found = unseen(path, start, {"site/__init__.py": ""}.get)
    assert (found is None) is (reason is None)
    assert found is None or found.reason.startswith(str(reason))


def test_unittest_finds_what_is_expected(tmp_path: Path) -> None:
    """The real loader decides."""
    files = {
        "pier/__init__.py": "",
        "pier/test_a.py": CASE,
        "pier/tests.py": CASE,
        "pier/a_test.py": CASE,
        "pier/test-b.py": CASE,
        "lost/test_c.py": CASE,
        "test_d.py": CASE,
    }
    write_files(tmp_path, files)
    argv = [sys.executable, "-m", "unittest", "discover", "-v"]
    log = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    found = {path for path in files if f"{path.removesuffix('.py').replace('/', '.')}." in log}
    expected = {path for path in files if unseen(path, "", files.get) is None}
    assert found == expected - {"pier/__init__.py"}


def test_modules_are_named_for_tests() -> None:
    names = ("tests.py", "a/test_a.py", "a_test.py", "a/b_tests.py")
    assert all(map(is_named_for_tests, names))
    others = ("app.py", "attest.py", ".slipway/test_a.py", "venv/lib/test_a.py")
    assert not any(map(is_named_for_tests, others))
