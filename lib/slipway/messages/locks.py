"""Words for errors of the locks that apps bring."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from slipway.errors.locks import (
    LockAlone,
    LockAndRequirementsSet,
    LockBroken,
    LockChoicesConflict,
    LockChoiceUnknown,
    LockHasNoFile,
    LockNotChosen,
    LockNotForThisPython,
    LockOutdated,
    LockSettingWrong,
    LockSourceUnsupported,
    LockVersionUnknown,
)
from slipway.messages.python import other_python
from slipway.messages.wording import (
    Message,
    Step,
    alternative,
    alternatives,
    explain,
    fitted,
    in_subfolders,
    listed,
    lock_again,
    pushed,
    use_subfolder,
    variable_in,
)

_MOST_FILES = 4
_KINDS = "pylock.toml, pylock.<name>.toml, uv.lock, poetry.lock, pdm.lock and Pipfile.lock"


def _again(tool: str, file: str, commands: Sequence[str], text: str = "") -> Step:
    """Give the step that writes a lock again."""
    if not commands:
        return Step(text=f"Write {file} again with the tool that wrote it, and commit it.")
    by_tool = "" if tool == "pip and others" else f" with {tool}"
    return Step(text=text or f"Lock again{by_tool}, and commit {file}:", exact=tuple(commands))


def _is_of_a_tool(file: str) -> bool:
    """Return whether only a tool reads a lock, so it may be left over."""
    return not file.endswith((".txt", ".in"))


@explain.register
def _broken(error: LockBroken) -> Message:
    file = quote(error.file)
    restore = Step(
        text=f"If git has a version of {error.file} without this fault, restore it from its "
        "commit. That keeps the versions of the packages:",
        exact=(f"git log --oneline -- {file}", f"git checkout COMMIT -- {file}"),
    )
    if error.commands:
        text = "Delete it and lock again, which can take newer package versions:"
        again = Step(text=text, exact=(f"rm {file}", *error.commands))
    else:
        again = Step(text=f"Write {error.file} again with the tool that wrote it.")
    return Message(
        title=fitted("{} cannot be read", error.file),
        found=error.reason,
        steps=alternatives(restore, again),
    )


@explain.register
def _version_unknown(error: LockVersionUnknown) -> Message:
    newer = Step(text="If it is newer than what Slipway reads, use a newer version of Slipway.")
    again = _again(
        error.tool,
        error.file,
        error.commands,
        f"Lock with a version of {error.tool} that writes such a format:",
    )
    return Message(
        title=fitted("{} has a format that Slipway does not know", error.file),
        found=f"The version of its format is {error.version}. Slipway reads {error.known}.",
        steps=alternatives(again, newer),
    )


@explain.register
def _outdated(error: LockOutdated) -> Message:
    differences = " ".join(error.differences)
    hashed = (
        f"{error.file} has a hash of what {error.tool} read from {error.made_from}, and that "
        "has changed since."
    )
    if not error.is_certain:
        return _outdated_by_name(error)
    again = _again(error.tool, error.file, error.commands)
    unused = Step(
        text=f"If the app is not locked with {error.tool} any more, remove the lock:",
        exact=(f"git rm {quote(error.file)}",),
    )
    is_of_a_tool = _is_of_a_tool(error.file) and error.tool != "pip and others"
    return Message(
        title=fitted("{} is out of date", error.file),
        found=f"{differences or hashed} Slipway installs a lock as it is, or not at all.",
        steps=alternatives(again, unused) if is_of_a_tool else (again,),
    )


def _outdated_by_name(error: LockOutdated) -> Message:
    """Explain a difference of two files that only their names connect."""
    folder, _, name = error.made_from.rpartition("/")
    other = f"{folder}/other-{name}" if folder else f"other-{name}"
    as_it_is = f" Slipway installs {error.file} as it is, or not at all." * error.is_pinned
    return Message(
        title=fitted("{} is out of date", error.file),
        found=f"{' '.join(error.differences)} By their names, {error.file} is made from "
        f"{error.made_from}.{as_it_is}",
        steps=alternatives(
            Step(
                text=f"If it is, make it again, which overwrites {error.file}, and commit it:",
                exact=error.commands,
            ),
            Step(
                text=f"If {error.file} is written by hand and counts, give {error.made_from} "
                "another name:",
                exact=(f"git mv {quote(error.made_from)} {quote(other)}",),
            ),
            Step(
                text=f"If {error.made_from} counts, install from it by this setting in "
                "pyproject.toml:",
                exact=_setting("", "requirements", [error.made_from]),
            ),
        ),
    )


@explain.register
def _not_for_this_python(error: LockNotForThisPython) -> Message:
    if error.is_platform:
        what, steps = "platform", [_for_this_platform(error)]
    else:
        what = "Python"
        steps = [
            *other_python(error),
            _again(
                error.tool,
                error.file,
                error.commands,
                "Change which Pythons the app allows, lock again, and commit both files:",
            ),
        ]
    return Message(
        title=fitted("{} is not for this " + what, error.file),
        found=f"{error.file} is for {error.needs}. The app's Python is {error.python}.",
        steps=alternatives(*steps),
    )


def _for_this_platform(error: LockNotForThisPython) -> Step:
    match error.tool:
        case "uv" if error.file.endswith("uv.lock"):
            return Step(
                text="Add this platform to `environments` of [tool.uv] in pyproject.toml, or "
                "remove that setting. Then lock again:",
                exact=error.commands,
            )
        case "PDM" if error.file.endswith("pdm.lock"):
            return Step(
                text="Lock for this platform as well:",
                exact=("pdm lock --platform linux --append",),
            )
    text = "Lock on this platform, or for all platforms, and commit the lock:"
    return _again(error.tool, error.file, error.commands, text)


@explain.register
def _no_file(error: LockHasNoFile) -> Message:
    shown = [f"`{name}`" for name in error.files[:_MOST_FILES]]
    more = len(error.files) - len(shown)
    if more:
        shown.append("another one" if more == 1 else f"{more} others")
    minor = ".".join(error.python.split(".")[:2])
    none_fits = "It is not" if len(error.files) == 1 else "None of them is"
    return Message(
        title=fitted("{} has no file that fits this Python", error.file),
        found=f"Of {error.package}, {error.file} has {listed(shown)}. {none_fits} for "
        f"Python {error.python} on {error.platform}. Some tools, such as `pip lock`, lock only "
        "the files for the Python and platform that they run on.",
        steps=alternatives(
            lock_again(error.file, f"Lock again, with Python {minor} on Linux"),
            *(
                other_python(error)
                or [
                    Step(
                        text="Request a Python that these files are for, if they are for Linux."
                    )
                ]
            ),
        ),
    )


@explain.register
def _source_unsupported(error: LockSourceUnsupported) -> Message:
    return Message(
        title=fitted("Slipway cannot install {} from its source", error.name),
        found=f"{error.file} says that {error.name} comes from `{error.source}`. "
        f"{error.reason} Slipway does not take it from anywhere else.",
        steps=(
            Step(
                text=f"Give {error.name} another source, such as an index, a git repository or "
                f"a path in the app, and lock again with {error.tool}."
            ),
        ),
    )


@explain.register
def _choice_unknown(error: LockChoiceUnknown) -> Message:
    kind = error.setting
    if not error.is_possible:
        return _choice_impossible(error)
    from difflib import get_close_matches  # only this error needs it

    steps = []
    near = [get_close_matches(name, error.known, n=1) for name in error.names]
    names = [ones[0] for ones in near if ones]
    others = [name for name in error.known if name not in _FOR_DEVELOPMENT]
    if names or others:
        text = "Correct the name:" if names else f"Name {kind} that it has, such as:"
        exact = _setting(error.origin, kind, names or others[:1])
        steps.append(Step(text=text, exact=exact))
    them = "them" if len(error.names) > 1 else "it"
    place = variable_in(error.origin) or "the setting"
    steps.append(Step(text=f"Remove {them} from {place}."))
    has = f"It has {listed(error.known)}." if error.known else f"It has no {kind}."
    return Message(
        title=f"The setting `{kind}` names an unknown {kind[:-1]}",
        found=f"{error.origin} names {listed(error.names)} in the setting `{kind}`, and "
        f"{error.file} does not have {'these' if len(error.names) > 1 else 'this'} "
        f"{kind if len(error.names) > 1 else kind[:-1]}. {has}",
        steps=alternatives(*steps),
    )


_FOR_DEVELOPMENT = (
    *("dev", "development", "test", "tests", "testing", "lint", "linting", "typing", "docs"),
)
"""Usual names of groups and extras that no running app needs."""
_GROUPS_OF_PAKETO = "BP_POETRY_INSTALL_ONLY"
"""A variable that names the main dependencies, too, as a group."""


def _choice_impossible(error: LockChoiceUnknown) -> Message:
    """Explain a setting for a file of a kind that has no groups, or no extras of the app."""
    is_of_requirements = error.file.endswith((".txt", ".in", ".pip"))
    remove = Step(text=f"Remove the setting `{error.setting}`.")
    steps = [remove]
    if is_of_requirements and error.setting == "groups":
        steps = [
            Step(
                text="Name the requirements files to install:",
                exact=_setting(error.origin, "requirements", [error.file, "more.txt"]),
            ),
            remove,
        ]
    elif is_of_requirements:
        steps = [
            Step(
                text="If the app is installed as a package, write "
                f"`.[{','.join(error.names)}]` instead of `.` to {error.file}."
            ),
            remove,
        ]
    return Message(
        title=fitted("{} has no " + error.setting, error.file),
        found=f"{error.origin} chooses {listed(error.names)} in the setting "
        f"`{error.setting}`, but the dependencies come from {error.file}, and a file of this "
        f"kind cannot have any {error.setting}.",
        steps=alternatives(*steps),
    )


@explain.register
def _choices_conflict(error: LockChoicesConflict) -> Message:
    return Message(
        title="The chosen groups or extras conflict",
        found=f"{listed(error.names)} cannot be installed together: "
        f"{error.tool} has locked them for {error.file} as alternatives.",
        steps=(
            Step(
                text="Choose only one of them with the settings `groups` and `extras`. A group "
                f"that {error.tool} installs by default is not installed if `groups` names "
                "others, or is an empty list."
            ),
        ),
    )


@explain.register
def _setting_wrong(error: LockSettingWrong) -> Message:
    steps = []
    if error.known:
        steps.append(
            Step(
                text="Name a lock that the app has, such as:",
                exact=_setting(error.origin, "lock", error.known[:1]),
            )
        )
    if error.is_missing:
        found = "The app has no file of that path."
        check = "Check that the file is in the app, and that git tracks it:"
        steps.append(Step(text=check, exact=(f"git ls-files {quote(error.file)}",)))
        steps.append(pushed("it"))
    else:
        found = f"Slipway reads the locks {_KINDS}."
        steps.append(
            Step(
                text="If it is a file with requirements, name it in the setting "
                "`requirements`, and remove `lock`:",
                exact=_setting(error.origin, "requirements", [error.file]),
            )
        )
    what = "a file that is missing" if error.is_missing else "no lock that Slipway reads"
    return Message(
        title=f"The setting `lock` names {what}",
        found=f"{error.origin} names {error.file}. {found}",
        steps=alternatives(*steps),
    )


@explain.register
def _both_set(error: LockAndRequirementsSet) -> Message:
    requirements = listed(error.requirements)
    return Message(
        title="`lock` and `requirements` are both set",
        found=f"{error.lock_origin} sets `lock` to {error.lock}. "
        f"{error.requirements_origin} sets `requirements` to {requirements}. Each of these "
        "settings chooses where all dependencies come from.",
        steps=(
            Step(text=f"Remove `lock`, to install from {requirements}."),
            Step(text=f"Or remove `requirements`, to install from {error.lock}."),
        ),
    )


@explain.register
def _not_chosen(error: LockNotChosen) -> Message:
    return Message(
        title="The app has several locks, and none is chosen",
        found=f"The app has {listed(error.files)}, and no other file with dependencies. Their "
        "names do not say which one is for production.",
        steps=(
            Step(
                text="Name the lock to install in pyproject.toml, such as:",
                exact=_setting("", "lock", error.files[:1]),
            ),
            Step(
                text="Or set a config variable:",
                exact=_setting("The variable SLIPWAY_LOCK", "lock", error.files[:1]),
            ),
        ),
    )


@explain.register
def _alone(error: LockAlone) -> Message:
    subfolder = use_subfolder(error.subfolders)
    add = Step(
        text=f"Add the {error.made_from} that it was made from, and check that git tracks it:",
        exact=("git ls-files",),
    )
    remove = Step(
        text=f"If the app is not locked with {error.tool}, remove the lock, and list the "
        "packages that the app needs in requirements.txt:",
        exact=(f"git rm {quote(error.file)}",),
    )
    others = (add, pushed(f"the {error.made_from}"), remove)
    return Message(
        title=fitted("{} has no " + error.made_from + " next to it", error.file),
        found=f"{error.tool} makes {error.file} from a {error.made_from} in the same folder, "
        "and there is none. The lock may be for another folder."
        f"{in_subfolders(error.subfolders)}",
        steps=((*subfolder, *map(alternative, others)) if subfolder else alternatives(*others)),
    )


def _setting(origin: str, setting: str, values: Sequence[str]) -> tuple[str, ...]:
    """Write a setting as where it is set has it: a variable, or else the table."""
    if setting == "groups" and variable_in(origin) == _GROUPS_OF_PAKETO:
        return (f"{_GROUPS_OF_PAKETO}={','.join(['main', *values])}",)
    if variable_in(origin):
        return (f"SLIPWAY_{setting.upper()}={','.join(values)}",)
    quoted = ", ".join(f'"{value}"' for value in values)
    return ("[tool.slipway]", f"{setting} = {quoted if setting == 'lock' else f'[{quoted}]'}")
