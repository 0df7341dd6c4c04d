"""Find out how an app's tests are run, from its files and the installed packages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from slipway.domain import settings as app_settings
from slipway.domain.app_json import APP_JSON, AppJson
from slipway.domain.app_json import parse as parse_app_json
from slipway.domain.counting import counted
from slipway.domain.django.project import settings_named_in
from slipway.domain.running_tests import (
    RunOfTests,
    TestedApp,
    UnseenModule,
    decide,
    is_named_for_tests,
    is_outside,
    line_to_collect,
    may_be_uncollected,
    unseen,
)
from slipway.domain.toml_text import parse_toml, table_in
from slipway.effects.console import Console
from slipway.effects.files import OF_OTHER_BUILDPACKS, AppFolder, walk
from slipway.errors.running_tests import AppJsonUnusable, PytestMissing, WayToAdd
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.dependency_files import dependency_files
from slipway.steps.plan.find_django import find_django
from slipway.steps.plan.find_for_tests import way_to_add_for_tests

_PYPROJECT = "pyproject.toml"
_HAS_TEST = re.compile(r"^[ \t]*(?:async )?def test", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:async )?def test_", re.MULTILINE)
"""A test that only pytest runs."""
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

    Raises PytestMissing, ManagePyAmbiguous, ManagePyMissing, and as the reading of settings.
    """
    if app_json.test:
        return RunOfTests(
            command=app_json.test,
            setup=app_json.setup,
            reason="app.json has the script `test`",
            is_of_repository=True,
        )
    try:
        return replace(decide(_tested(app, packages, variables)), setup=app_json.setup)
    except PytestMissing as error:
        names = ("pytest", "pytest-django") if error.is_django else ("pytest",)
        error.way = way_to_install(app, variables, names)
        raise


def _tested(
    app: AppFolder, packages: Collection[str], variables: Mapping[str, str]
) -> TestedApp:
    document = parse_toml(app.text(_PYPROJECT) or "", _PYPROJECT)
    settings = app_settings.parse(table_in(document, "tool", "slipway"), variables)
    django = find_django(app, settings)
    return TestedApp(
        read=lambda name: _read(app, name),
        packages=packages,
        manage=django.manage if django else "",
        manage_settings=settings_named_in(app.text(django.manage) or "") if django else None,
        settings=django.settings if django else None,
        paths=lambda: [*_paths(app)],
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


def warn_of_lost_tests(
    app: AppFolder, run: RunOfTests, variables: Mapping[str, str], console: Console
) -> None:
    """Warn of tests that do not run, or that fail without a package."""
    how = in_words(way_to_install(app, variables, run.lacks)) if run.lacks else ""
    if run.configuration and run.lacks:
        console.warning(
            "pytest-django is not installed, so tests that need a database or its fixtures, "
            f"such as `client`, may fail. To install it for the tests, {how}"
        )
    if run.configuration is None and not run.may_run_none:
        return  # a command of the app
    texts = {path: _read(app, path) or "" for path in _paths(app)}
    paths = [path for path, text in texts.items() if _HAS_TEST.search(text)]
    lost, found = _lost(app, run, paths)
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
    functions = [path for path in paths if _FUNCTION.search(texts[path])]
    if run.may_run_none and functions:
        how = how or f"write {line_to_collect(run, functions)}"
        console.warning(
            f"This does not run functions that begin with `test_`, as in "
            f"{_first_of(functions)}: only pytest does. To run them too, {how}"
        )


def _lost(
    app: AppFolder, run: RunOfTests, paths: Sequence[str]
) -> tuple[Sequence[UnseenModule], Sequence[str]]:
    """Return the modules that a runner does not find, and what pytest does not collect."""
    if run.configuration is None:
        reasons = (unseen(path, run.start, lambda name: _read(app, name)) for path in paths)
        return [one for one in reasons if one], ()
    place = f"it is not in {run.configuration.folder}/"
    outside = [path for path in paths if is_outside(path, run)]
    lost = [UnseenModule(path=path, reason=place) for path in outside]
    return lost, [path for path in paths if may_be_uncollected(path, run)]


def _paths(app: AppFolder) -> Iterator[str]:
    """Yield the modules of the app whose names say that they have tests."""
    start = len(f"{app.root}/")
    for path in walk(app.root, _WITHOUT_TESTS):
        name = str(path)[start:]
        if is_named_for_tests(name):
            yield name


def _first_of(paths: Sequence[str]) -> str:
    more = f" and {counted(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"


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
        console.warning(
            f"bin/test will stop: {error.file} configures pytest, which is not installed. To "
            f"install it for the tests, {in_words(error.way)}"
        )
    except BuildStopped:
        return  # bin/test explains it, and the platform may have its own command
    else:
        setup = "the script `test-setup` of app.json, then " if run.setup else ""
        console.info(f"bin/test runs {setup}`{run.command}`, because {run.reason}")
        warn_of_lost_tests(app, run, variables, console)
