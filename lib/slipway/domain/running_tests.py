"""How the tests of an app are run: which runner it has, and with which command."""

from __future__ import annotations

import configparser
import json
import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from slipway.domain.ini_text import read_ini
from slipway.domain.toml_text import parse_toml, table_in
from slipway.errors.app import FileNotToml
from slipway.errors.running_tests import PytestMissing

ReadText = Callable[[str], "str | None"]
"""Returns the text of a file, by its path in the app; None if it is missing."""

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
_PATTERNS = ("test_*.py", "*_test.py")
"""Those of pytest: https://docs.pytest.org/en/stable/reference/reference.html"""
_FURTHER_PATTERNS = ("tests.py", "*_tests.py", "tests_*.py", "test*.py")
_NAMES = ("test*.py", "*_test.py", "*_tests.py")
"""Names that unittest or pytest look for, and those that are often meant to be found."""
_INIT = "__init__.py"
_NOT_OF_THE_APP = frozenset({"site-packages", "node_modules", "venv", "__pycache__"})
_FOLDERS = ("tests", "test", "src")
"""Where tests are, apart from the packages of the app."""


@dataclass(frozen=True, kw_only=True)
class RunOfTests:
    """The commands that run an app's tests, for a shell."""

    command: str
    reason: str
    """Why they are run so, as a clause."""
    setup: str = ""
    """A command that has to succeed before, at the top of the repository."""
    folder: str = ""
    """The folder to run them in, relative to the app."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables, unless they are set."""
    is_of_repository: bool = False
    """Whether the folder is the top of the repository, not that of the app."""
    configuration: PytestConfiguration | None = None
    """What pytest is told; None if another runner runs the tests."""
    may_run_none: bool = False
    """Whether the runner succeeds without any test."""
    start: str = ""
    """The folder in which unittest looks for tests, relative to the app."""
    lacks: tuple[str, ...] = ()
    """The packages without which it does not run some tests, or some fail."""


@dataclass(frozen=True, kw_only=True)
class TestedApp:
    """What decides how an app is tested."""

    __test__ = False  # for pytest, which takes it for a class with tests

    read: ReadText
    packages: Collection[str]
    """The names of the installed packages, normalized."""
    manage: str = ""
    """The manage.py of its Django project, relative to the app; empty for none."""
    manage_settings: str | None = None
    """The settings module that manage.py names."""
    settings: str | None = None
    """The settings module of the running app."""
    paths: Callable[[], Sequence[str]] = tuple
    """Finds the modules of the app whose names say that they have tests."""

    @property
    def is_django(self) -> bool:
        return bool(self.manage) and "django" in self.packages


def decide(app: TestedApp) -> RunOfTests:
    """Choose the runner of an app's tests: pytest, Django's or unittest.

    pytest runs the tests of a Django project with pytest-django, or if it is configured. If
    nothing configures it and it would collect no module of the app, another runner does.

    Raises PytestMissing if the app configures pytest, and does not have it.
    """
    configuration = _configuration_of(app)
    has_pytest = "pytest" in app.packages
    if configuration.file:
        if not has_pytest:
            raise PytestMissing(file=configuration.path, is_django=app.is_django)
        reason = f"{configuration.path} configures pytest"
        return _run_of_pytest(app, configuration, reason)
    if has_pytest and ("pytest-django" in app.packages or not app.is_django):
        paths = app.paths()
        if not paths or any(map(_is_collected, paths)):
            return _run_of_pytest(app, configuration, "pytest is installed")
        run = _run_of_django(app) if app.is_django else _run_of_unittest(app)
        return replace(run, reason="pytest would collect none of its tests")
    return _run_of_django(app) if app.is_django else _run_of_unittest(app)


def _run_of_pytest(
    app: TestedApp, configuration: PytestConfiguration, reason: str
) -> RunOfTests:
    # Only the plugin reads them there.
    has_plugin = "pytest-django" in app.packages
    names_settings = has_plugin and configuration.names_settings
    settings = app.manage_settings or app.settings if app.is_django else None
    return RunOfTests(
        command="python -m pytest",
        folder=configuration.folder,
        reason=reason,
        variables={_DJANGO_SETTINGS: settings} if settings and not names_settings else {},
        configuration=configuration,
        lacks=("pytest-django",) if app.is_django and not has_plugin else (),
    )


def _run_of_django(app: TestedApp) -> RunOfTests:
    folder, own = posixpath.split(app.manage)
    lacks = ", and pytest-django is not installed" if "pytest" in app.packages else ""
    sets = not app.manage_settings and app.settings
    return RunOfTests(
        command=f"python {own} test --noinput",
        folder=folder,
        reason=f"the app has a Django project{lacks}",
        variables={_DJANGO_SETTINGS: app.settings} if sets and app.settings else {},
        may_run_none=True,
        start=folder,
        lacks=tuple(one for one in ("pytest", "pytest-django") if one not in app.packages),
    )


def _run_of_unittest(app: TestedApp) -> RunOfTests:
    """Look for tests in the app, or in a folder for them if it is no package and has them."""
    paths = app.paths()
    start = ""
    if all(unseen(path, "", app.read) for path in paths):
        folders = (
            folder
            for folder in _FOLDERS
            if any(path.startswith(f"{folder}/") for path in paths)
            and app.read(f"{folder}/{_INIT}") is None
        )
        start = next(folders, "")
    return RunOfTests(
        command=f"python -m unittest discover{f' -s {start}' if start else ''}",
        reason="pytest is not installed",
        may_run_none=True,
        start=start,
        lacks=() if "pytest" in app.packages else ("pytest",),
    )


@dataclass(frozen=True, kw_only=True)
class UnseenModule:
    """A module with tests that a runner does not find."""

    path: str
    """Relative to the app."""
    reason: str
    """Why it does not, as a clause."""
    not_packages: tuple[str, ...] = ()
    """The folders above the module that have no `__init__.py`."""


def unseen(path: str, start: str, read: ReadText) -> UnseenModule | None:
    """Return why unittest does not find a module from a folder; None if it does.

    https://docs.python.org/3/library/unittest.html#unittest.TestLoader.discover, which
    Django's runner calls as well.
    """
    below = posixpath.relpath(path, start or ".")
    if below.startswith("../"):
        return UnseenModule(path=path, reason=f"it is not in {start}/")
    *parts, name = below.split("/")
    folders = [posixpath.join(start, *parts[:end]) for end in range(1, len(parts) + 1)]
    not_packages = tuple(one for one in folders if read(f"{one}/{_INIT}") is None)
    if not_packages:
        reason = f"{not_packages[0]}/ has no {_INIT}"
        return UnseenModule(path=path, reason=reason, not_packages=not_packages)
    if not name.startswith("test"):
        return UnseenModule(path=path, reason="its name does not begin with `test`")
    if not name.removesuffix(".py").isidentifier():
        reason = "its name has a character that is not valid in the name of a module"
        return UnseenModule(path=path, reason=reason)
    return None


def is_named_for_tests(path: str) -> bool:
    """Return whether the name of a module says that it has tests."""
    *folders, name = path.split("/")
    return any(fnmatchcase(name, pattern) for pattern in _NAMES) and not any(
        one.startswith(".") or one in _NOT_OF_THE_APP for one in folders
    )


@dataclass(frozen=True, kw_only=True)
class PytestConfiguration:
    file: str = ""
    """Its name; empty if nothing configures pytest."""
    folder: str = ""
    """The folder with the file, where pytest runs, relative to the app."""
    names_settings: bool = False
    """Whether it names Django's settings module, which the environment would override."""
    names_modules: bool = False
    """Whether it says which modules have tests, by their names."""
    places: tuple[str, ...] = ()
    """Patterns for the paths of modules with tests, in the folders that it names."""
    section: str = "pytest"
    """The section or table with the options."""

    @property
    def path(self) -> str:
        return posixpath.join(self.folder, self.file)


def _configuration_of(app: TestedApp) -> PytestConfiguration:
    """Return what configures pytest: at the top of the app, or else next to manage.py.

    pytest runs there, because `python -m` lets modules be imported from its folder.
    """
    found = pytest_configuration(app.read)
    folder = posixpath.dirname(app.manage) if app.is_django else ""
    if found or not folder:
        return found or PytestConfiguration()
    found = pytest_configuration(lambda name: app.read(posixpath.join(folder, name)))
    collected = [*filter(_is_collected, app.paths())]
    has_some = any(path.startswith(f"{folder}/") for path in collected) or not collected
    return replace(found or PytestConfiguration(), folder=folder if found or has_some else "")


def pytest_configuration(read: ReadText) -> PytestConfiguration | None:
    """Return the file that configures pytest for an app; None if there is none."""
    for file, path in _OF_TOML:
        with suppress(FileNotToml):
            document = parse_toml(read(file) or "", file)
            table = table_in(document, *path)
            if table or (len(path) == 1 and read(file) is not None):
                inner = "ini_options" if "ini_options" in table else ""
                options = {**table, **table_in(table, "ini_options")}
                return _configuration(file, options, ".".join(filter(None, (*path, inner))))
    for file, section in _SECTIONS:
        text = read(file)
        found = _section(text or "", section)
        if found is not None or (text is not None and file.endswith("pytest.ini")):
            return _configuration(file, found or {}, section)
    conftest = next((file for file in _CONFTESTS if read(file) is not None), None)
    return PytestConfiguration(file=conftest) if conftest else None


def _configuration(
    file: str, options: Mapping[str, object], section: str
) -> PytestConfiguration:
    """Read what decides how Django's tests run.

    https://pytest-django.readthedocs.io/en/latest/configuring_django.html,
    https://docs.pytest.org/en/stable/reference/reference.html#confval-python_files
    """
    text = " ".join(_words(options, "addopts"))
    names = {name.upper() for name in options}  # configparser gives them in lower case
    return PytestConfiguration(
        file=file,
        names_settings=_DJANGO_SETTINGS in names or bool(_NAMES_SETTINGS.search(text)),
        names_modules="python_files" in options or "python_files" in text,
        places=tuple(posixpath.normpath(f"{one}/*") for one in _words(options, "testpaths")),
        section=section,
    )


def _words(options: Mapping[str, object], name: str) -> list[str]:
    value = options.get(name, "")
    return [str(one) for one in value] if isinstance(value, list) else str(value).split()


def line_to_collect(run: RunOfTests, paths: Sequence[str]) -> str:
    """Say what to write so that pytest collects modules with other names, as a phrase."""
    configuration = run.configuration or PytestConfiguration(folder=run.folder)
    if configuration.file in ("", *_CONFTESTS):
        configuration = replace(configuration, file="pytest.ini")
    names = [posixpath.basename(path) for path in paths]
    further = [
        next(one for one in _FURTHER_PATTERNS if fnmatchcase(name, one)) for name in names
    ]
    patterns = [*dict.fromkeys(further), *_PATTERNS]
    words = " ".join(patterns)
    if configuration.file.endswith(".toml"):
        words = json.dumps(patterns)
    line = f"`python_files = {words}`"
    return f"{line} below `[{configuration.section}]` in {configuration.path}"


def _section(text: str, name: str) -> Mapping[str, str] | None:
    parser = configparser.RawConfigParser(strict=False)
    with suppress(configparser.Error):
        read_ini(parser, text)
        if parser.has_section(name):
            return dict(parser.items(name))
    return None


def may_be_uncollected(path: str, run: RunOfTests) -> bool:
    """Return whether pytest ignores a module that may have tests by its name.

    If the app says itself which names have tests, the others are its own choice.
    """
    configuration = run.configuration
    if configuration is None or configuration.names_modules:
        return False
    below = posixpath.relpath(path, configuration.folder or ".")
    is_in_place = not configuration.places or any(
        fnmatchcase(below, place) for place in configuration.places
    )
    is_found = _is_collected(path) or is_outside(path, run)
    return is_named_for_tests(path) and is_in_place and not is_found


def is_outside(path: str, run: RunOfTests) -> bool:
    """Return whether a module that may have tests is not in the folder where pytest runs."""
    folder = run.configuration.folder if run.configuration else ""
    is_below = not folder or path.startswith(f"{folder}/")
    return not is_below and is_named_for_tests(path)


def _is_collected(path: str) -> bool:
    """Return whether pytest collects a module if nothing configures it."""
    name = posixpath.basename(path)
    return any(fnmatchcase(name, pattern) for pattern in _PATTERNS)
