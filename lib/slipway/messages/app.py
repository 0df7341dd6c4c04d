"""Words for what is wrong with the app's folder, its settings and its hooks."""

from __future__ import annotations

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
        found=f"The top folder of the app has none of the files that tell a Python app. {_has(error.found)}",
        steps=(
            *renames(error.misspelled),
            Step(
                text="Put requirements.txt, pyproject.toml or manage.py at the top of the app."
            ),
            Step(
                text="See that git has the files: it may ignore them, or not know them yet:",
                exact=("git ls-files",),
            ),
        ),
    )


def _has(found: tuple[str, ...]) -> str:
    return f"It has {listed(found)}." if found else "It is empty."


@explain.register
def _app_folder_missing(error: AppFolderMissing) -> Message:
    return Message(
        title="The app's folder is not there",
        found=f"{error.path} is no folder that can be read.",
        steps=(Step(text="Name the folder that holds the app."),),
    )


@explain.register
def _not_compiled(error: NotCompiled) -> Message:
    return Message(
        title="The app has not been built yet",
        found=f"{error.path} has no .slipway/build.json, which a build leaves there.",
        steps=(Step(text="Build it first:", exact=(f"bin/compile {error.path} CACHE",)),),
    )


@explain.register
def _virtualenv(error: VirtualenvCheckedIn) -> Message:
    folder = error.folders[0]
    return Message(
        title="A virtual environment is in the app",
        found=f"{listed(error.folders)} holds an environment of the machine that made it; "
        "its paths lead nowhere here, and its packages hide those that are installed.",
        steps=(
            Step(
                text="Take it out of git, and let git ignore it:",
                exact=(
                    f"git rm -r --cached {folder}",
                    f"echo '/{folder}/' >> .gitignore",
                    "git commit -a -m 'Remove the virtual environment'",
                ),
            ),
        ),
    )


@explain.register
def _unreadable(error: FileUnreadable) -> Message:
    return Message(
        title="A file cannot be read",
        found=f"{error.file} is there, but reading it fails: {error.reason}.",
        steps=(
            Step(
                text=f"See that {error.file} is a plain file that everybody may read:",
                exact=(f"ls -l {error.file}", f"chmod a+r {error.file}"),
            ),
        ),
    )


@explain.register
def _undecodable(error: FileUndecodable) -> Message:
    return Message(
        title="A file is not text in UTF-8",
        found=f"{error.file} has bytes in line {error.line} that are no UTF-8.",
        steps=(
            Step(text="Save it as UTF-8 in your editor."),
            Step(
                text="If it was written in Latin-1, convert it:",
                exact=(f"iconv -f LATIN1 -t UTF-8 {error.file} > new && mv new {error.file}",),
            ),
        ),
    )


@explain.register
def _not_toml(error: FileNotToml) -> Message:
    return Message(
        title=f"{error.file} is not valid TOML",
        found=f"Reading it fails: {error.reason}.",
        steps=(Step(text="Correct that line."),),
    )


@explain.register
def _setting_unknown(error: SettingUnknown) -> Message:
    nearest = f" Did you mean {error.nearest}?" if error.nearest else ""
    known = listed(error.known, most=len(error.known))
    return Message(
        title="A setting is not known",
        found=f"{error.origin} sets {error.name}, and there is no such setting.{nearest}",
        steps=(Step(text=f"Use one of the settings that there are: {known}."),),
    )


@explain.register
def _setting_invalid(error: SettingInvalid) -> Message:
    return Message(
        title="A setting has a value that it cannot have",
        found=f"{error.origin} sets {error.name} to {error.value!r}.",
        steps=(Step(text=f"Set {error.name} to {error.allowed}."),),
    )


@explain.register
def _requirements_missing(error: RequirementsMissing) -> Message:
    return Message(
        title="A requirements file that is named is not there",
        found=f"{error.origin} names {error.path}, and the app has no such file.",
        steps=(
            Step(text="See which of them git has, and name that:", exact=("git ls-files",)),
            Step(text="Or take the setting away: the app's usual file is then read."),
        ),
    )


@explain.register
def _hook(error: HookFailed) -> Message:
    return Message(
        title=f"The hook {error.hook} failed",
        found=f"It is a script of the app; {error.reason}. What it printed stands above.",
        steps=(
            Step(
                text="Run it in the app's folder, and mend what it reports:",
                exact=(f"bash {error.hook}",),
            ),
            Step(text=f"If the build does not need it, remove or rename {error.hook}."),
        ),
    )


@explain.register
def _disk_full(error: DiskFull) -> Message:
    where = f" ({error.path})" if error.path else ""
    return Message(
        title="The disk is full",
        found=f"Writing a file failed, because no space is left on the device{where}.",
        steps=(
            Step(
                text="Make room where the app is built, where its cache lies and in the folder for temporary files:",
                exact=("df -h",),
            ),
            Step(text="The cache can be thrown away at any time: remove it, and build again."),
        ),
    )


@explain.register
def _unwritable(error: FileForbidden) -> Message:
    return Message(
        title="A file or folder cannot be used",
        found=f"Reading or writing {error.path} failed: {error.reason}.",
        steps=(
            Step(
                text="See that whoever builds may write to the app's folder and to the folder for temporary files:",
                exact=(f"ls -ld {error.path}",),
            ),
        ),
    )


@explain.register
def _web_missing(error: WebProcessMissing) -> Message:
    return Message(
        title="There is no web process to start",
        found=f"{error.path} was built, but its Procfile has no line for web.",
        steps=(
            Step(
                text="Write one into Procfile:",
                exact=("web: gunicorn --bind 0.0.0.0:$PORT package.module:app",),
            ),
        ),
    )


@explain.register
def _web_failed(error: WebProcessFailed) -> Message:
    return Message(
        title="The web process does not serve",
        found=f"It was started with `{error.command}`, and {error.reason}.",
        steps=(Step(text="Read what it printed above; its traceback names the file to mend."),),
    )
