"""Find out how an app's tests are run, from its files and the installed packages."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from slipway.domain import settings as app_settings
from slipway.domain.django.project import settings_named_in
from slipway.domain.running_tests import (
    APP_JSON,
    RunOfTests,
    TestedApp,
    decide,
    has_modules_with_tests,
    script_of_app_json,
)
from slipway.domain.toml_text import parse_toml, table_in
from slipway.effects.console import Console
from slipway.effects.files import OF_OTHER_BUILDPACKS, AppFolder, walk
from slipway.errors.running_tests import PytestMissing
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.dependency_files import dependency_files
from slipway.steps.plan.find_django import find_django

_PYPROJECT = "pyproject.toml"
_WITHOUT_TESTS = OF_OTHER_BUILDPACKS | {".git", ".slipway", "node_modules", "__pycache__"}


def find_tests(
    app: AppFolder, packages: Collection[str], variables: Mapping[str, str]
) -> RunOfTests:
    """Return how the tests of a built app are run, from its app.json or from what it has.

    Raises AppJsonUnusable, PytestMissing, ManagePyAmbiguous, ManagePyMissing, and as the
    reading of settings.
    """
    text = app.whole_repository.text(APP_JSON)
    of_app_json = script_of_app_json(text) if text is not None else None
    if of_app_json:
        return of_app_json
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
        return decide(tested)
    except PytestMissing as error:
        with suppress(BuildStopped):  # this error counts, whatever else is wrong
            error.origin = dependency_files(app, document, settings)[0]
        raise


def _read(app: AppFolder, name: str) -> str | None:
    """Return the text of a file; empty for a folder, or if the file cannot be read."""
    if name.endswith("/"):
        return "" if app.entries(name) else None
    with suppress(BuildStopped):
        return app.text(name)
    return ""


def warn_of_no_tests(app: AppFolder, run: RunOfTests, console: Console) -> None:
    """Warn if the runner will find no tests: not every runner fails then."""
    if not has_modules_with_tests([*_modules(app)], run):
        console.warning(
            f"No module of the app has a name that begins with `{run.pattern}`, as those that "
            "this runner looks for, so there may be no tests"
        )


def _modules(app: AppFolder) -> Iterator[str]:
    for path in walk(app.root, _WITHOUT_TESTS):
        if path.name.endswith(".py"):
            yield os.path.basename(path)


def log_tests(
    app: AppFolder, packages: Collection[str], variables: Mapping[str, str], console: Console
) -> None:
    """Log how bin/test would run the tests, or why it would not."""
    try:
        run = find_tests(app, packages, variables)
    except PytestMissing as error:
        console.warning(
            f"{error.configured_in} configures pytest, which is not installed. To install it "
            "for the tests, add it to requirements-test.txt, or to a group named `test`"
        )
    except BuildStopped:
        return  # bin/test explains it, and the platform may have its own command
    else:
        console.info(f"bin/test runs `{run.command}`, because {run.reason}")
