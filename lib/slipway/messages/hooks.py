"""Words for errors of the app's hooks."""

from __future__ import annotations

from pathlib import PureWindowsPath

from slipway.errors.hooks import HookFailed, HookInterpreterMissing
from slipway.messages.wording import Message, Step, explain


@explain.register
def _failed(error: HookFailed) -> Message:
    is_killed = error.reason.endswith(" signal 9")
    memory = " Signal 9 often means that memory ran out." if is_killed else ""
    refused = f" {_refused(error)}" if error.is_pip_refused else ""
    return Message(
        title=f"The hook {error.hook} failed",
        found=f"This script of the app {error.reason}.{memory} Its output, if any, is in the log above.{refused}",
        steps=_use_pip_of_the_app(error)
        if error.is_pip_refused
        else (
            Step(text="Run it in the app's folder on your machine, and fix what it reports."),
            Step(text=f"Or, if the build does not need it, delete or rename {error.hook}."),
        ),
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
