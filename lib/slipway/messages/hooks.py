"""Words for errors of the app's hooks."""

from __future__ import annotations

from pathlib import PureWindowsPath

from slipway.errors.django import (
    DatabaseNotReached,
    SettingsVariableInvalid,
    SettingsVariableMissing,
)
from slipway.errors.hooks import HookFailed, HookInterpreterMissing
from slipway.errors.stopped import BuildStopped
from slipway.messages.django import ended, is_about_collectstatic, unset_variables
from slipway.messages.wording import Message, Step, alternative, explain

_DELETE = "Or, if the build does not need it, delete or rename {hook}."


@explain.register
def _failed(error: HookFailed) -> Message:
    is_killed = error.reason.endswith(" signal 9")
    memory = " Signal 9 often means that memory ran out." if is_killed else ""
    output = "Its output, if any, is in the log above."
    more = ""
    if error.cause is not None:
        output = f"Its output, which is in the log above, ends with a traceback of Django{_why(error.cause)}"
        steps = _mend(error, error.cause)
    elif error.is_pip_refused:
        more, steps = f" {_refused(error)}", _use_pip_of_the_app(error)
    else:
        steps = (
            Step(text="Run it in the app's folder on your machine, and fix what it reports."),
            Step(text=_DELETE.format(hook=error.hook)),
        )
    return Message(
        title=f"The hook {error.hook} failed",
        found=f"This script of the app {error.reason}.{memory} {output}{more}",
        steps=steps,
    )


def _why(cause: BuildStopped) -> str:
    """Say why a command of Django failed in a hook, after the words `traceback of Django`."""
    match cause:
        case SettingsVariableMissing():
            settings = f"{cause.settings[:1].upper()}{cause.settings[1:]}"
            needing = cause.settings if "." in cause.settings else settings
            return f": {unset_variables(cause, needing)} Hooks get no throw-away values for variables."
        case SettingsVariableInvalid():
            place = f" ({cause.place})" if cause.place else ""
            return f": {cause.settings} does not accept the value of the environment variable {cause.variable}{place}."
        case DatabaseNotReached():
            return f", which could not use the database: {ended(cause.reason)} Many platforms have no database while they build an app, and if the build fails afterwards, the old version runs with what the script has changed."
    return f". {explain(cause).found}"


def _mend(error: HookFailed, cause: BuildStopped) -> tuple[Step, ...]:
    release = _in_release_step(error)
    delete = Step(text=_DELETE.format(hook=error.hook))
    if isinstance(cause, DatabaseNotReached):
        return (*release, delete)
    steps = [step for step in explain(cause).steps if not is_about_collectstatic(step)]
    if isinstance(cause, SettingsVariableMissing) and error.migrates:
        steps += [alternative(release[0]), *release[1:]]
    return (*steps, delete)


def _in_release_step(error: HookFailed) -> tuple[Step, ...]:
    """Give the steps to run a command when a new version is released, and not in a build."""
    line = (
        (
            Step(
                text="On platforms with a release phase, such as Heroku and Dokku, add the release step to the Procfile:",
                exact=("release: slipway-release",),
            ),
        )
        if error.lacks_release_line
        else ()
    )
    if error.migrates:
        return (
            Step(
                text=f"Remove the command `migrate` from {error.hook}: Slipway's release step migrates the database, after the build."
            ),
            *line,
        )
    return (
        Step(
            text="Move the command into a script bin/release, which Slipway's release step runs after the build, if pyproject.toml says so:",
            exact=("[tool.slipway]", "release_hook = true"),
        ),
        *line,
    )


def _refused(error: HookFailed) -> str:
    if error.has_app_python:
        return (
            "The script called the pip of another Python than the app's. That pip installs nothing "
            "during a build, because the app would not have the packages."
        )
    return (
        f"The script called pip, but the app's Python is selected only after {error.hook}. Until then "
        "pip installs nothing, because the app would not have the packages."
    )


def _use_pip_of_the_app(error: HookFailed) -> tuple[Step, ...]:
    if error.has_app_python:
        return (
            Step(
                text="Call `pip` or `python -m pip` without a path, as in this line. If the "
                "hook is a Python script, change its first line:",
                exact=("#!/usr/bin/env python",),
            ),
        )
    return (
        Step(text="If the app needs the packages, add them to its requirements."),
        Step(
            text="Or call pip in a script `postinstall` or `bin/post_compile`: there it "
            "installs into the app.",
        ),
        Step(
            text=f"Or, if only {error.hook} needs them, install them into a temporary folder:",
            exact=(
                "PIP_REQUIRE_VIRTUALENV=0 pip install --target /tmp/tools NAME",
                "export PYTHONPATH=/tmp/tools",
            ),
        ),
    )


@explain.register
def _interpreter_missing(error: HookInterpreterMissing) -> Message:
    program = error.program
    named = (
        f"Its first line, `{error.first_line}`, names {program}"
        if error.first_line
        else f"It has no first line that names a program, so it needs {program}"
    )
    return Message(
        title=f"The hook {error.hook} cannot be started",
        found=f"{named}, which the image that builds the app does not have.",
        steps=(
            *_other_first_line(error),
            Step(
                text="Or build with an image that has the program, or install it with a "
                "buildpack that runs before Slipway."
            ),
        ),
    )


def _other_first_line(error: HookInterpreterMissing) -> tuple[Step, ...]:
    name = PureWindowsPath(error.program).name  # it also splits at slashes
    if name.startswith(("python", "pypy")):
        return (
            Step(
                text="Change the first line to this. In postinstall and bin/post_compile, "
                "`python` is the app's:",
                exact=("#!/usr/bin/env python",),
            ),
        )
    first = "#!/bin/sh" if name == "bash" else "#!/usr/bin/env bash"
    shell = "sh" if name == "bash" else "bash"
    return (
        Step(
            text=f"If the script also works with {shell}, make this its first line:",
            exact=(first,),
        ),
    )
