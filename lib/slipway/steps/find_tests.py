"""Find out how an app's tests are run, from its files and the installed packages."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache

from slipway.domain import settings as app_settings
from slipway.domain.app_json import APP_JSON, AppJson
from slipway.domain.app_json import parse as parse_app_json
from slipway.domain.counting import counted
from slipway.domain.django.project import settings_named_in
from slipway.domain.modules_with_tests import (
    ModuleWithTests,
    UnseenModule,
    is_among_tests,
    may_have_tests,
    read_module,
)
from slipway.domain.running_tests import (
    Finds,
    RunOfTests,
    TestedApp,
    decide,
    is_outside,
    line_to_collect,
    looked_for,
    may_be_uncollected,
)
from slipway.domain.toml_text import parse_toml, table_in
from slipway.effects.console import Console
from slipway.effects.files import OF_OTHER_BUILDPACKS, AppFolder, walk
from slipway.errors.running_tests import (
    AppJsonUnusable,
    PytestMissing,
    TestsNotFound,
    WayToAdd,
)
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.dependency_files import dependency_files
from slipway.steps.plan.find_django import find_django
from slipway.steps.plan.find_for_tests import way_to_add_for_tests

_PYPROJECT = "pyproject.toml"
_DOUBTS = {
    Finds.MAYBE: "No test is written down where it looks, but code there may make some: look "
    "at how many tests it runs",
    Finds.OWN: "Django's own runner would find no tests. The app seems to have another one: "
    "look at how many tests it runs",
    Finds.NONE: "That finds no tests, and may succeed all the same. It runs only classes that "
    "are derived from TestCase, in modules named test*.py and folders with an __init__.py; "
    "`python -m pytest` runs functions too",
}
_WITHOUT_TESTS = OF_OTHER_BUILDPACKS | {".git", ".slipway", "node_modules", "__pycache__"}


def read_app_json(repository: AppFolder) -> AppJson:
    """Return what the app.json at the top of a repository says of tests; nothing without one.

    Raises AppJsonUnusable, and as AppFolder.text.
    """
    text = repository.whole_repository.text(APP_JSON)
    return parse_app_json(text) if text is not None else AppJson()


def find_tests(
    app: AppFolder,
    app_json: AppJson,
    packages: Collection[str],
    variables: Mapping[str, str],
) -> RunOfTests:
    """Return how the tests of a built app are run, from its app.json or from what it has.

    Raises PytestMissing, TestsNotFound, ManagePyAmbiguous, ManagePyMissing, and as the reading
    of settings.
    """
    if app_json.test:
        finds, lost = _found_by(app_json.test, app, packages, variables)
        return RunOfTests(
            command=app_json.test,
            setup=app_json.setup,
            reason="app.json has the script `test`",
            is_of_repository=True,
            finds=finds,
            unseen=lost,
        )
    try:
        return replace(decide(_tested(app, packages, variables)), setup=app_json.setup)
    except PytestMissing as error:
        names = ("pytest", "pytest-django") if error.is_django else ("pytest",)
        error.way = way_to_install(app, variables, names)
        raise


def _found_by(
    command: str, app: AppFolder, packages: Collection[str], variables: Mapping[str, str]
) -> tuple[Finds, tuple[UnseenModule, ...]]:
    """Return what a command of app.json finds, which Heroku runs itself: it cannot be stopped.

    If the app has something wrong, nothing is known.
    """
    root = os.path.relpath(app.root, app.whole_repository.root)
    with suppress(BuildStopped):
        return looked_for(_tested(app, packages, variables), command, root)
    return Finds.SOME, ()


def _tested(
    app: AppFolder, packages: Collection[str], variables: Mapping[str, str]
) -> TestedApp:
    document = parse_toml(app.text(_PYPROJECT) or "", _PYPROJECT)
    settings = app_settings.parse(table_in(document, "tool", "slipway"), variables)
    django = find_django(app, settings)
    paths = cache(lambda: tuple(_modules(app)))
    return TestedApp(
        read=lambda name: _read(app, name),
        packages=packages,
        manage=django.manage if django else "",
        manage_settings=settings_named_in(app.text(django.manage) or "") if django else None,
        settings=django.settings if django else None,
        paths=lambda: [*filter(may_have_tests, paths())],
        modules=lambda: [*_read_modules(app, filter(may_have_tests, paths()))],
        elsewhere=lambda: _read_modules(app, filter(is_among_tests, paths())),
        has_own_runner=lambda: _has_own_runner(app, paths()),
    )


def way_to_install(
    app: AppFolder, variables: Mapping[str, str], names: Sequence[str]
) -> WayToAdd:
    """Say how to add packages for the tests."""
    with suppress(BuildStopped):  # what is told counts, whatever else is wrong
        document = parse_toml(app.text(_PYPROJECT) or "", _PYPROJECT)
        settings = app_settings.parse(table_in(document, "tool", "slipway"), variables)
        files = dependency_files(app, document, settings)
        return way_to_add_for_tests(app, document, files, settings, names)
    return WayToAdd(exact=tuple(names))


def in_words(way: WayToAdd) -> str:
    """Say the same in a clause, for a warning."""
    exact = " and ".join(f"`{one}`" for one in way.exact)
    if way.is_command:
        return f"run {exact}, and commit {way.file}"
    if way.group:
        return f"add {exact} to the group `{way.group}` in {way.file}"
    if way.listed_in:
        return f"write {exact} to {way.file}, because {way.listed_in} lists it"
    return f"write {exact} to {way.file}"


def _read(app: AppFolder, name: str) -> str | None:
    """Return the text of a file; empty if it cannot be read."""
    with suppress(BuildStopped):
        return app.text(name)
    return ""


def _read_modules(app: AppFolder, paths: Iterable[str]) -> Iterator[ModuleWithTests]:
    for path in paths:
        module = read_module(path, _read(app, path) or "")
        if module:
            yield module


def _has_own_runner(app: AppFolder, paths: Iterable[str]) -> bool:
    """Return whether a project has its own command `test`, or names a runner."""
    return any(
        path.endswith("management/commands/test.py")
        or "TEST_RUNNER" in (_read(app, path) or "")
        for path in paths
    )


def warn_of_lost_tests(
    app: AppFolder, run: RunOfTests, variables: Mapping[str, str], console: Console
) -> None:
    """Warn of tests that do not run, or that fail without a package."""
    how = in_words(way_to_install(app, variables, [run.lacks])) if run.lacks else ""
    if run.finds in _DOUBTS:
        console.warning(_DOUBTS[run.finds])
    if run.only_for_pytest:
        console.warning(
            f"This does not run the tests in {_first_of(run.only_for_pytest)} that only pytest "
            f"runs, such as functions. To run them too, {how}"
        )
    elif run.lacks == "pytest-django":
        console.warning(
            "pytest-django is not installed, so tests that need a database or its fixtures, "
            f"such as `client`, may fail. To install it for the tests, {how}"
        )
    outside, found = _lost_by_pytest(app, run)
    lost = (*run.unseen, *outside)
    if lost:
        others = f", or in {counted(len(lost) - 1, 'more file')}" if lost[1:] else ""
        console.warning(
            f"This does not run the tests in {lost[0].path}, because {lost[0].reason}{others}"
        )
    if found:
        console.warning(
            f"pytest does not collect the tests in {_first_of(found)}. To run them, write "
            f"{line_to_collect(run, found)}"
        )


def _lost_by_pytest(
    app: AppFolder, run: RunOfTests
) -> tuple[Sequence[UnseenModule], Sequence[str]]:
    """Return the modules with tests in other folders, and those that have other names."""
    if run.configuration is None:
        return (), ()
    paths = (
        path for path in _modules(app) if may_be_uncollected(path, run) or is_outside(path, run)
    )
    modules = _read_modules(app, paths)
    lost = [one.path for one in modules if one.has_cases or one.has_others]
    folder = run.configuration.folder
    outside = [UnseenModule(path=path, folder=folder) for path in lost if is_outside(path, run)]
    return outside, [path for path in lost if not is_outside(path, run)]


def _first_of(paths: Sequence[str]) -> str:
    more = f" and {counted(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"


def _modules(app: AppFolder) -> Iterator[str]:
    start = len(f"{app.root}/")
    for path in walk(app.root, _WITHOUT_TESTS):
        if path.name.endswith(".py"):
            yield str(path)[start:]


def log_tests(
    app: AppFolder, packages: Collection[str], variables: Mapping[str, str], console: Console
) -> None:
    """Log how bin/test would run the tests, or why it would not."""
    try:
        app_json = read_app_json(app)
    except BuildStopped as error:
        why = f"used: {error.reason}" if isinstance(error, AppJsonUnusable) else "read"
        console.warning(f"bin/test will stop, because app.json cannot be {why}")
        return
    try:
        run = find_tests(app, app_json, packages, variables)
    except PytestMissing as error:
        verb = "configures" if error.is_configured else "has tests for"
        console.warning(
            f"bin/test will stop: {error.file} {verb} pytest, which is not installed. To "
            f"install it for the tests, {in_words(error.way)}"
        )
    except TestsNotFound as error:
        why = f": it does not look in {error.unseen}, because {error.reason}" * bool(
            error.unseen
        )
        console.warning(f"bin/test will stop, because `{error.command}` finds no tests{why}")
    except BuildStopped:
        return  # bin/test explains it, and the platform may have its own command
    else:
        setup = "the script `test-setup` of app.json, then " if run.setup else ""
        console.info(f"bin/test runs {setup}`{run.command}`, because {run.reason}")
        warn_of_lost_tests(app, run, variables, console)
