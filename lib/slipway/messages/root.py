"""Words for errors of the setting `root`, which names the app's folder in its repository."""

from __future__ import annotations

from shlex import quote

from slipway.errors.root import RootMissing, RootNotPython, SettingsOfRepository
from slipway.messages.wording import (
    Message,
    Step,
    alternative,
    alternatives,
    explain,
    in_subfolders,
    listed,
    pushed,
    set_root,
    variable_in,
)


@explain.register
def _missing(error: RootMissing) -> Message:
    what = "is a file" if error.is_file else "does not exist"
    folders = [folder for folder, _ in error.apps]
    if error.nearest:
        folders = [error.nearest, *(one for one in folders if one != error.nearest)]
    if error.is_file:
        checks: tuple[Step, ...] = (
            Step(text="Or, if the top of the repository is the app, remove the setting."),
        )
    else:
        checks = (
            Step(
                text="Or, if the folder is on your machine, check that git tracks its files:",
                exact=(f"git ls-files {quote(error.path)}",),
            ),
            alternative(pushed("the folder", "the top of the repository")),
        )
    return Message(
        title="The folder that root names does not exist",
        found=f"{error.origin} names {error.path}, which {what} in the repository."
        f"{in_subfolders(error.apps)}",
        steps=(*_name_instead(folders, error.origin), *checks),
    )


@explain.register
def _not_python(error: RootNotPython) -> Message:
    content = f"It contains {listed(error.found)}." if error.found else "It is empty."
    put = Step(text=f"Put a requirements.txt or pyproject.toml into {error.path}/.")
    folders = [folder for folder, _ in error.apps]
    return Message(
        title="No Python app is in the folder that root names",
        found=f"{error.origin} names {error.path}, which has none of the files that identify a "
        f"Python app. {content}{in_subfolders(error.apps)}",
        steps=alternatives(*_name_instead(folders, error.origin), put),
    )


def _name_instead(folders: list[str], origin: str) -> tuple[Step, ...]:
    """Give the step that names another folder, with the first of these as example."""
    if not folders:
        return (
            Step(text="Name the folder of the app, relative to the top of the repository."),
        )
    such = f", such as {folders[0]}/" if len(folders) > 1 else ""
    return (
        Step(
            text=f"Name a folder that contains the app{such}:",
            exact=set_root(folders[0], is_variable=bool(variable_in(origin))),
        ),
    )


@explain.register
def _of_repository(error: SettingsOfRepository) -> Message:
    one = len(error.keys) == 1
    return Message(
        title="Settings are not in the app's own pyproject.toml",
        found=f"pyproject.toml at the top of the repository says that the app is in "
        f"{error.path}/. The other settings of the app count only in {error.path}/pyproject.toml,"
        f" but the table at the top also has {listed(error.keys)}.",
        steps=(
            Step(
                text=f"Move {'this line' if one else 'these lines'} to "
                f"{error.path}/pyproject.toml:",
                exact=("[tool.slipway]", *error.lines),
            ),
            Step(
                text="Or, if the top of the repository is the app as well, remove `root` there, "
                "and set a config variable for the app in the folder:",
                exact=set_root(error.path, is_variable=True),
            ),
        ),
    )
