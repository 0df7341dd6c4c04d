"""Words for errors of the app's folder, its files, settings and hooks, and its web process."""

from __future__ import annotations

from posixpath import dirname
from shlex import quote

from slipway.errors.app import (
    AppFolderMissing,
    DiskFull,
    FileForbidden,
    FileNotToml,
    FileUndecodable,
    FileUnreadable,
    HookFailed,
    NotCompiled,
    NotPython,
    RequirementsMissing,
    SettingInvalid,
    SettingUnknown,
    VirtualenvCheckedIn,
    WebProcessFailed,
    WebProcessMissing,
)
from slipway.messages.wording import Message, Step, explain, listed, renames


@explain.register
def _not_python(error: NotPython) -> Message:
    return Message(
        title="No Python app was found",
        found=f"The app's root folder has none of the files that identify a Python app. {_content(error.found)}",
        steps=(
            *renames(error.misspelled),
            Step(text="Put a requirements.txt or pyproject.toml into the app's root folder."),
            Step(
                text="If there is one on your machine, check that git tracks it:",
                exact=("git ls-files",),
            ),
        ),
    )


def _content(found: tuple[str, ...]) -> str:
    return f"It contains {listed(found)}." if found else "It is empty."


@explain.register
def _app_folder_missing(error: AppFolderMissing) -> Message:
    return Message(
        title="The app's folder cannot be read",
        found=f"{error.path} does not exist, or is not a folder that can be read.",
        steps=(Step(text="Pass the path of the folder that contains the app."),),
    )


@explain.register
def _not_compiled(error: NotCompiled) -> Message:
    return Message(
        title="The app has not been built yet",
        found=f"{error.path} has no .slipway/build.json, which every build writes.",
        steps=(
            Step(text="Build it first:", exact=(f"bin/compile {quote(error.path)} CACHE",)),
        ),
    )


@explain.register
def _virtualenv(error: VirtualenvCheckedIn) -> Message:
    one = len(error.folders) == 1
    are = "is a virtual environment" if one else "are virtual environments"
    it = "it" if one else "them"
    return Message(
        title="A virtual environment is in the app",
        found=f"{listed(error.folders)} {are}, which only {'works' if one else 'work'} on the "
        "machine that made it. Slipway makes the app's virtual environment itself.",
        steps=(
            Step(
                text=f"If git tracks {it}, remove {it} from git, and make git ignore {it}:",
                exact=(
                    f"git rm -r --cached {' '.join(map(quote, error.folders))}",
                    *(f"echo {quote(f'/{folder}/')} >> .gitignore" for folder in error.folders),
                    "git add .gitignore",
                    "git commit -m 'Remove the virtual environment'",
                ),
            ),
            Step(
                text=f"If git does not track {it}, build a clone of the app, or move {it} away."
            ),
        ),
    )


@explain.register
def _unreadable(error: FileUnreadable) -> Message:
    return Message(
        title="A file cannot be read",
        found=f"{error.file} exists, but cannot be read: {error.reason}.",
        steps=(
            Step(
                text=f"Make sure that {error.file} is a regular file that every user can read:",
                exact=(f"ls -l {quote(error.file)}", f"chmod a+r {quote(error.file)}"),
            ),
        ),
    )


@explain.register
def _undecodable(error: FileUndecodable) -> Message:
    file = quote(error.file)
    return Message(
        title="A file is not valid UTF-8",
        found=f"Line {error.line} of {error.file} contains bytes that are not valid UTF-8.",
        steps=(
            Step(text="Save the file as UTF-8 in your editor."),
            Step(
                text="Or, if it is in Latin-1, convert it:",
                exact=(f"iconv -f LATIN1 -t UTF-8 {file} > new && mv new {file}",),
            ),
        ),
    )


@explain.register
def _not_toml(error: FileNotToml) -> Message:
    return Message(
        title=f"{error.file} is not valid TOML",
        found=f"The TOML parser reports: {error.reason}.",
        steps=(Step(text="Correct the syntax in that place."),),
    )


@explain.register
def _setting_unknown(error: SettingUnknown) -> Message:
    nearest = f" Did you mean {error.nearest}?" if error.nearest else ""
    known = listed(error.known, most=len(error.known))
    return Message(
        title="A setting does not exist",
        found=f"{error.origin} sets {error.name}, but Slipway has no such setting.{nearest}",
        steps=(Step(text=f"Use one of these settings: {known}."),),
    )


@explain.register
def _setting_invalid(error: SettingInvalid) -> Message:
    return Message(
        title="A setting has an invalid value",
        found=f"{error.origin} sets {error.name} to {error.value!r}, which is not valid.",
        steps=(Step(text=f"Set {error.name} to {error.allowed}."),),
    )


@explain.register
def _requirements_missing(error: RequirementsMissing) -> Message:
    return Message(
        title="A configured requirements file does not exist",
        found=f"{error.origin} names {error.path}, but the app has no such file.",
        steps=(
            Step(
                text="Correct the path. It is relative to the app's root folder, where this "
                "lists the files that git tracks:",
                exact=("git ls-files",),
            ),
            Step(text="Or remove the setting; Slipway then finds the app's files itself."),
        ),
    )


@explain.register
def _hook(error: HookFailed) -> Message:
    return Message(
        title=f"The hook {error.hook} failed",
        found=f"It is a script of the app: {error.reason}. Its output, if any, is in the log "
        "above.",
        steps=(
            Step(text="Run it in the app's folder on your machine, and fix what it reports."),
            Step(text=f"Or, if the build does not need it, delete or rename {error.hook}."),
        ),
    )


@explain.register
def _disk_full(error: DiskFull) -> Message:
    where = f" ({error.path})" if error.path else ""
    return Message(
        title="The disk is full",
        found=f"A file could not be written: the disk or its quota is full{where}.",
        steps=(
            Step(
                text="Free space on the disk of the app's folder, of the build cache or of temporary files. This shows which one is full:",
                exact=("df -h",),
            ),
            Step(text="Or delete the build cache; the next build makes a new one."),
        ),
    )


@explain.register
def _forbidden(error: FileForbidden) -> Message:
    return Message(
        title="Access to a file or folder is denied",
        found=f"Reading or writing {error.path} failed: {error.reason}.",
        steps=(
            Step(
                text="Make sure that the user that runs the build can read and write it, and the folder that contains it:",
                exact=(f"ls -ld {quote(dirname(error.path))} {quote(error.path)}",),
            ),
        ),
    )


@explain.register
def _web_missing(error: WebProcessMissing) -> Message:
    return Message(
        title="The app has no web process",
        found=f"{error.path} was built, but it has no Procfile with a line for web.",
        steps=(
            Step(
                text="Add the line to the app's Procfile:",
                exact=("web: gunicorn --bind 0.0.0.0:$PORT package.module:app",),
            ),
        ),
    )


@explain.register
def _web_failed(error: WebProcessFailed) -> Message:
    return Message(
        title="The web process does not respond",
        found=f"Its start command is `{error.command}`: {error.reason}.",
        steps=(
            Step(text="If it printed an error above, fix that."),
            Step(text="Make sure that it listens on the port in the variable PORT."),
            Step(
                text="If another program uses the port, choose another one:",
                exact=("bin/slipway try . --port 8001",),
            ),
        ),
    )
