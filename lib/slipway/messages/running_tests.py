"""Words for what can stop a run of an app's tests."""

from __future__ import annotations

import posixpath
from shlex import quote

from slipway.errors.running_tests import AppJsonUnusable, NotCompiledForTests, PytestMissing
from slipway.messages.wording import Message, Step, alternative, explain

_ADDED_BY = {
    "uv.lock": "uv add --dev {}",
    "poetry.lock": "poetry add --group dev {}",
    "pdm.lock": "pdm add --dev {}",
    "Pipfile.lock": "pipenv install --dev {}",
    "Pipfile": "pipenv install --dev {}",
}


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
    remove = Step(text=f"If the tests do not use pytest, remove it from {error.configured_in}.")
    return Message(
        title="pytest is not installed",
        found=f"{error.configured_in} configures pytest, so it has to run the tests, and it is not among the installed packages.",
        steps=(
            _add_pytest(error),
            alternative(remove),
        ),
    )


def _add_pytest(error: PytestMissing) -> Step:
    names = ("pytest", "pytest-django") if error.is_django else ("pytest",)
    if error.file_for_tests:
        return Step(text=f"Write what the tests need to {error.file_for_tests}:", exact=names)
    own = posixpath.basename(error.origin)
    command = _ADDED_BY.get(own)
    if command:
        return Step(
            text=f"Add it to what the tests need, and commit {own}:",
            exact=(command.format(" ".join(names)),),
        )
    if own == "pyproject.toml":
        quoted = ", ".join(f'"{name}"' for name in names)
        return Step(
            text="Add it to what the tests need, in pyproject.toml:",
            exact=("[dependency-groups]", f"test = [{quoted}]"),
        )
    return Step(text="Write what the tests need to requirements-test.txt:", exact=names)


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
