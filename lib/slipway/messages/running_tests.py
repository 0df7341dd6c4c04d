"""Words for what can stop a run of an app's tests."""

from __future__ import annotations

import posixpath
from shlex import quote

from slipway.errors.running_tests import (
    AppJsonUnusable,
    NotCompiledForTests,
    PytestMissing,
    TestsNotFound,
    WayToAdd,
)
from slipway.messages.wording import Message, Step, alternative, explain

_CONFTEST = "conftest.py"


@explain.register
def _not_compiled(error: NotCompiledForTests) -> Message:
    found = f"{error.path} has no .slipway/build.json, which each successful build writes."
    if error.is_built:
        found = f"The last build of {error.path} was not a successful one for the tests, so it may lack what they need. bin/compile builds an app only to run it."
    return Message(
        title="The app has not been built for its tests yet",
        found=found,
        steps=(
            Step(
                text="Build it with bin/test-compile first, with any folder as CACHE, the build cache:",
                exact=(f"slipway/bin/test-compile {quote(error.path)} CACHE",),
            ),
        ),
    )


@explain.register
def _pytest_missing(error: PytestMissing) -> Message:
    found = f"{error.file} configures pytest, so it has to run the tests, and it is not among the installed packages."
    own = posixpath.basename(error.file)
    without = f"If the tests do not use pytest, remove its configuration from {error.file}."
    if own == _CONFTEST or own.endswith(("pytest.ini", "pytest.toml")):
        without = f"If the tests do not use pytest, remove the file {error.file}."
    if not error.is_configured:
        case = "django.test.TestCase" if error.is_django else "unittest.TestCase"
        found = f"{error.file} has tests for pytest: functions that begin with `test_`, methods of a class that is not derived from {case}, or tests with `import pytest`. pytest is not among the installed packages, and `{error.command}` does not run such tests."
        without = f"If the tests do not need pytest, write them as methods of a class that is derived from {case}, and remove `import pytest`."
    return Message(
        title="pytest is not installed",
        found=found,
        # An app that lists it uses it.
        steps=(
            _add(error.way),
            *(() if error.way.listed_in else (alternative(Step(text=without)),)),
        ),
    )


@explain.register
def _not_found(error: TestsNotFound) -> Message:
    case = "django.test" if error.is_django else "unittest"
    status = "Before Python 3.12, it would still end with status 0, as if all had passed."
    if error.is_django:
        status = "It would still end with status 0, as if all had passed."
    found = f"`{error.command}` would run no test. {status}"
    step = Step(
        text=f"Write a test, for example in {posixpath.join(error.start, 'tests.py')}:",
        exact=(
            f"from {case} import TestCase",
            "",
            "",
            "class Sum(TestCase):",
            "    def test_sum(self):",
            "        self.assertEqual(1 + 1, 2)",
        ),
    )
    if error.unseen:
        found = f"{found} It does not look in {error.unseen}, because {error.reason}."
        step = Step(
            text="Move it, so that it is found:",
            exact=(f"git mv {quote(error.unseen)} {quote(error.new_path)}",),
        )
    if error.not_packages:
        files = " ".join(quote(f"{one}/__init__.py") for one in error.not_packages)
        step = Step(
            text="Make its folders packages:"
            if error.not_packages[1:]
            else "Make its folder a package:",
            exact=(f"touch {files}", f"git add {files}"),
        )
    other = "python tests/run.py"
    if error.is_django:
        other = "python manage.py test --pattern 'check_*.py'"
    script = Step(
        text="If the tests run with another command, write it to app.json, for example:",
        exact=(f'{{"environments": {{"test": {{"scripts": {{"test": "{other}"}}}}}}}}',),
    )
    return Message(
        title="The app has no tests that its runner finds",
        found=found,
        steps=(step, alternative(script)),
    )


def _add(way: WayToAdd) -> Step:
    text = f"Write what the tests need to {way.file}:"
    if way.is_command:
        text = f"Add it to what the tests need, and commit {way.file}:"
    elif way.group:
        text = f"Add it to the group `{way.group}` in {way.file}:"
    elif way.listed_in:
        text = f"{way.listed_in} lists it, and is not installed for the tests. To install what it lists, write to {way.file}:"
    return Step(text=text, exact=way.exact)


@explain.register
def _app_json(error: AppJsonUnusable) -> Message:
    if error.line:
        return Message(
            title="app.json cannot be used",
            found=f"It may have the command that runs the tests, and is not valid JSON: {error.reason}.",
            steps=(
                Step(
                    text=f"Correct line {error.line}, or the end of the line before it. JSON has no comments and no comma after the last item, and strings have double quotes. This command says whether it is valid:",
                    exact=("python3 -m json.tool app.json",),
                ),
            ),
        )
    return Message(
        title="app.json cannot be used",
        found=f"It may have the command that runs the tests, and cannot be read as Heroku's schema describes it: {error.reason}.",
        steps=(
            Step(
                text="Write it as in this example:",
                exact=(
                    '{"environments": {"test": {"scripts": {"test": "python -m pytest"}}}}',
                ),
            ),
            alternative(
                Step(
                    text="To let Slipway choose the command, remove the scripts `test` and `test-setup`."
                )
            ),
        ),
    )
