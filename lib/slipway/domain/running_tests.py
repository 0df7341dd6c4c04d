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
from functools import partial

from slipway.domain.ini_text import read_ini
from slipway.domain.modules_with_tests import ModuleWithTests, UnseenModule, unseen
from slipway.domain.toml_text import parse_toml, table_in
from slipway.errors.app import FileNotToml
from slipway.errors.running_tests import PytestMissing, TestsNotFound

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
_PATTERNS = ("tests.py", "test_*.py", "*_test.py")
"""Those of pytest, and the module that `startapp` makes."""
_WITHOUT_NAMES = re.compile(
    r"(?:\bmanage\.py\s+test|-m\s+unittest(?:\s+discover)?)(?:\s+-\S+)*\s*(?:$|[;&|])",
    re.MULTILINE,
)
_FOLDERS = ("tests", "test")
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
    finds_tests_py_with: str = ""
    """What to write so that pytest finds the tests in modules named tests.py, as a phrase;
    empty if nothing needs to be written."""
    places: Sequence[str] = ()
    """Patterns for the paths of modules in which the runner finds tests; empty for any."""
    lacks: str = ""
    """The package without which it does not run some tests, or some fail; empty for none."""
    only_for_pytest: tuple[str, ...] = ()
    """The modules with tests that it does not run, because only pytest does."""
    unseen: tuple[UnseenModule, ...] = ()
    """Other modules with tests that it does not run."""
    may_find_none: bool = False
    """Whether only the app's own runner knows where tests are."""


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
    modules: Callable[[], Sequence[ModuleWithTests]] = tuple
    """Finds the modules of the app that have tests, wherever they are."""
    has_own_runner: Callable[[], bool] = bool
    """Tells whether a Django project replaces Django's runner."""


def decide(app: TestedApp) -> RunOfTests:
    """Choose the runner of an app's tests: pytest, Django's or unittest.

    pytest runs the tests of a Django project with pytest-django, or if it is configured, or if
    nothing else runs them. Django's runner, and unittest before Python 3.12, succeed without
    any test, so they are chosen only for an app with tests that they find.

    Raises PytestMissing if the app needs pytest, and does not have it, and TestsNotFound.
    """
    is_django = bool(app.manage) and "django" in app.packages
    configuration = pytest_configuration(app.read)
    has_pytest = "pytest" in app.packages
    if not has_pytest and configuration:
        raise PytestMissing(file=configuration.file, is_django=is_django)
    has_plugin = "pytest-django" in app.packages
    if has_pytest and (configuration or has_plugin or not is_django):
        reason = f"{configuration.file} configures pytest" if configuration else ""
        return _run_of_pytest(app, configuration, reason or "pytest is installed")
    modules = app.modules()
    run, start = _run_of_django(app) if is_django else _run_of_unittest(app, modules)
    hidden = {one.path: unseen(one.path, start, partial(_is_package, app)) for one in modules}
    found = [one for one in modules if not hidden[one.path]]
    others = tuple(one.path for one in modules if one.has_others)
    failing = [one.path for one in found if one.imports_pytest]
    has_cases = any(one.has_cases for one in found)
    needing = failing if has_cases else others
    if not has_pytest and needing:
        raise PytestMissing(
            file=needing[0], is_django=is_django, is_configured=False, command=run.command
        )
    if others and not has_cases:
        reason = f"only pytest runs the tests in {others[0]}"
        return replace(_run_of_pytest(app, None, reason), lacks="pytest-django")
    lost = tuple(
        why for one in modules if one.has_cases and (why := hidden[one.path]) is not None
    )
    may_find_none = not has_cases and is_django and app.has_own_runner()
    if not has_cases and not may_find_none:
        raise TestsNotFound(
            command=run.command,
            is_django=is_django,
            start=start,
            unseen=lost[0].path if lost else "",
            reason=lost[0].reason if lost else "",
            not_packages=lost[0].not_packages if lost else (),
            new_path=lost[0].new_path if lost else "",
        )
    return replace(
        run,
        lacks=("pytest-django" if has_pytest else "pytest") if others else "",
        only_for_pytest=others,
        unseen=() if may_find_none else lost,
        may_find_none=may_find_none,
    )


def looks_for_tests(command: str) -> bool:
    """Return whether a command lets Django's runner or unittest look for tests everywhere.

    Of one that names modules or folders, nothing is known.
    """
    return _WITHOUT_NAMES.search(command) is not None


def has_tests_to_find(app: TestedApp) -> bool:
    """Return whether Django's runner, or else unittest, finds tests, or may find some."""
    modules = [one for one in app.modules() if one.has_cases]
    is_django = bool(app.manage) and "django" in app.packages
    start = posixpath.dirname(app.manage) if is_django else ""
    finds = any(not unseen(one.path, start, partial(_is_package, app)) for one in modules)
    return finds or (is_django and app.has_own_runner())


def _run_of_pytest(
    app: TestedApp, configuration: PytestConfiguration | None, reason: str
) -> RunOfTests:
    is_django = bool(app.manage) and "django" in app.packages
    # Only the plugin reads them there.
    has_plugin = "pytest-django" in app.packages
    names_settings = has_plugin and bool(configuration and configuration.names_settings)
    settings = app.manage_settings or app.settings if is_django else None
    return RunOfTests(
        command="python -m pytest",
        reason=reason,
        variables={_DJANGO_SETTINGS: settings} if settings and not names_settings else {},
        finds_tests_py_with=_line_for_tests_py(configuration) if is_django else "",
        places=configuration.places if configuration else (),
    )


def _run_of_django(app: TestedApp) -> tuple[RunOfTests, str]:
    """Return the run, and the folder where it looks for tests."""
    folder, own = posixpath.split(app.manage)
    lacks = ", and pytest-django is not installed" if "pytest" in app.packages else ""
    sets = not app.manage_settings and app.settings
    run = RunOfTests(
        command=f"python {own} test --noinput",
        folder=folder,
        reason=f"the app has a Django project{lacks}",
        variables={_DJANGO_SETTINGS: app.settings} if sets and app.settings else {},
    )
    return run, folder


def _run_of_unittest(
    app: TestedApp, modules: Sequence[ModuleWithTests]
) -> tuple[RunOfTests, str]:
    """Return the run, and the folder where it looks for tests."""
    paths = [one.path for one in modules if one.has_cases]
    start = next((name for name in _FOLDERS if _is_start(app, name, paths)), "")
    run = RunOfTests(
        command=f"python -m unittest discover{f' -s {start}' if start else ''}",
        reason="pytest is not installed",
    )
    return run, start


def _is_start(app: TestedApp, folder: str, paths: Sequence[str]) -> bool:
    """Return whether tests are in a folder that is no package, where unittest does not look."""
    return not _is_package(app, folder) and any(one.startswith(f"{folder}/") for one in paths)


def _is_package(app: TestedApp, folder: str) -> bool:
    return app.read(f"{folder}/__init__.py") is not None


@dataclass(frozen=True, kw_only=True)
class PytestConfiguration:
    file: str
    names_settings: bool = False
    """Whether it names Django's settings module, which the environment would override."""
    names_modules: bool = False
    """Whether it says which modules have tests."""
    places: tuple[str, ...] = ()
    """Patterns for the paths of modules with tests, in the folders that it names."""
    section: str = "pytest"
    """The section or table with the options."""


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


def _line_for_tests_py(configuration: PytestConfiguration | None) -> str:
    """Say what to write to find modules named tests.py; empty if the app names its modules."""
    if configuration is None or configuration.file in _CONFTESTS:
        configuration = PytestConfiguration(file="pytest.ini")
    if configuration.names_modules:
        return ""
    patterns = " ".join(_PATTERNS)
    if configuration.file.endswith(".toml"):
        patterns = json.dumps(_PATTERNS)
    line = f"`python_files = {patterns}`"
    return f"{line} below `[{configuration.section}]` in {configuration.file}"


def _section(text: str, name: str) -> Mapping[str, str] | None:
    parser = configparser.RawConfigParser(strict=False)
    with suppress(configparser.Error):
        read_ini(parser, text)
        if parser.has_section(name):
            return dict(parser.items(name))
    return None


def is_uncollected(path: str, run: RunOfTests) -> bool:
    """Return whether pytest ignores a module in which Django's runner looks for tests."""
    is_in_place = not run.places or any(fnmatchcase(path, place) for place in run.places)
    is_named = posixpath.basename(path) == "tests.py"
    return bool(run.finds_tests_py_with) and is_named and is_in_place
