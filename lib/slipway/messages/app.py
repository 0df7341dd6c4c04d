"""Words for errors of the app's folder, its files and settings, and its web process."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from shlex import quote

from slipway.errors.app import (
    AppFolderMissing,
    ApplicationMissing,
    AppUnreadable,
    Denial,
    DiskFull,
    FileForbidden,
    FileIsLfsPointer,
    FileNotToml,
    FileUndecodable,
    FileUnreadable,
    FolderTooWide,
    LinkDead,
    LinkWrittenAsText,
    MergeConflict,
    NamedFileUnusable,
    NotAFile,
    NotAFolder,
    NotCompiled,
    NotPython,
    PortTaken,
    ProcessFailed,
    ReleaseFailed,
    RequirementsMissing,
    SettingInvalid,
    SettingOutside,
    SettingUnknown,
    VariablesTooLarge,
    VirtualenvCheckedIn,
    WebProcessFailed,
    WebProcessMissing,
)
from slipway.messages.wording import (
    Message,
    Step,
    alternative,
    explain,
    fitted,
    in_subfolders,
    listed,
    not_read,
    other_sources,
    pushed,
    renames,
    set_root,
    use_subfolder,
    variable_in,
)


@explain.register
def _not_python(error: NotPython) -> Message:
    sources = (
        *use_subfolder(error.subfolders),
        *other_sources(error.unread, error.others),
    )
    put = Step(text="Put a requirements.txt or pyproject.toml into the app's root folder.")
    return Message(
        title="No Python app was found",
        found=f"The app's root folder has none of the files that identify a Python app. {_content(error.found)}{in_subfolders(error.subfolders)}{not_read(error.unread, error.others)}",
        steps=(
            *renames(error.misspelled),
            *sources,
            alternative(put) if sources or error.misspelled else put,
            Step(
                text="Or, if there is one on your machine, check that git tracks it:",
                exact=("git ls-files",),
            ),
            alternative(pushed("it")),
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
def _too_wide(error: FolderTooWide) -> Message:
    return Message(
        title="This folder is not that of one app",
        found=f"{error.path} is a home folder or a whole disk. Slipway would copy all that is in "
        "it.",
        steps=(
            Step(text="Move the app into a folder that contains nothing else, and try that."),
        ),
    )


@explain.register
def _release_failed(error: ReleaseFailed) -> Message:
    return Message(
        title="The release step failed",
        found=f"It was started with `{error.command}`, and {error.reason}.",
        steps=(
            Step(text="Read what it printed above; it usually names the cause."),
            Step(
                text="If the app needs a variable, such as one that had a throw-away value in "
                "the build, or the address of a database, set it:",
                exact=("--env NAME=VALUE",),
            ),
            Step(
                text="Or, to try the app without it, turn it off:",
                exact=("--env SLIPWAY_MIGRATE=off",),
            ),
        ),
    )


@explain.register
def _not_compiled(error: NotCompiled) -> Message:
    return Message(
        title="The app has not been built yet",
        found=f"{error.path} has no .slipway/release.yml, which each successful build writes.",
        steps=(
            Step(
                text="Build it first, with any folder as CACHE, the build cache:",
                exact=(f"slipway/bin/compile {quote(error.path)} CACHE",),
            ),
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
        f"machine that made {it}. Slipway makes the app's virtual environment itself.",
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
                text=f"Or, if git does not track {it}, move {it} out of the app, build a clone of the app, or remove the buildpack that makes {it}."
            ),
            Step(
                text=f"Or, on Cloud Foundry, exclude {it} from what `cf push` uploads:",
                exact=tuple(
                    f"echo {quote(f'/{folder}')} >> .cfignore" for folder in error.folders
                ),
            ),
        ),
    )


@explain.register
def _unreadable(error: FileUnreadable) -> Message:
    return Message(
        title="A file cannot be read",
        found=f"{error.file} is a folder, but Slipway reads a file of this name."
        if error.code == errno.EISDIR
        else f"{error.file} cannot be read: {error.reason}.",
        steps=(_make_readable(error),),
    )


def _make_readable(error: FileUnreadable) -> Step:
    if error.code == errno.EISDIR:
        return Step(text="Rename or move the folder.")
    if error.code == errno.EFBIG:
        return Step(
            text="Make it smaller. Perhaps a command that did not stop has written it: then "
            "write it again."
        )
    if error.code != errno.EACCES:
        return Step(text="Replace it with a regular file that every user can read.")
    _, *folders = map(str, reversed(PurePosixPath(error.file).parents))
    if not folders:
        return Step(
            text="Make sure that every user can read it:",
            exact=(f"chmod a+r {quote(error.file)}",),
        )
    return Step(
        text="Make sure that every user can read it, and search the folders that contain it:",
        exact=(f"chmod a+rX {' '.join(map(quote, [*folders, error.file]))}",),
    )


@explain.register
def _not_a_folder(error: NotAFolder) -> Message:
    return Message(
        title="A file has the name of a folder",
        found=f"A build writes into the folder {error.path}, but in the app that is not a "
        "folder, or it is a symbolic link to another place.",
        steps=(Step(text="Delete or rename it:", exact=(f"git rm {quote(error.path)}",)),),
    )


@explain.register
def _not_a_file(error: NotAFile) -> Message:
    return Message(
        title="A folder has the name of a file",
        found=f"A build writes the file {error.path}, but in the app that is a folder.",
        steps=(Step(text="Delete or rename it:", exact=(f"git rm -r {quote(error.path)}",)),),
    )


@explain.register
def _variables_too_large(error: VariablesTooLarge) -> Message:
    # https://man7.org/linux/man-pages/man2/execve.2.html, MAX_ARG_STRLEN: `NAME=value` and a
    # zero.
    if error.size + len(error.largest) + 2 > 128 * 1024:
        return Message(
            title="A config variable is too large",
            found=f"{error.largest} has {error.size // 1024} KiB. Linux starts no program with "
            "an environment variable of more than 128 KiB.",
            steps=(
                Step(
                    text="Remove the variable, or make it smaller. What is large can be in a "
                    "file that the app reads instead."
                ),
            ),
        )
    return Message(
        title="The config variables are too large together",
        found=f"All environment variables of this build have {error.total // 1024} KiB, and "
        "Linux starts no program with that much. The largest, with "
        f"{error.size // 1024} KiB, is {error.largest}.",
        steps=(
            Step(
                text="Remove config variables, or make them smaller. What is large can be in a "
                "file that the app reads instead."
            ),
        ),
    )


@explain.register
def _named_unusable(error: NamedFileUnusable) -> Message:
    found = (
        f"{error.variable} names {error.path}, which is {error.kind}, not a regular file."
        if error.variable
        else f"{error.path}, which pip and other tools read, is {error.kind}, not a regular "
        "file."
    )
    return Message(
        title="A file outside of the app cannot be read",
        found=f"{found} The tools that read it would fail, or wait forever.",
        steps=(
            Step(text="Put a regular file there, or remove it.")
            if not error.variable
            else Step(
                text=f"Set {error.variable} to the path of a regular file, or remove the "
                "variable."
            ),
        ),
    )


@explain.register
def _undecodable(error: FileUndecodable) -> Message:
    file = quote(error.file)
    if error.encoding:
        return Message(
            title="A file is not valid UTF-8",
            found=f"{error.file} is encoded in {error.encoding}, which the programs that read it do not understand. `>` in Windows PowerShell writes such files.",
            steps=(
                Step(text="Save the file as UTF-8 in your editor."),
                Step(
                    text="Or convert it:",
                    exact=(
                        f"iconv -f {error.encoding} -t UTF-8 {file} > new && mv new {file}",
                    ),
                ),
            ),
        )
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


def _copied(file: str, target: str) -> tuple[str, ...]:
    """Give the commands that replace a file with a copy of another one."""
    source = quote(normpath(join(dirname(file), target)))
    return f"rm {quote(file)}", f"cp {source} {quote(file)}", f"git add {quote(file)}"


@explain.register
def _dead_link(error: LinkDead) -> Message:
    place = normpath(join(dirname(error.file), error.target))
    copied = _copied(error.file, error.target)
    if place.startswith(("../", "/")):
        steps: tuple[Step, ...] = (
            Step(
                text="On your machine, replace the link with a copy of the file:", exact=copied
            ),
        )
        reason = "is not in the app: a build gets only the files in the app's folder"
    else:
        steps = (
            Step(
                text="If that file is on your machine, add it to git, and keep it out of Cloud "
                "Foundry's .cfignore:",
                exact=(f"git add -f {quote(place)}",),
            ),
            Step(text="Or replace the link with a copy of the file:", exact=copied),
        )
        reason = "does not exist in the app"
    remove = Step(
        text="Or, if the app does not need it, remove the link:",
        exact=(f"git rm {quote(error.file)}",),
    )
    return Message(
        title="A symbolic link leads to no file",
        found=f"{error.file} is a symbolic link to {error.target}, which {reason}.",
        steps=(*steps, remove),
    )


@explain.register
def _link_in_text(error: LinkWrittenAsText) -> Message:
    file, copied = quote(error.file), _copied(error.file, error.target)
    found = f"{error.file} contains only `{error.target}`"
    windows = "On Windows, git may write a symbolic link as such a text file."
    title = "A file contains only the path of another file"
    if not error.is_in_app:
        return Message(
            title=title,
            found=f"{found}, which is the path of no file in the app. {windows}",
            steps=(Step(text="Replace it with a copy of that file:", exact=copied),),
        )
    nested = Step(
        text=f"Or write this into {error.file}, to read the requirements in the other file:",
        exact=(f"-r {error.target}",),
    )
    return Message(
        title=title,
        found=f"{found}, which is the path of another file. {windows}",
        steps=(
            Step(
                text="If it was a symbolic link, make it one again:",
                exact=(f"ln -sf {quote(error.target)} {file}", f"git add {file}"),
            ),
            Step(text="Or replace it with a copy of that file:", exact=copied),
            *((nested,) if error.file.endswith((".txt", ".in")) else ()),
        ),
    )


@explain.register
def _lfs_pointer(error: FileIsLfsPointer) -> Message:
    file = quote(error.file)
    return Message(
        title="A file is a Git LFS pointer",
        found=f"{error.file} contains only the address of its content, because the checkout did not download it from Git LFS. Few platforms do.",
        steps=(
            Step(
                text="Store the file itself in git, without Git LFS:",
                exact=(
                    "git lfs pull",
                    f"echo '{error.file} !filter !diff !merge' >> .gitattributes",
                    f"git add --renormalize {file}",
                    "git add .gitattributes",
                    f"git commit -m 'Store {error.file} in git'",
                ),
            ),
            Step(
                text="Or, if you deploy a folder (with pack or an upload), download the content first:",
                exact=("git lfs install && git lfs pull",),
            ),
        ),
    )


@explain.register
def _not_toml(error: FileNotToml) -> Message:
    line, mark = error.conflict
    if line:
        return _merge_conflict(MergeConflict(file=error.file, line=line, mark=mark))
    return Message(
        title=f"{error.file} is not valid TOML",
        found=f"The TOML parser reports: {error.reason}.",
        steps=(Step(text="Correct the syntax there."),),
    )


@explain.register
def _merge_conflict(error: MergeConflict) -> Message:
    return Message(
        title=fitted("{} has a merge conflict", error.file),
        found=f"Line {error.line} of {error.file} is `{error.mark}`. git writes such a "
        "line where it could not merge two versions of the file.",
        steps=(
            Step(
                text="Keep the lines that the app needs, remove those that begin with "
                "`<<<<<<<`, `=======` and `>>>>>>>`, and commit the file:",
                exact=(f"git add {quote(error.file)}", "git commit"),
            ),
        ),
    )


@explain.register
def _application_missing(error: ApplicationMissing) -> Message:
    module, _, name = error.target.partition(":")
    if error.other:
        missing = f"{name} in {error.file} is {error.other}, which is not a web application"
    elif error.file:
        missing = f"{error.file} does not define {name.removesuffix('()')}"
    else:
        missing = f"the app has no module {module}"
    found = f" What it has is {listed(error.candidates)}." if error.candidates else ""
    target = error.candidates[0] if error.candidates else "package.module:app"
    variable = variable_in(error.origin)
    line = f"{variable}={target}" if variable else f'{error.key} = "{target}"'
    return Message(
        title="The configured application is not a web application"
        if error.other
        else "The configured application does not exist",
        found=f"{error.origin} names {error.target}, but {missing}.{found}",
        steps=(
            Step(
                text="Correct the name. The module is relative to the app's root folder or to src/, for example:",
                exact=(line,),
            ),
        ),
    )


@explain.register
def _setting_unknown(error: SettingUnknown) -> Message:
    nearest = f" Did you mean {error.nearest}?" if error.nearest else ""
    known = listed(error.known, most=len(error.known))
    kind = "variable" if variable_in(error.origin) else "setting"
    found = (
        f"Slipway does not know the variable {error.name}."
        if variable_in(error.origin)
        else f"{error.origin} sets {error.name}, but Slipway has no such setting."
    )
    return Message(
        title="A setting does not exist",
        found=f"{found}{nearest}",
        steps=(Step(text=f"Correct the name to one of these, or remove the {kind}: {known}."),),
    )


@explain.register
def _setting_invalid(error: SettingInvalid) -> Message:
    return Message(
        title="A setting has an invalid value",
        found=_invalid_value(error),
        steps=(
            Step(
                text=f"Set it to {error.allowed}{':' if error.example else '.'}",
                exact=(error.example,) if error.example else (),
            ),
        ),
    )


def _invalid_value(error: SettingInvalid) -> str:
    hidden = "It is not shown here, because it could be a secret."
    if variable_in(error.origin):
        if error.kind == "text":
            return f"{error.origin} has a value that is not valid. {hidden}"
        return f"{error.origin} is {error.kind}, which is not valid."
    if error.kind == "text":
        return f"{error.origin} sets {error.name} to a value that is not valid. {hidden}"
    kind = "an empty text" if error.kind == "empty" else error.kind
    found = f"{error.origin} sets {error.name} to {kind}"
    if error.name == "python_version" and error.kind == "a number":
        return f"{found}, because it is without quotes: 3.10 would be 3.1."
    return f"{found}, which is not valid."


@explain.register
def _setting_outside(error: SettingOutside) -> Message:
    top = "the repository" if error.name == "root" else "the app"
    bare = ", without / in front" if error.path.startswith("/") else ""
    if error.inside:
        exact = set_root(error.inside, is_variable=bool(variable_in(error.origin)))
        steps: tuple[Step, ...] = (Step(text="Name the folder from there:", exact=exact),)
    elif error.name == "root":
        steps = (Step(text=f"Write the path from the top of {top}{bare}."),)
    else:
        steps = (
            Step(text=f"If it is in {top}, write its path from the top{bare}."),
            Step(text=f"Or copy it into {top}, and use the path there."),
        )
    return Message(
        title="A setting names a path outside the app",
        found=f"{error.origin} names {error.path}. Such a path differs from machine to machine, "
        f"so paths in settings begin at the top of {top}, and stay in it.",
        steps=steps,
    )


@explain.register
def _requirements_missing(error: RequirementsMissing) -> Message:
    if error.is_folder:
        return _requirements_in_folder(error)
    return Message(
        title="A configured requirements file does not exist",
        found=f"{error.origin} names {error.path}, but the app has no such file.",
        steps=(
            Step(
                text="Correct the path. It is relative to the app's root folder. To list the "
                "files that git tracks, run this there:",
                exact=("git ls-files",),
            ),
            alternative(pushed("the file")),
            Step(
                text="Or remove the setting; Slipway then looks for a requirements file itself."
            ),
        ),
    )


def _requirements_in_folder(error: RequirementsMissing) -> Message:
    variable = variable_in(error.origin)
    exact: tuple[str, ...] = ()
    if error.in_folder:
        named = error.in_folder[0]
        exact = (
            (f"{variable}={named}",)
            if variable
            else ("[tool.slipway]", f'requirements = ["{named}"]')
        )
    return Message(
        title="A configured requirements file is a folder",
        found=f"{error.origin} names {error.path}, which is a folder. It contains "
        f"{listed(error.in_folder) if exact else 'no file that ends in .txt, .in or .pip'}.",
        steps=(Step(text=f"Name a file in it{':' if exact else '.'}", exact=exact),),
    )


@explain.register
def _disk_full(error: DiskFull) -> Message:
    where = f" ({error.path})" if error.path else ""
    return Message(
        title="The disk is full",
        found=f"A file could not be written: the disk is full, or a quota is exceeded{where}.",
        steps=(
            Step(
                text="Free up space where the app's folder, the build cache or temporary files are. `df -h` shows full disks, and `df -i` those with no inodes left; neither shows quotas."
            ),
            Step(text="Or delete the build cache; the next build makes a new one."),
        ),
    )


@explain.register
def _forbidden(error: FileForbidden) -> Message:
    denial = error.denial
    cause, place = "", error.path
    if denial and denial.mode:
        place = denial.path
        cause = (
            f" {place} belongs to {denial.owner}, has the mode {denial.mode}, and the build runs "
            f"as the user {denial.user}."
        )
    return Message(
        title="Access to a file or folder is denied",
        found=f"Reading or writing {error.path} failed: {error.reason}.{cause}",
        steps=(
            Step(
                text="Make sure that the user that runs the build can read and write it, and the folder that contains it:",
                exact=(f"ls -ld {quote(dirname(place) or '.')} {quote(place)}",),
            ),
        ),
    )


@explain.register
def _app_unreadable(error: AppUnreadable) -> Message:
    denials = error.denials
    paths = " ".join(quote(one.path) for one in denials)
    return Message(
        title="Files of the app cannot be read",
        found=f"The build runs as the user {denials[0].user}, who may not read these files or "
        "folders of the app. The platform could not put them into the image either.",
        steps=(
            Step(
                text="Make them readable in the folder that the platform builds:",
                exact=(f"chmod -R a+rX {paths}",),
            ),
            Step(text="Or, if the app does not need them, remove them from that folder."),
        ),
        details=("Mode, owner and path:", *map(_listed_denial, denials)),
    )


def _listed_denial(denial: Denial) -> str:
    return f"{denial.mode} {denial.owner} {denial.path}"


@explain.register
def _web_missing(error: WebProcessMissing) -> Message:
    similar = next((name for name in error.processes if name.lower() == "web"), None)
    if similar:
        return Message(
            title="The app has no web process",
            found=f"{error.path} was built, but its Procfile has the process type `{similar}`, "
            "and platforms only send requests to one that is named `web`.",
            steps=(Step(text=f"Write `web` instead of `{similar}` in the Procfile."),),
        )
    known = Step(text="Write this line to the app's Procfile:", exact=(error.line,))
    unknown = Step(
        text="Write a line to the app's Procfile, with the module and object of the app. For a "
        "WSGI application, such as one of Flask:",
        exact=("web: gunicorn package.module:app",),
    )
    asgi = Step(
        text="Or for an ASGI application, such as one of FastAPI:",
        exact=("web: uvicorn --host 0.0.0.0 --port $PORT package.module:app",),
    )
    worker = Step(
        text="Or, if the app answers no requests, name the program to run:",
        exact=("worker: python worker.py",),
    )
    return Message(
        title="The app has no web process",
        found=f"{error.path} was built, but it has no process that can be served or run.",
        steps=(known, worker) if error.line else (unknown, asgi, worker),
    )


@explain.register
def _port_taken(error: PortTaken) -> Message:
    other = 8002 if error.port == 8001 else 8001
    return Message(
        title=f"Port {error.port} is already in use",
        found=f"Another program uses port {error.port} of this machine, so the web process was "
        "not started.",
        steps=(
            Step(
                text="Choose another port:",
                exact=(f"slipway/bin/slipway try APP --port {other}",),
            ),
            Step(text="Or leave out --port, and Slipway chooses a free one."),
        ),
    )


@explain.register
def _process_failed(error: ProcessFailed) -> Message:
    subject = f"The process {error.name}" if error.name else "The app"
    return Message(
        title=f"{subject} failed",
        found=f"It was started with `{error.command}`, and {error.reason}.",
        steps=(
            Step(
                text="If it printed an error above, fix that. Status 127 means that the command "
                "was not found: correct its name or path, or add the package that contains it "
                "to the requirements."
            ),
            Step(
                text="If it needs a database, a queue or another service, give it the variable "
                "with the address, with --env NAME=VALUE."
            ),
        ),
    )


@explain.register
def _web_failed(error: WebProcessFailed) -> Message:
    return Message(
        title="The web process does not respond",
        found=f"It was started with `{error.command}`, and {error.reason}.",
        steps=(
            Step(
                text="If it printed an error above, fix that. Status 127 means that the command "
                "was not found: correct its name or path, or add the package that contains it "
                "to the requirements."
            ),
            Step(text="Make sure that it listens on the port in the variable PORT."),
        ),
    )
