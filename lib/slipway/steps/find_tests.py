"""Find out how an app's tests are run, from its files and the installed packages."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
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
    decide,
    has_modules_with_tests,
    is_uncollected,
)
from slipway.domain.toml_text import parse_toml, table_in
from slipway.effects.console import Console
from slipway.effects.files import OF_OTHER_BUILDPACKS, AppFolder, walk
from slipway.errors.running_tests import AppJsonUnusable, PytestMissing
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.dependency_files import dependency_files
from slipway.steps.plan.find_django import find_django
from slipway.steps.plan.find_for_tests import find_for_tests

_PYPROJECT = "pyproject.toml"
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
    document = parse_toml(app.text(_PYPROJECT) or "", _PYPROJECT)
    settings = app_settings.parse(table_in(document, "tool", "slipway"), variables)
    django = find_django(app, settings)
    tested = TestedApp(
        read=lambda name: _read(app, name),
        packages=packages,
        manage=django.manage if django else "",
        manage_settings=settings_named_in(app.text(django.manage) or "") if django else None,
        settings=django.settings if django else None,
    )
    try:
        return replace(decide(tested), setup=app_json.setup)
    except PytestMissing as error:
        with suppress(BuildStopped):  # this error counts, whatever else is wrong
            files = dependency_files(app, document, settings)
            error.origin = files[0]
            for_tests = find_for_tests(app, document, files, settings)
            error.file_for_tests = (*for_tests.files, "")[0]
        raise


def _read(app: AppFolder, name: str) -> str | None:
    """Return the text of a file; empty for a folder, or if the file cannot be read."""
    if name.endswith("/"):
        return "" if app.entries(name) else None
    with suppress(BuildStopped):
        return app.text(name)
    return ""


def warn_of_no_tests(app: AppFolder, run: RunOfTests, console: Console) -> None:
    """Warn if the runner will not find tests: not every runner fails then."""
    if not has_modules_with_tests([os.path.basename(path) for path in _modules(app)], run):
        console.warning(
            f"No module of the app has a name that begins with `{run.pattern}`, as those that "
            "this runner looks for, so there may be no tests"
        )
    found = sorted(
        path
        for path in _modules(app)
        if is_uncollected(path, run) and "def test" in (_read(app, path) or "")
    )
    if found:
        more = f" and {counted(len(found) - 1, 'more file')}" if len(found) > 1 else ""
        console.warning(
            f"pytest does not collect the tests in {found[0]}{more}. To run them, write "
            f"{run.finds_tests_py_with}"
        )


def _modules(app: AppFolder) -> Iterator[str]:
    for path in walk(app.root, _WITHOUT_TESTS):
        if path.name.endswith(".py"):
            yield str(path.relative_to(app.root))


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
        to = error.file_for_tests or "requirements-test.txt, or to a group named `test`"
        console.warning(
            f"{error.configured_in} configures pytest, which is not installed. To install it "
            f"for the tests, add it to {to}"
        )
    except BuildStopped:
        return  # bin/test explains it, and the platform may have its own command
    else:
        setup = "the script `test-setup` of app.json, then " if run.setup else ""
        console.info(f"bin/test runs {setup}`{run.command}`, because {run.reason}")
        warn_of_no_tests(app, run, console)
