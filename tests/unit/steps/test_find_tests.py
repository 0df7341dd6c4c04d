"""How tests are run is read from a built app; what is unclear is said by bin/test alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from slipway.effects.console import Console
from slipway.effects.files import AppFolder
from slipway.errors.running_tests import PytestMissing
from slipway.steps.find_tests import find_tests, log_tests, warn_of_no_tests
from unit.samples import write_files

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
    run = find_tests(app, ["django"], {})
    assert (run.command, run.folder) == ("python manage.py test --noinput", "site")
    assert run.variables == {}
    run = find_tests(app, ["django", "pytest", "pytest-django"], {})
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.local"}


def test_app_json_is_at_the_top_of_the_repository(tmp_path: Path) -> None:
    files = {
        "app.json": '{"scripts": {"test": "make test"}}',
        "backend/requirements.txt": "pytest\n",
    }
    write_files(tmp_path, files)
    app = AppFolder(tmp_path / "backend", repository=tmp_path)
    run = find_tests(app, ["pytest"], {})
    assert (run.command, run.is_of_repository) == ("make test", True)


def test_the_error_names_the_file_to_add_pytest_to(tmp_path: Path) -> None:
    files = {"requirements.txt": "flask\n", "pytest.ini": ""}
    app = AppFolder(write_files(tmp_path, files))
    with pytest.raises(PytestMissing) as raised:
        find_tests(app, ["flask"], {})
    assert raised.value.origin == "requirements.txt"
    console = log()
    log_tests(app, ["flask"], {}, console)
    assert "pytest.ini configures pytest, which is not installed" in logged(console)


def test_a_build_does_not_fail_for_what_bin_test_explains(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "app.json": "{"}
    console = log()
    log_tests(AppFolder(write_files(tmp_path, files)), [], {}, console)
    assert logged(console) == ""


@pytest.mark.parametrize(
    ("file", "is_warned"),
    [("tests/test_tides.py", False), ("tides_test.py", True), (".slipway/test_a.py", True)],
)
def test_a_runner_that_finds_no_tests_is_warned_of(
    file: str, *, is_warned: bool, tmp_path: Path
) -> None:
    app = AppFolder(write_files(tmp_path, {"requirements.txt": "", file: ""}))
    console = log()
    warn_of_no_tests(app, find_tests(app, [], {}), console)
    assert ("there may be no tests" in logged(console)) is is_warned
