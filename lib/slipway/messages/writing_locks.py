"""Words for errors of `bin/slipway lock`."""

from __future__ import annotations

from shlex import quote

from slipway.errors.writing_locks import AlreadyLocked, FileNotLockable, NothingToLock
from slipway.messages.wording import Message, Step, explain, fitted

_COMMANDS = {
    "uv": ("uv lock --upgrade",),
    "Poetry": ("poetry update",),
    "PDM": ("pdm update",),
    "Pipenv": ("pipenv update",),
}


@explain.register
def _already(error: AlreadyLocked) -> Message:
    by = f" with {error.tool}" if error.tool in _COMMANDS else ""
    commands = _COMMANDS.get(error.tool, ())
    return Message(
        title=fitted("The app already has a lock: {}", error.file),
        found=f"{error.file} locks the app{by}, so builds install exactly what it says. Slipway "
        "did not write that file, so it does not replace it.",
        steps=(
            Step(
                text=f"To change the versions in it, run {error.tool} and commit the file:"
                if commands
                else "To change the versions in it, run the program that wrote it, and commit "
                "the file.",
                exact=commands,
            ),
            Step(
                text="Or, to let Slipway lock the app instead, delete the file first:",
                exact=(f"git rm {quote(error.file)}",),
            ),
        ),
    )


@explain.register
def _nothing(error: NothingToLock) -> Message:
    return Message(
        title="The app has no dependencies to lock",
        found=f"{error.origin} requires no package.",
        steps=(Step(text=f"Add the packages that the app needs to {error.origin}."),),
    )


@explain.register
def _not_lockable(error: FileNotLockable) -> Message:
    if not error.file:
        return Message(
            title=fitted("{} has no file that can be locked", error.requirement),
            found=f"No index has a file of {error.requirement} with a hash that fits the app's "
            "Python on Linux.",
            steps=(Step(text="Require another version of the package."),),
        )
    return Message(
        title=fitted("{} is not on an index", error.requirement),
        found=f"It comes from {error.file}, which is not in the app. A lock that names that file "
        "would work only on this machine.",
        steps=(
            Step(
                text="Put the file into the app, as a vendored package:",
                exact=("mkdir -p vendor", f"cp {quote(error.file)} vendor/"),
            ),
            Step(
                text="Or use an index that has the package: unset PIP_FIND_LINKS and "
                "UV_FIND_LINKS, and remove `find-links` from pip's configuration.",
            ),
        ),
    )
