"""How tests are run is read from a built app; what is unclear is said by bin/test alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from slipway.domain.app_json import AppJson
from slipway.effects.console import Console
from slipway.effects.files import AppFolder
from slipway.errors.running_tests import PytestMissing
from slipway.steps.find_tests import (
    find_tests,
    log_tests,
    read_app_json,
    warn_of_no_tests,
)
from unit.samples import write_files

NOTHING = AppJson()
MANAGE = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.local")
"""
SITE = {
    "requirements.txt": "django\n",
    "site/manage.py": MANAGE,
    "site/harbour/__init__.py": "",
    "site/harbour/local.py": "",
    "site/harbour/production.py": "",
    "site/harbour/wsgi.py": MANAGE.replace("local", "production") + "application = None\n",
}


def log() -> Console:
    return Console(out=io.StringIO(), err=io.StringIO(), now=lambda: 0)


def logged(console: Console) -> str:
    assert isinstance(console.out, io.StringIO)
    return " ".join(console.out.getvalue().split())


def test_a_project_is_tested_with_the_settings_of_its_manage_py(tmp_path: Path) -> None:
    app = AppFolder(write_files(tmp_path, SITE))
    run = find_tests(app, NOTHING, ["django"], {})
    assert (run.command, run.folder) == ("python manage.py test --noinput", "site")
    assert run.variables == {}
    run = find_tests(app, NOTHING, ["django", "pytest", "pytest-django"], {})
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.local"}


def test_app_json_is_at_the_top_of_the_repository(tmp_path: Path) -> None:
    files = {
        "app.json": '{"scripts": {"test": "make test"}}',
        "backend/requirements.txt": "pytest\n",
    }
    write_files(tmp_path, files)
    app = AppFolder(tmp_path / "backend", repository=tmp_path)
    run = find_tests(app, read_app_json(app), ["pytest"], {})
    assert (run.command, run.is_of_repository) == ("make test", True)


def test_the_error_names_the_file_to_add_pytest_to(tmp_path: Path) -> None:
    files = {"requirements.txt": "flask\n", "pytest.ini": ""}
    app = AppFolder(write_files(tmp_path, files))
    with pytest.raises(PytestMissing) as raised:
        find_tests(app, NOTHING, ["flask"], {})
    assert raised.value.origin == "requirements.txt"
    console = log()
    log_tests(app, ["flask"], {}, console)
    assert "pytest.ini configures pytest, which is not installed" in logged(console)


def test_a_setup_runs_before_the_runner_that_is_chosen(tmp_path: Path) -> None:
    app = AppFolder(write_files(tmp_path, {"requirements.txt": ""}))
    run = find_tests(app, AppJson(setup="make ready"), ["pytest"], {})
    assert (run.setup, run.command) == ("make ready", "python -m pytest")
    run = find_tests(app, AppJson(setup="make ready", test="tox"), ["pytest"], {})
    assert (run.setup, run.command) == ("make ready", "tox")


def test_the_log_of_a_build_names_the_setup(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "app.json": '{"scripts": {"test-setup": "make ready"}}'}
    console = log()
    log_tests(AppFolder(write_files(tmp_path, files)), ["pytest"], {}, console)
    assert "runs the script `test-setup` of app.json, then `python -m" in logged(console)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("requirements-dev.txt", "requirements-dev.txt"),
        ("requirements/docs.txt", ""),
    ],
)
def test_the_error_names_the_file_that_the_tests_have(
    file: str, expected: str, tmp_path: Path
) -> None:
    """A new requirements-test.txt would count instead of it."""
    files = {"requirements.txt": "flask\n", "pytest.ini": "", file: "coverage\n"}
    with pytest.raises(PytestMissing) as raised:
        find_tests(AppFolder(write_files(tmp_path, files)), NOTHING, ["flask"], {})
    assert raised.value.file_for_tests == expected


def test_a_build_warns_of_an_app_json_that_cannot_be_used(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "app.json": "{\n"}
    console = log()
    log_tests(AppFolder(write_files(tmp_path, files)), [], {}, console)
    assert "bin/test will stop, because app.json cannot be used" in logged(console)
    assert "line 2 column 1" in logged(console)


def test_a_build_warns_of_an_app_json_that_cannot_be_read(tmp_path: Path) -> None:
    app = AppFolder(write_files(tmp_path, {"requirements.txt": ""}))
    (tmp_path / "app.json").write_bytes(b"\xff\xff\xff")
    console = log()
    log_tests(app, [], {}, console)
    assert "bin/test will stop, because app.json cannot be read" in logged(console)


@pytest.mark.parametrize(
    ("files", "is_warned"),
    [
        ({"items/tests.py": "class A(TestCase):\n    def test_a(self): ...\n"}, True),
        ({"items/tests.py": "# Create your tests here.\n"}, False),
        ({"items/test_a.py": "def test_a(): ...\n"}, False),
        (
            {
                "items/tests.py": "def test_a(): ...\n",
                "pytest.ini": "[pytest]\npython_files = tests.py\n",
            },
            False,
        ),
        (  # pytest does not look there at all
            {
                "items/tests.py": "def test_a(): ...\n",
                "pytest.ini": "[pytest]\ntestpaths = tests ./other/\n",
            },
            False,
        ),
        (
            {
                "items/tests.py": "def test_a(): ...\n",
                "pytest.toml": "[pytest]\ntestpaths = ['tests', './ite*/']\n",
            },
            True,
        ),
    ],
)
def test_tests_that_pytest_does_not_collect_are_warned_of(
    files: dict[str, str], *, is_warned: bool, tmp_path: Path
) -> None:
    app = AppFolder(write_files(tmp_path, {**SITE, **files}))
    packages = ["django", "pytest", "pytest-django"]
    console = log()
    warn_of_no_tests(app, find_tests(app, NOTHING, packages, {}), console)
    assert ("pytest does not collect the tests in items/tests.py" in logged(console)) is (
        is_warned
    )
    console = log()
    log_tests(app, packages, {}, console)
    assert ("`python_files = " in logged(console)) is is_warned


@pytest.mark.parametrize(
    ("file", "is_warned"),
    [("tests/test_tides.py", False), ("tides_test.py", True), (".slipway/test_a.py", True)],
)
def test_a_runner_that_finds_no_tests_is_warned_of(
    file: str, *, is_warned: bool, tmp_path: Path
) -> None:
    app = AppFolder(write_files(tmp_path, {"requirements.txt": "", file: ""}))
    console = log()
    warn_of_no_tests(app, find_tests(app, NOTHING, [], {}), console)
    assert ("there may be no tests" in logged(console)) is is_warned
