"""Words for errors of the app's hooks."""

from __future__ import annotations

from pathlib import PurePosixPath
from shlex import quote

from slipway.errors.hooks import HookFailed, HookFault, HookInterpreterMissing, HookUnusable
from slipway.messages.wording import Message, Step, explain, printable

_PULL = "git lfs install && git lfs pull"


@explain.register
def _failed(error: HookFailed) -> Message:
    is_killed = error.reason.endswith(" signal 9")
    memory = " Signal 9 often means that memory ran out." if is_killed else ""
    refused = f" {_refused(error)}" if error.is_pip_refused else ""
    return Message(
        title=f"The hook {error.hook} failed",
        found=f"This script of the app {error.reason}.{memory}{refused} Its output, if any, is in the log above.",
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
            "It called the pip of another Python than the app's. That pip installs nothing "
            "during a build, because the app would not have the packages."
        )
    return (
        f"It called pip, but the app's Python is selected only after {error.hook}. Until then "
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
    program = printable(error.program)
    named = (
        f"Its first line, `{printable(error.first_line)}`, names {program}"
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
    name = PurePosixPath(error.program).name
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


@explain.register
def _unusable(error: HookUnusable) -> Message:
    hook, target = quote(error.hook), printable(error.target)
    title = f"The hook {error.hook} is not a script"
    match error.fault:
        case HookFault.DEAD_LINK:
            return Message(
                title=title,
                found=f"{error.hook} is a symbolic link to {target}, which does not exist where the app is built.",
                steps=(
                    Step(
                        text="Add the link's target to the app, at a path that is relative to "
                        "the link, or replace the link by the script."
                    ),
                    Step(text="Or, if the build does not need it, delete the link."),
                ),
            )
        case HookFault.LINK_AS_TEXT:
            return Message(
                title=title,
                found=f"{error.hook} holds only the path {target}. It was a symbolic link, which git writes as a text file if core.symlinks is false, as on Windows.",
                steps=(
                    Step(
                        text="Make it a link again:",
                        exact=(
                            "git config core.symlinks true",
                            f"rm {hook} && ln -s {quote(error.target)} {hook}",
                            f"git add {hook}",
                        ),
                    ),
                    Step(text="Or replace it by a copy of the script."),
                ),
            )
        case HookFault.LFS_POINTER:
            return Message(
                title=title,
                found=f"{error.hook} holds only the address of its content, because the checkout did not download it from Git LFS. Few platforms do.",
                steps=(
                    Step(
                        text="Commit the script itself, without Git LFS:",
                        exact=(
                            _PULL,
                            f"echo '{error.hook} !filter !diff !merge text' >> .gitattributes",
                            f"git add --renormalize .gitattributes {hook}",
                            f"git commit -m 'Store {error.hook} in git'",
                        ),
                    ),
                    Step(
                        text="Or, if you deploy a folder (with pack, rsync or an upload), download the content first:",
                        exact=(_PULL,),
                    ),
                ),
            )
        case HookFault.BINARY:
            return Message(
                title=title,
                found=f"The first line of {error.hook} contains a null byte, so it is neither a script nor a program for Linux.",
                steps=(
                    Step(text="Replace it by a script, saved as UTF-8."),
                    Step(text="Or, if the build does not need it, delete it."),
                ),
            )
        case HookFault.SPECIAL:
            return Message(
                title=title,
                found=f"{error.hook} is a FIFO, a socket or a device.",
                steps=(Step(text="Replace it by a script, or delete it."),),
            )
