"""Words for what can stop a run of an app's tests."""

from __future__ import annotations

import posixpath
from shlex import quote

from slipway.errors.running_tests import (
    AppJsonUnusable,
    NotCompiledForTests,
    PytestMissing,
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
    return Message(
        title="pytest is not installed",
        found=found,
        # An app that lists it uses it.
        steps=(
            _add(error.way),
            *(() if error.way.listed_in else (alternative(Step(text=without)),)),
        ),
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
