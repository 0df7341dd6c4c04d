"""How the tests of an app are run: which runner it has, and with which command."""

from __future__ import annotations

import configparser
import json
import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from slipway.domain.ini_text import read_ini
from slipway.domain.toml_text import parse_toml, table_in
from slipway.errors.app import FileNotToml
from slipway.errors.running_tests import AppJsonUnusable, PytestMissing

ReadText = Callable[[str], "str | None"]
"""Returns the text of a file, by its path in the app; None if it is missing."""

APP_JSON = "app.json"
_DJANGO_SETTINGS = "DJANGO_SETTINGS_MODULE"
_SECTIONS = (
    ("pytest.ini", "pytest"),
    (".pytest.ini", "pytest"),
    ("tox.ini", "pytest"),
    ("setup.cfg", "tool:pytest"),
)
"""https://docs.pytest.org/en/stable/reference/customize.html"""
_OF_TOML = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest")),
)
_CONFTESTS = ("conftest.py", "tests/conftest.py", "test/conftest.py")
_NAMES_SETTINGS = re.compile(r"(?:^|\s)--(?:ds|dc)\b")
_FOLDERS = ("tests", "test")
"""Where tests are, apart from the packages of the app."""


@dataclass(frozen=True, kw_only=True)
class RunOfTests:
    """The commands that run an app's tests, for a shell."""

    command: str
    reason: str
    """Why they are run so, as a clause."""
    setup: str = ""
    """A command that has to succeed before."""
    folder: str = ""
    """The folder to run them in, relative to the app."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables, unless they are set."""
    is_of_repository: bool = False
    """Whether the folder is the top of the repository, not that of the app."""
    pattern: str = ""
    """The end of the names of the modules in which the runner finds tests; empty for any."""


def script_of_app_json(text: str) -> RunOfTests | None:
    """Return the commands for tests in an app.json; None if it has none.

    Those of the environment `test` have priority:
    https://devcenter.heroku.com/articles/app-json-schema#environments.

    Raises AppJsonUnusable.
    """
    try:
        document = json.loads(text)
    except RecursionError:
        raise AppJsonUnusable(reason="it is nested too deeply") from None
    except ValueError as error:
        raise AppJsonUnusable(reason=str(error)) from None
    scripts: dict[str, Any] = {
        **_table(document, "scripts"),
        **_table(document, "environments", "test", "scripts"),
    }
    found = {name: scripts.get(name, "") for name in ("test", "test-setup")}
    for name, value in found.items():
        if not isinstance(value, str):
            raise AppJsonUnusable(reason=f"its script `{name}` is not a string")
    if not found["test"].strip():
        return None
    return RunOfTests(
        command=found["test"].strip(),
        setup=found["test-setup"].strip(),
        reason="app.json has the script `test`",
        is_of_repository=True,
    )


def _table(document: object, *path: str) -> Mapping[str, Any]:
    found = document
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, kw_only=True)
class TestedApp:
    """What decides how an app is tested."""

    __test__ = False  # for pytest, which takes it for a class with tests

    read: ReadText
    packages: Collection[str]
    """The names of the installed packages, normalized."""
    origin: str = ""
    """The file with the dependencies."""
    manage: str = ""
    """The manage.py of its Django project, relative to the app; empty for none."""
    manage_settings: str | None = None
    """The settings module that manage.py names."""
    settings: str | None = None
    """The settings module of the running app."""


def decide(app: TestedApp) -> RunOfTests:
    """Choose the runner of an app's tests: pytest, Django's or unittest.

    pytest runs the tests of a Django project only with pytest-django.

    Raises PytestMissing if the app configures pytest, and does not have it.
    """
    is_django = bool(app.manage) and "django" in app.packages
    configuration = pytest_configuration(app.read)
    if "pytest" not in app.packages and configuration:
        raise PytestMissing(configured_in=configuration.file, is_django=is_django)
    has_pytest = "pytest" in app.packages
    if has_pytest and (not is_django or "pytest-django" in app.packages):
        reason = f"{configuration.file} configures pytest" if configuration else ""
        names_settings = configuration is not None and configuration.names_settings
        settings = app.manage_settings or app.settings if is_django else None
        return RunOfTests(
            command="python -m pytest",
            reason=reason or "pytest is installed",
            variables={_DJANGO_SETTINGS: settings} if settings and not names_settings else {},
        )
    if is_django:
        folder, own = posixpath.split(app.manage)
        lacks = ", and pytest-django is not installed" if has_pytest else ""
        return RunOfTests(
            command=f"python {own} test --noinput",
            folder=folder,
            reason=f"the app has a Django project{lacks}",
            variables=(
                {}
                if app.manage_settings or not app.settings
                else {_DJANGO_SETTINGS: app.settings}
            ),
            pattern="test",
        )
    start = next((name for name in _FOLDERS if _is_start(app.read, name)), "")
    return RunOfTests(
        command=f"python -m unittest discover{f' -s {start}' if start else ''}",
        reason="pytest is not installed",
        pattern="test",
    )


def _is_start(read: ReadText, folder: str) -> bool:
    """Return whether tests are in a folder that is no package, where unittest does not look."""
    return read(f"{folder}/__init__.py") is None and read(f"{folder}/") is not None


@dataclass(frozen=True, kw_only=True)
class PytestConfiguration:
    file: str
    names_settings: bool = False
    """Whether it names Django's settings module, which the environment would override."""


def pytest_configuration(read: ReadText) -> PytestConfiguration | None:
    """Return the file that configures pytest for an app; None if there is none."""
    for file, path in _OF_TOML:
        with suppress(FileNotToml):
            document = parse_toml(read(file) or "", file)
            table = table_in(document, *path)
            if table or (len(path) == 1 and read(file) is not None):
                options = {**table, **table_in(table, "ini_options")}
                return PytestConfiguration(file=file, names_settings=_names_settings(options))
    for file, section in _SECTIONS:
        text = read(file)
        found = _section(text or "", section)
        if found is not None or (text is not None and file.endswith("pytest.ini")):
            return PytestConfiguration(file=file, names_settings=_names_settings(found or {}))
    conftest = next((file for file in _CONFTESTS if read(file) is not None), None)
    return PytestConfiguration(file=conftest) if conftest else None


def _section(text: str, name: str) -> Mapping[str, str] | None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    with suppress(configparser.Error):
        read_ini(parser, text)
        if parser.has_section(name):
            return dict(parser.items(name))
    return None


def _names_settings(options: Mapping[str, object]) -> bool:
    """Return whether pytest-django learns Django's settings from these options.

    https://pytest-django.readthedocs.io/en/latest/configuring_django.html
    """
    added = options.get("addopts", "")
    text = " ".join(map(str, added)) if isinstance(added, list) else str(added)
    return _DJANGO_SETTINGS in options or _NAMES_SETTINGS.search(text) is not None


def has_modules_with_tests(names: Sequence[str], run: RunOfTests) -> bool:
    """Return whether any of some modules may have tests that the runner finds."""
    return not run.pattern or any(name.startswith(run.pattern) for name in names)
