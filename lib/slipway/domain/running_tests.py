"""How the tests of an app are run: which runner it has, and with which command."""

from __future__ import annotations

import configparser
import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache

from slipway.domain.ini_text import read_ini
from slipway.domain.modules_with_tests import (
    ModuleWithTests,
    UnseenModule,
    is_named_for_tests,
    unseen,
    with_imported,
)
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
_PATTERNS = ("test_*.py", "*_test.py")
"""Those of pytest: https://docs.pytest.org/en/stable/reference/reference.html"""
_FURTHER_PATTERNS = ("tests.py", "*_tests.py", "tests_*.py", "__init__.py", "test*.py")
_LOOKING = re.compile(
    r"(?:(?<![\w./-])(?P<manage>[\w./-]*manage\.py)\s+test|-m\s+unittest(?:\s+discover)?)"
    r"(?:\s+-(?!-pattern|-start|-top|-testrunner|[pst])\S+)*\s*(?:$|[;&|\n])"
)
_CHANGE = re.compile(r"(?:^|&&|;|\n)\s*cd\s+(\w[\w./-]*)\s*(?=&&|;|\n)")
_ANY_CHANGE = re.compile(r"\b(?:cd|pushd|popd|chdir)\b")
_FOLDERS = ("tests", "test", "src")
"""Where tests are, apart from the packages of the app."""


class Finds(Enum):
    """What is known of the tests that a runner would find."""

    SOME = "some"
    MAYBE = "maybe"
    """None that are written down, but code may make some, or get them from elsewhere."""
    OWN = "own"
    """None, unless the app's own runner looks elsewhere."""
    NONE = "none"


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
    lacks: str = ""
    """The package without which it does not run some tests, or some fail; empty for none."""
    only_for_pytest: tuple[str, ...] = ()
    """The modules with tests that it does not run, because only pytest does."""
    unseen: tuple[UnseenModule, ...] = ()
    """Other modules with tests that it does not run."""
    finds: Finds = Finds.SOME


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
    paths: Callable[[], Sequence[str]] = tuple
    """Finds the paths of the modules of the app that may have tests."""
    modules: Callable[[], Sequence[ModuleWithTests]] = tuple
    """Finds the modules of the app that have tests, wherever they are."""
    elsewhere: Callable[[], Iterable[ModuleWithTests]] = tuple
    """Finds modules with tests in the folders for tests, whose names do not say so."""
    has_own_runner: Callable[[], bool] = bool
    """Tells whether a Django project replaces Django's runner."""

    @property
    def is_django(self) -> bool:
        return bool(self.manage) and "django" in self.packages


def decide(app: TestedApp) -> RunOfTests:
    """Choose the runner of an app's tests: pytest, Django's or unittest.

    pytest runs the tests of a Django project with pytest-django, or if it is configured, or if
    nothing else runs them. Django's runner, and unittest before Python 3.12, succeed without
    any test, so an app for which they certainly find none stops.

    Raises PytestMissing if the app needs pytest, and does not have it, and TestsNotFound.
    """
    configuration = _configuration_of(app)
    has_pytest = "pytest" in app.packages
    if not has_pytest and configuration.file:
        raise PytestMissing(file=configuration.path, is_django=app.is_django)
    has_plugin = "pytest-django" in app.packages
    if has_pytest and configuration.file:
        reason = f"{configuration.path} configures pytest"
        return _run_of_pytest(app, configuration, reason)
    is_for_pytest = has_pytest and (has_plugin or not app.is_django)
    if is_for_pytest and any(map(_is_collected, app.paths())):
        return _run_of_pytest(app, configuration, "pytest is installed")
    look = _look(app, app.modules())
    others = tuple(one.path for one in look.modules if one.has_others)
    if is_for_pytest and (others or look.finds is not Finds.SOME):
        return _run_of_pytest(app, configuration, "pytest is installed")
    failing = [one.path for one in look.found if one.imports_pytest]
    needing = failing if look.finds in (Finds.SOME, Finds.MAYBE) else others
    if not has_pytest and needing:
        raise PytestMissing(
            file=needing[0],
            is_django=app.is_django,
            is_configured=False,
            command=look.run.command,
        )
    if has_pytest and others and look.finds is not Finds.SOME:
        reason = f"only pytest runs the tests in {others[0]}"
        return _run_of_pytest(app, configuration, reason)
    if look.finds is Finds.NONE:
        raise _not_found(app, look)
    return replace(
        look.run,
        reason="pytest would collect none of its tests" if is_for_pytest else look.run.reason,
        lacks=("pytest-django" if has_pytest else "pytest") if others else "",
        only_for_pytest=others,
        unseen=() if look.finds is Finds.OWN else look.lost,
        finds=look.finds,
    )


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What a runner that is not pytest finds in an app."""

    run: RunOfTests
    starts: Sequence[str]
    """The folders where it looks, relative to the app."""
    modules: Sequence[ModuleWithTests]
    found: Sequence[ModuleWithTests]
    """The modules that it imports."""
    lost: tuple[UnseenModule, ...]
    """The modules with test cases that it does not."""
    finds: Finds


def _look(
    app: TestedApp, modules: Sequence[ModuleWithTests], start: str | None = None
) -> _Look:
    """Look for tests as Django's runner or unittest does, or one in a folder that is given."""
    is_package = cache(lambda folder: app.read(f"{folder}/__init__.py") is not None)
    if start is not None:
        run = RunOfTests(command="", reason="")
        starts: tuple[str, ...] = (start,)
    elif app.is_django:
        run, starts = _run_of_django(app), (posixpath.dirname(app.manage),)
    else:
        starts = _starts_of_unittest(modules, is_package)
        run = _run_of_unittest(starts)
    found, lost = list[ModuleWithTests](), list[UnseenModule]()
    for one in modules:
        reasons = [unseen(one.path, start, is_package) for start in starts]
        if None in reasons:
            found.append(one)
        elif one.has_cases and reasons[0]:
            lost.append(reasons[0])
    return _Look(
        run=run,
        starts=starts,
        modules=modules,
        found=found,
        lost=tuple(lost),
        finds=_finds(app, found),
    )


def _finds(app: TestedApp, found: Sequence[ModuleWithTests]) -> Finds:
    if any(one.has_cases for one in found):
        return Finds.SOME
    reached = [one for module in found for one in with_imported(module, cache(app.read))]
    if any(one.has_cases for one in reached):
        return Finds.SOME
    if any(one.may_have_cases for one in reached):
        return Finds.MAYBE
    return Finds.OWN if app.is_django and app.has_own_runner() else Finds.NONE


def _not_found(app: TestedApp, look: _Look) -> TestsNotFound:
    is_package = cache(lambda folder: app.read(f"{folder}/__init__.py") is not None)
    elsewhere = (
        unseen(one.path, look.starts[0], is_package)
        for one in (() if look.lost else app.elsewhere())
        if one.has_cases
    )
    lost = (*look.lost, *elsewhere, None)[0]
    return TestsNotFound(
        command=look.run.command,
        is_django=app.is_django,
        start=look.starts[0],
        unseen=lost.path if lost else "",
        reason=lost.reason if lost else "",
        not_packages=lost.not_packages if lost else (),
        new_path=lost.new_path if lost else "",
    )


def looked_for(
    app: TestedApp, command: str, root: str = ""
) -> tuple[Finds, tuple[UnseenModule, ...]]:
    """Return what a command of the app itself finds, and the modules with tests it does not.

    `root` is the folder of the app in the repository, at whose top the command runs. Only what
    is certain counts: nothing is known of a command that is not Django's runner or unittest,
    or that names what it runs.
    """
    match = _LOOKING.search(command)
    folder = _folder_after(command[: match.start()]) if match else None
    start = posixpath.relpath(folder, root or ".") if folder is not None else ".."
    if match is None or start.startswith(".."):
        return Finds.SOME, ()
    if match["manage"] is not None:
        named = posixpath.normpath(posixpath.join(start, match["manage"]))
        if not app.is_django or named != app.manage:
            return Finds.SOME, ()
    look = _look(app, app.modules(), "" if start == "." else start)
    return look.finds, look.lost


def _folder_after(commands: str) -> str | None:
    """Return the folder in which commands leave a shell; None if that is not clear."""
    changes = _CHANGE.findall(commands)
    if len(changes) != len(_ANY_CHANGE.findall(commands)):
        return None
    return posixpath.normpath(posixpath.join(".", *changes))


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
        lacks="pytest-django" if app.is_django and not has_plugin else "",
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
    )


def _run_of_unittest(starts: Sequence[str]) -> RunOfTests:
    whole = "python -m unittest discover"
    return RunOfTests(
        command=" && ".join(f"{whole} -s {start}" if start else whole for start in starts),
        reason="pytest is not installed",
    )


def _starts_of_unittest(
    modules: Sequence[ModuleWithTests], is_package: Callable[[str], bool]
) -> tuple[str, ...]:
    """Return the folders to look for tests in: the app, or those for tests if it has none.

    unittest does not look in a folder that is no package.
    """
    paths = [one.path for one in modules if one.has_cases]
    if any(unseen(path, "", is_package) is None for path in paths):
        return ("",)
    folders = [
        folder
        for folder in _FOLDERS
        if any(path.startswith(f"{folder}/") for path in paths) and not is_package(folder)
    ]
    return tuple(folders) or ("",)


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
    configuration = run.configuration or PytestConfiguration()
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
    folder, name = posixpath.split(below)
    is_named = is_named_for_tests(path) or (
        name == "__init__.py" and posixpath.basename(folder) in _FOLDERS
    )
    is_in_place = not configuration.places or any(
        fnmatchcase(below, place) for place in configuration.places
    )
    return is_named and is_in_place and not (_is_collected(path) or is_outside(path, run))


def is_outside(path: str, run: RunOfTests) -> bool:
    """Return whether a module that may have tests is not in the folder where pytest runs."""
    folder = run.configuration.folder if run.configuration else ""
    is_below = not folder or path.startswith(f"{folder}/")
    return not is_below and is_named_for_tests(path)


def _is_collected(path: str) -> bool:
    """Return whether pytest collects a module if nothing configures it."""
    name = posixpath.basename(path)
    return any(fnmatchcase(name, pattern) for pattern in _PATTERNS)
