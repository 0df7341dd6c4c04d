"""How tests are run is read from a built app; what is unclear is said by bin/test alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from slipway.domain.app_json import AppJson
from slipway.effects.console import Console
from slipway.effects.files import AppFolder
from slipway.errors.running_tests import PytestMissing, WayToAdd
from slipway.steps.find_tests import (
    find_tests,
    log_tests,
    read_app_json,
    warn_of_lost_tests,
)
from unit.samples import write_files

NOTHING = AppJson()
MANAGE = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.local")
"""
CASE = "class A(TestCase):\n    def test_a(self): ...\n"
FUNCTION = "def test_a(client): ...\n"
SITE = {
    "requirements.txt": "django\n",
    "site/manage.py": MANAGE,
    "site/harbour/__init__.py": "",
    "site/harbour/local.py": "",
    "site/harbour/production.py": "",
    "site/harbour/test_site.py": CASE,
    "site/harbour/wsgi.py": MANAGE.replace("local", "production") + "application = None\n",
}


def log() -> Console:
    return Console(out=io.StringIO(), err=io.StringIO(), now=lambda: 0)


def logged(console: Console) -> str:
    assert isinstance(console.out, io.StringIO)
    lines = console.out.getvalue().splitlines()
    return " ".join(line.removeprefix(" !").strip() for line in lines)


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
    assert raised.value.way == WayToAdd(exact=("pytest",), file="requirements-test.txt")
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
        ("requirements/docs.txt", "requirements-test.txt"),
    ],
)
def test_the_error_names_the_file_that_the_tests_have(
    file: str, expected: str, tmp_path: Path
) -> None:
    """A new requirements-test.txt would count instead of it."""
    files = {"requirements.txt": "flask\n", "pytest.ini": "", file: "coverage\n"}
    with pytest.raises(PytestMissing) as raised:
        find_tests(AppFolder(write_files(tmp_path, files)), NOTHING, ["flask"], {})
    assert raised.value.way.file == expected


_UV_LOCK = (
    'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n'
    '[[package]]\nname = "tides"\nversion = "1"\nsource = { virtual = "." }\n'
    "[package.metadata.requires-dev]\ndev = []\n[package.dev-dependencies]\ndev = []\n"
)
_PROJECT = "[project]\nname = 'tides'\nversion = '1'\n"


@pytest.mark.parametrize(
    ("files", "way", "advice"),
    [
        (
            {
                "pyproject.toml": f"{_PROJECT}[dependency-groups]\ndev = []\n",
                "uv.lock": _UV_LOCK,
                "requirements-test.txt": "pytest\n",
            },
            WayToAdd(exact=("uv add --dev pytest",), file="uv.lock", is_command=True),
            "To install it for the tests, run `uv add --dev pytest`, and commit uv.lock",
        ),
        (
            {
                "requirements.txt": "-r requirements/production.txt\n",
                "requirements/base.txt": "flask\n",
                "requirements/production.txt": "-r base.txt\n",
                "requirements/local.txt": "-r base.txt\npytest==8.3.4  # https://docs\n",
            },
            WayToAdd(exact=("-r requirements/local.txt",), listed_in="requirements/local.txt"),
            "install it for the tests, write `-r requirements/local.txt` to requirements-test",
        ),
        (
            {"requirements.txt": "flask\n", "dev.txt": "pytest-cov\npytest [x]\n"},
            WayToAdd(exact=("-r dev.txt",), listed_in="dev.txt"),
            "write `-r dev.txt` to requirements-test.txt",
        ),
        (
            {
                "requirements.txt": "-r backend/requirements.txt\n",
                "backend/requirements.txt": "flask\n",
                "backend/requirements-test.txt": "pytest\n",
            },
            WayToAdd(
                exact=("-r backend/requirements-test.txt",),
                listed_in="backend/requirements-test.txt",
            ),
            "because backend/requirements-test.txt lists it",
        ),
        (
            {
                "requirements.txt": "flask\n",
                "requirements/test.txt": "coverage\n",
                "requirements/local.txt": "pytest\n",
                "requirements/prod.txt": "pytest\n",
            },
            WayToAdd(
                exact=("-r local.txt",),
                file="requirements/test.txt",
                listed_in="requirements/local.txt",
            ),
            "write `-r local.txt` to requirements/test.txt",
        ),
        (
            {
                "requirements.txt": "flask\n",
                "pyproject.toml": "[dependency-groups]\ntests = ['coverage']\n",
            },
            WayToAdd(exact=('"pytest",',), file="pyproject.toml", group="tests"),
            'add `"pytest",` to the group `tests` in pyproject.toml',
        ),
        (
            {
                "pyproject.toml": "[tool.poetry]\nname = 'tides'\nversion = '1'\n"
                "[tool.poetry.dependencies]\nflask = '*'\n"
                "[tool.poetry.group.test.dependencies]\ncoverage = '*'\n",
            },
            WayToAdd(
                exact=("poetry add --group test pytest",),
                file="pyproject.toml",
                is_command=True,
            ),
            "run `poetry add --group test pytest`",
        ),
    ],
)
def test_a_build_and_bin_test_say_alike_how_to_install_pytest(
    files: dict[str, str], way: WayToAdd, advice: str, tmp_path: Path
) -> None:
    app = AppFolder(write_files(tmp_path, {**files, "conftest.py": ""}))
    with pytest.raises(PytestMissing) as raised:
        find_tests(app, NOTHING, ["flask"], {})
    assert raised.value.way == way
    console = log()
    log_tests(app, ["flask"], {}, console)
    assert advice in logged(console)


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
        ({"site/items/tests.py": "class A(TestCase):\n    def test_a(self): ...\n"}, True),
        ({"site/items/tests.py": "# Create your tests here.\n"}, False),
        ({"site/items/test_a.py": "def test_a(): ...\n"}, False),
        (
            {
                "site/items/tests.py": "def test_a(): ...\n",
                "site/pytest.ini": "[pytest]\npython_files = tests.py\n",
            },
            False,
        ),
        (  # pytest does not look there at all
            {
                "site/items/tests.py": "def test_a(): ...\n",
                "site/pytest.ini": "[pytest]\ntestpaths = tests ./other/\n",
            },
            False,
        ),
        (
            {
                "site/items/tests.py": "def test_a(): ...\n",
                "site/pytest.toml": "[pytest]\ntestpaths = ['tests', './ite*/']\n",
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
    warn_of_lost_tests(app, find_tests(app, NOTHING, packages, {}), {}, console)
    assert ("pytest does not collect the tests in site/items/tests.py" in logged(console)) is (
        is_warned
    )
    console = log()
    log_tests(app, packages, {}, console)
    assert ("`python_files = " in logged(console)) is is_warned


def warned(tmp_path: Path, files: dict[str, str], *packages: str) -> str:
    """Return what a build and bin/test say of the tests, which is the same."""
    app = AppFolder(write_files(tmp_path, {**SITE, **files}))
    by_build, by_test = log(), log()
    log_tests(app, packages, {}, by_build)
    warn_of_lost_tests(app, find_tests(app, NOTHING, packages, {}), {}, by_test)
    assert logged(by_test) in logged(by_build)
    return logged(by_test)


@pytest.mark.parametrize(
    ("files", "packages", "expected"),
    [
        (
            {"site/harbour/test_b.py": FUNCTION, "site/harbour/test_c.py": FUNCTION},
            ["django"],
            "functions that begin with `test_`, as in site/harbour/test_b.py and 1 more file",
        ),
        (
            {"site/harbour/test_b.py": FUNCTION},
            ["django"],
            "To run them too, write `pytest` and `pytest-django` to requirements-test.txt",
        ),
        (
            {"site/harbour/test_b.py": FUNCTION, "requirements-dev.txt": "pytest\n"},
            ["django", "pytest"],
            "To run them too, write `pytest-django` to requirements-dev.txt",
        ),
        (
            {"site/lost/test_b.py": CASE},
            ["django"],
            "does not run the tests in site/lost/test_b.py, because site/lost/ has no __init__",
        ),
        (
            {"tests/test_b.py": CASE},
            ["django"],
            "does not run the tests in tests/test_b.py, because it is not in site/",
        ),
    ],
)
def test_tests_that_do_not_run_are_warned_of(
    files: dict[str, str], packages: list[str], expected: str, tmp_path: Path
) -> None:
    assert expected in warned(tmp_path, files, *packages)


@pytest.mark.parametrize(
    ("folder", "packages"),
    [("", ("pytest",)), ("site/", ("django", "pytest", "pytest-django"))],
)
def test_pytest_is_told_where_the_functions_are_that_only_it_runs(
    folder: str, packages: tuple[str, ...], tmp_path: Path
) -> None:
    """It is installed, and another runner was chosen, because pytest collects no module."""
    files = {"requirements.txt": "", f"{folder}tests.py": FUNCTION}
    files |= {f"{folder}manage.py": MANAGE} if folder else {}
    app, console = AppFolder(write_files(tmp_path, files)), log()
    warn_of_lost_tests(app, find_tests(app, NOTHING, packages, {}), {}, console)
    assert (
        "To run them too, write `python_files = tests.py test_*.py *_test.py` below "
        f"`[pytest]` in {folder}pytest.ini"
    ) in logged(console)


def test_tests_out_of_the_folder_of_pytest_are_warned_of(tmp_path: Path) -> None:
    files = {"items/test_a.py": FUNCTION, "items/test_b.py": FUNCTION, "test_c.py": ""}
    said = warned(tmp_path, files, "django", "pytest", "pytest-django")
    assert "tests in items/test_a.py, because it is not in site/, or in 1 more file" in said


def test_a_project_with_pytest_alone_may_lack_its_plugin(tmp_path: Path) -> None:
    said = warned(tmp_path, {"site/pytest.ini": ""}, "django", "pytest")
    assert "such as `client`, may fail" in said


def test_nothing_is_said_if_all_tests_run(tmp_path: Path) -> None:
    assert warned(tmp_path, {"site/tests.py": "# Create your tests here.\n"}, "django") == ""


def test_nothing_is_said_of_a_command_of_the_app(tmp_path: Path) -> None:
    files = {"app.json": '{"scripts": {"test": "make test"}}', "tests/test_a.py": FUNCTION}
    app, console = AppFolder(write_files(tmp_path, {**SITE, **files})), log()
    warn_of_lost_tests(app, find_tests(app, read_app_json(app), [], {}), {}, console)
    assert logged(console) == ""
