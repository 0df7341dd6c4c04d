"""Find what keeps the scripts of an app.json from running the tests, if a build can know it."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from slipway.domain.app_json import AppJson, in_a_row, notices_about_variables
from slipway.domain.django.settings_of_tests import TestedProject
from slipway.domain.pip_calls import PipCall, pip_calls
from slipway.effects.files import AppFolder
from slipway.errors.stopped import BuildStopped
from slipway.steps.check_processes import check_script
from slipway.steps.context import BuildContext
from slipway.steps.find_tests import in_words, read_app_json, way_to_install

_READS_DOTENV = frozenset({"pytest-dotenv", "pytest-env"})
"""Packages that set variables for tests from files."""
_PACKAGE = "PACKAGE"
_OF_PIP = ("`pip`", "`pip3`", "`-m pip`")


def check_app_json(context: BuildContext, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each problem.

    `variables` are those of the app, with the programs of its packages on PATH.
    """
    app = AppFolder(context.app, context.effects.console.secrets, context.layout.repository)
    app_json = AppJson()
    with suppress(BuildStopped):  # log_tests says what is wrong
        app_json = read_app_json(app)
    yield from notices_about_variables(app_json, context.effects.environment)
    yield from _about_settings(context, app, app_json)
    has_pip = "pip" in context.virtualenv.distributions()
    to_add = ""
    for name, script in (("test-setup", app_json.setup), ("test", app_json.test)):
        if not script:
            continue
        calls = None if has_pip else pip_calls(script)
        if calls:
            yield (
                f"The script `{name}` of app.json installs packages with pip, which the app "
                "does not have; another one installs where the app does not look. A build for "
                f"the tests installs what they need: {_instead(calls, app, context)}"
            )
        to_add = to_add or _to_add(app, context)
        with_files = name == "test-setup" or not app_json.setup
        for problem in check_script(
            context, name, script, variables, to_add, with_files=with_files
        ):
            if not (calls and problem.startswith(_OF_PIP)):
                yield problem


def _about_settings(context: BuildContext, app: AppFolder, app_json: AppJson) -> Iterator[str]:
    """Say which variables Django's settings lack in the tests.

    Those that services set, when the tests start, are not known.
    """
    django, packages = context.plan.django, context.virtualenv.distributions()
    if django is None or "django" not in packages or _READS_DOTENV & packages.keys():
        return
    environment = context.effects.environment

    def read(path: str) -> str | None:
        with suppress(BuildStopped):
            return app.text(posixpath.join(django.folder, path))
        return None

    known = {*environment, *app_json.variables, *app_json.generated, *app_json.without_value}
    own = {**app_json.variables, **environment}
    project = TestedProject(
        read=read,
        manage=posixpath.basename(django.manage),
        scripts=f"{app_json.setup}\n{app_json.test}",
        has_pytest="pytest-django" in packages,
        module=own.get("DJANGO_SETTINGS_MODULE", ""),
    )
    names = [
        name
        for name in project.missing_variables(known)
        if not (app_json.has_services and name.endswith("_URL"))
    ]
    if names:
        example = json.dumps(dict.fromkeys(names[:1], "VALUE"))
        yield (
            f"Without {in_a_row(names)}, the settings {project.settings} stop the tests. CI "
            "has no config variables of the app: write what the tests need to app.json, such "
            f'as `{{"environments": {{"test": {{"env": {example}}}}}}}`'
        )


def _to_add(app: AppFolder, context: BuildContext) -> str:
    """Say where a package for the tests is added, after "Add it to"."""
    way = way_to_install(app, context.effects.environment, [_PACKAGE])
    if way.is_command:
        return f"what the tests need, as with `{way.exact[0]}`"
    return f"the group `{way.group}` in {way.file}" if way.group else way.file


def _instead(calls: PipCall, app: AppFolder, context: BuildContext) -> str:
    """Say what to write instead of calls of pip, as a clause."""
    below = app.path_in_repository or "."
    files = [posixpath.relpath(file, below) for file in calls.files]
    installed = context.plan.dependencies.files
    missing = [file for file in files if file not in installed]
    names = list(calls.requirements)
    if not missing and not names:
        return "remove the calls of pip"
    environment = context.effects.environment
    if not missing:
        return (
            f"{in_words(way_to_install(app, environment, names))}, and remove the calls of pip"
        )
    way = way_to_install(app, environment, [_PACKAGE])
    if way.file == "uv.lock":
        arguments = [*names, *(f"-r {file}" for file in missing)]
        way = replace(way, exact=(f"uv add --dev {' '.join(arguments)}",))
    elif way.is_command or way.group:
        place = _to_add(app, context)
        return f"add the packages of {missing[0]} to {place}, and remove the calls of pip"
    else:
        folder = posixpath.dirname(way.file) or "."
        lines = (f"-r {posixpath.relpath(file, folder)}" for file in missing)
        way = replace(way, exact=(*lines, *names))
    return f"{in_words(way)}, and remove the calls of pip"
