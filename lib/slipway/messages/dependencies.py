"""Words for errors of the app's requirements, and of resolving and installing them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from shlex import quote

from slipway.errors.dependencies import (
    DependencyGroupInvalid,
    EnvironmentInconsistent,
    FilesExcluded,
    HashesMissing,
    HashMismatch,
    InstallFailed,
    NoDependencyFile,
    NoIndexAllowed,
    NotForThisPlatform,
    NoWheelForPython,
    PackageNotFound,
    PoetryDependencyInvalid,
    ProjectTableMissing,
    RequiredOnOtherPythons,
    RequirementFileMissing,
    RequirementInvalid,
    RequirementOutsideTheApp,
    ResolutionConflict,
    ResolveFailed,
    SourceUnsupported,
    ToolSettingUnsupported,
    VersionNotFound,
)
from slipway.messages.python import other_python
from slipway.messages.wording import (
    LAST_LINES,
    Message,
    Step,
    alternative,
    alternatives,
    downloads,
    explain,
    in_subfolders,
    is_lock_file,
    is_own,
    line_of,
    listed,
    lock_again,
    not_read,
    other_sources,
    package_of,
    renames,
    requires,
    use_subfolder,
    who_requires_what,
)

_SHOWN = 8


@explain.register
def _no_file(error: NoDependencyFile) -> Message:
    sources = (
        *use_subfolder(error.subfolders),
        *other_sources(error.unread, error.others),
    )
    listing = Step(
        text="In requirements.txt, list the packages that the app imports, one per line:",
        exact=("Django>=5.2,<5.3",),
    )
    return Message(
        title="Slipway found no file with the app's dependencies",
        found="The app's root folder has no lock and no requirements.txt, requirements.in, "
        "pyproject.toml, Pipfile, setup.py or setup.cfg that can list them. It contains "
        f"{listed(error.found)}."
        f"{in_subfolders(error.subfolders)}{not_read(error.unread, error.others)}",
        steps=(
            *renames(error.misspelled),
            *sources,
            alternative(listing) if sources else listing,
            Step(
                text="Or, if the app has no dependencies, add an empty file:",
                exact=("touch requirements.txt",),
            ),
        ),
    )


@explain.register
def _no_project(error: ProjectTableMissing) -> Message:
    sources = other_sources(error.unread, error.others)
    groups = ""
    if error.groups:
        groups = (
            f" Its dependency groups ({listed(error.groups)}) are not installed unless the "
            "setting `groups` names them."
        )
        exact = ("[tool.slipway]", f'groups = ["{error.groups[0]}"]')
        sources = (
            Step(text="If the app needs the packages of a group, name it:", exact=exact),
            *map(alternative, sources),
        )
    table = Step(
        text="Add a [project] table with the dependencies:",
        exact=(
            "[project]",
            'name = "app"',
            'version = "1"',
            'dependencies = ["Django>=5.2,<5.3"]',
        ),
    )
    return Message(
        title=f"{error.file} does not list the app's dependencies",
        found=f"It has no [project] table, and nothing in it makes the app a package.{groups}"
        f"{not_read(error.unread, error.others)}",
        steps=(
            *sources,
            *(
                [alternative(table)]
                if sources
                else alternatives(table, Step(text="Add a requirements.txt."))
            ),
        ),
    )


@explain.register
def _invalid(error: RequirementInvalid) -> Message:
    return Message(
        title="A requirement is not valid",
        found=f"{line_of(error.file, error.line)} contains `{error.text}`: {error.reason}.",
        steps=tuple(_corrections(error)),
    )


@explain.register
def _poetry_invalid(error: PoetryDependencyInvalid) -> Message:
    lock = Step(
        text="Let Poetry lock it, and commit poetry.lock, which Slipway installs as it is:",
        exact=("poetry lock",),
    )
    correct = Step(text="Correct it, and check it:", exact=("poetry check",))
    return Message(
        title="A dependency in Poetry's tables cannot be used",
        found=f"[tool.poetry] in {error.file} has the dependency `{error.name}`: "
        f"{error.reason}.",
        steps=(lock,) if error.is_read_by_poetry else (correct,),
    )


@explain.register
def _group_invalid(error: DependencyGroupInvalid) -> Message:
    return Message(
        title="A dependency group is not valid",
        found=f"The group `{error.group}` of [dependency-groups] in {error.file} cannot be "
        f"read: {'; '.join(error.reasons)}.",
        steps=(
            Step(
                text="Correct it. A group is a list of requirements, which may include other "
                "groups:",
                exact=(
                    "[dependency-groups]",
                    'web = ["gunicorn>=23", {include-group = "base"}]',
                    'base = ["django>=5.2"]',
                ),
            ),
        ),
    )


def _corrections(error: RequirementInvalid) -> Iterator[Step]:
    if re.match(r"-(r|c|-requirement|-constraint)\b", error.text):
        if "://" in error.text:
            yield Step(text="Copy that file into the app, and name the copy.")
        else:
            yield Step(text="Name a file in the app:", exact=("-r requirements/base.txt",))
        return
    if error.file.endswith(".toml") and "${" in error.text:
        yield Step(text="Replace the variable with its value.")
        return
    has_variable = re.search(r"\$\{[A-Z0-9_]+\}", error.text)
    if has_variable:
        yield Step(text="Set each ${VARIABLE} in it as a config variable of the app.")
    correct = Step(
        text="Correct it. A requirement is a name with the versions that are allowed:",
        exact=("django>=5.2,<5.3",),
    )
    yield alternative(correct) if has_variable else correct


@explain.register
def _file_missing(error: RequirementFileMissing) -> Message:
    is_ = "is a folder" if error.is_folder else "is not in the app"
    if error.similar:
        return Message(
            title="A requirements or constraints file is missing",
            found=f"{line_of(error.named_in, error.line)} names {error.file}, which {is_}. But "
            f"there is {error.similar}: Linux distinguishes case, unlike macOS and Windows.",
            steps=(
                Step(
                    text=f"Write the path in {error.named_in} as the file has it: "
                    f"{error.similar}."
                ),
            ),
        )
    return Message(
        title="A requirements or constraints file is missing",
        found=f"{line_of(error.named_in, error.line)} names {error.file}, which {is_}.",
        steps=(
            Step(
                text=f"Name a file in it instead{', such as:' if error.in_folder else '.'}",
                exact=error.in_folder[:1],
            )
            if error.is_folder
            else Step(
                text="If it is on your machine, add it to git, and keep it out of Cloud Foundry's "
                ".cfignore:",
                exact=(f"git add -f {quote(error.file)}",),
            ),
            Step(text=f"Or remove the line from {error.named_in}."),
        ),
    )


@explain.register
def _conflict(error: ResolutionConflict) -> Message:
    return Message(
        title="Some requirements conflict",
        found="No versions satisfy all of the requirements below at once.",
        steps=(
            Step(text="Loosen or change one of the app's requirements."),
            Step(
                text="Or require another version of one of the packages below, whose own requirements do not conflict."
            ),
        ),
        details=("Who requires what:", *who_requires_what(error.requirements)),
    )


@explain.register
def _other_pythons(error: RequiredOnOtherPythons) -> Message:
    requirers = ["the app itself" if path == "." else path for path in error.required_by]
    require = "require" if len(requirers) > 1 else "requires"
    change = Step(text=f"Or change {listed(requirers)} not to require it on this Python.")
    return Message(
        title="A vendored package is required only on other Pythons",
        found=f"{error.place} requires {error.name} only on other Pythons, but "
        f"{listed(requirers) if requirers else 'another package'} {require} it on this one. "
        "Slipway installs it from an index only if the app requires it by name.",
        steps=(
            Step(
                text=f"If the vendored {error.name} supports this Python, change or remove the "
                f"marker in {error.place}."
            ),
            *([change] if requirers else []),
            Step(
                text="Or, to install it from an index on this Python, require it by name as "
                "well:",
                exact=(error.name,),
            ),
        ),
    )


@explain.register
def _package_not_found(error: PackageNotFound) -> Message:
    name = _name(error.requirement)
    if is_lock_file(error.required_by):
        first = Step(
            text="Check the index. The lock was made with one that has the package: correct "
            f"the URL of that in {error.required_by}, and lock again."
        )
    elif name in sys.stdlib_module_names and is_own(error.required_by):
        first = Step(text=f"{name} is a module of Python itself. Remove the requirement.")
    elif error.successor and is_own(error.required_by):
        first = Step(text=f"Remove the requirement: {error.successor}.")
    else:
        first = Step(text=f"Check the spelling of the name {name}.")
    return Message(
        title="A package is not on the index",
        found=f"{requires(error.required_by, error.requirement)}. The package index has no "
        "package of this name.",
        steps=(
            first,
            *_private_index(error.required_by),
            Step(text="Or put the package into the app's vendor folder."),
        ),
    )


def _private_index(required_by: str) -> tuple[Step, ...]:
    """Say how to name the index that has a private package."""
    url = "https://user:token@index.example/simple"
    if is_lock_file(required_by):
        return (
            Step(
                text="Or set an index that has it and the public packages, as a config variable. "
                "It replaces the lock's default index:",
                exact=(f"PIP_INDEX_URL={url}",),
            ),
        )
    return (
        Step(
            text="Or, if the package is private, set its index besides the default one, as a "
            "config variable:",
            exact=(f"PIP_EXTRA_INDEX_URL={url}",),
        ),
        Step(
            text="Or set an index that has it and the public packages, in place of the default "
            "one:",
            exact=(f"PIP_INDEX_URL={url}",),
        ),
    )


@explain.register
def _no_index(error: NoIndexAllowed) -> Message:
    is_variable = re.fullmatch(r"(PIP|UV)_[A-Z_]+", error.setting)
    setting = f"the variable {error.setting}" if is_variable else error.setting
    return Message(
        title="A package is not vendored, and no index is allowed",
        found=f"{requires(error.required_by, error.requirement)}. No file in the app provides "
        f"it, nor any --find-links, and {setting} forbids package indexes.",
        steps=(
            Step(
                text="Put the files of the package, and of those that it requires, into the "
                "app's vendor folder. With the app's Python, on the app's platform:",
                exact=downloads([error.requirement]),
            ),
            Step(
                text=f"Or remove {setting}, to use an index. The variable may be set by the "
                "platform or its administrator."
                if is_variable
                else f"Or remove {setting}, to use an index."
            ),
        ),
    )


@explain.register
def _version_not_found(error: VersionNotFound) -> Message:
    name = _name(error.requirement)
    if is_lock_file(error.required_by):
        step = lock_again(
            error.required_by,
            "Use an index that has this version, such as the one that the lock was made with. "
            "Or require a version that the index has, and lock again",
        )
    elif not is_own(error.required_by):
        step = Step(
            text=f"Require another version of {package_of(error.required_by)}, or use an index "
            f"that has this version of {name}."
        )
    elif error.versions:
        step = Step(
            text="Require a version that the index has, such as:",
            exact=(f"{name}=={error.versions[0]}",),
        )
    else:
        step = Step(text="Check the name and the version.")
    return Message(
        title="A required version is not on the index",
        found=f"{requires(error.required_by, error.requirement)}. The package index has "
        f"{name}, but no version that satisfies this.",
        steps=(step,),
        details=tuple(_versions(error.versions)),
    )


@explain.register
def _no_wheel(error: NoWheelForPython) -> Message:
    another = _another_version(error.requirement, error.required_by, error.versions)
    return Message(
        title="A package does not support this Python",
        found=f"{requires(error.required_by, error.requirement)}. The index has it, but not "
        f"for Python {error.python}.",
        steps=alternatives(another, *other_python(error)),
        details=(
            "What it supports:",
            *(f"    {need}" for need in error.needs[:_SHOWN]),
            *_versions(error.versions, "Other versions, for this Python"),
        ),
    )


@explain.register
def _no_platform(error: NotForThisPlatform) -> Message:
    steps = []
    own = is_own(error.required_by)
    if own and error.marker:
        steps.append(
            Step(
                text="If the app needs it only on that platform, add a marker to the "
                "requirement:",
                exact=(f"{error.requirement}; {error.marker}",),
            )
        )
    another = _another_version(error.requirement, error.required_by, error.versions)
    steps.append(another)
    if not error.marker:
        steps.append(Step(text="Build on an image that it supports."))
    return Message(
        title="A package does not support this platform",
        found=f"{requires(error.required_by, error.requirement)}. The index has it for "
        f"{listed(error.supported, 6)}, but this image is {error.platform}.",
        steps=alternatives(*steps),
        details=tuple(_versions(error.versions, "Other versions, for this platform")),
    )


@explain.register
def _excluded(error: FilesExcluded) -> Message:
    form, other = (
        ("source, without wheels for this Python and platform", "wheels")
        if error.option == "--only-binary"
        else ("wheels, without their source", "source")
    )
    variable = f"PIP_{error.option.strip('-').replace('-', '_').upper()}"
    return Message(
        title="A setting excludes all files of a package",
        found=f"{requires(error.required_by, error.requirement)}. The index has it only as "
        f"{form}, but {error.option} allows only {other}.",
        steps=(
            Step(
                text=f"Remove the package from {error.option}, which the requirements, the "
                f"variable {variable} or a configuration file of pip sets."
            ),
            Step(text=f"Or require a version that has {other}."),
            *map(alternative, other_python(error)),
        ),
    )


def _another_version(requirement: str, required_by: str, versions: Sequence[str]) -> Step:
    if is_lock_file(required_by):
        name = _name(requirement)
        such = f", such as {versions[0]}," if versions else ""
        text = f"Require a version of {name} that supports it{such} and lock again"
        return lock_again(required_by, text)
    if not is_own(required_by):
        return Step(
            text=f"Require another version of {package_of(required_by)}, one that does not "
            f"require {requirement}."
        )
    if not versions:
        return Step(text=f"Require another package instead of {_name(requirement)}.")
    return Step(
        text="Require a version that supports it, such as:",
        exact=(f"{_name(requirement)}=={versions[0]}",),
    )


def _versions(
    versions: Sequence[str], label: str = "The newest versions for this Python and platform"
) -> Iterator[str]:
    if versions:
        yield f"{label}:"
        yield f"    {', '.join(versions[:_SHOWN])}"


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _without_entry(error: HashMismatch) -> Step:
    name = "the package" if error.is_vendored else _name(error.package)
    return lock_again(
        error.locked_in,
        "Find out why before you trust the file. If it is the right one, delete the entry of "
        f"{name} from {error.locked_in} and lock again",
    )


@explain.register
def _mismatch(error: HashMismatch) -> Message:
    return Message(
        title="A file does not have the expected hash",
        found=f"{error.package} has none of the hashes that "
        f"{error.locked_in or 'the requirements'} "
        f"{'gives' if error.locked_in else 'give'} for it. The file was changed, or "
        f"{error.locked_in or 'the requirements'} {'is' if error.locked_in else 'are'} out of "
        "date."
        if error.is_vendored
        else f"The file that was downloaded for {error.package} does not have the expected "
        "hash. The file was replaced on the index or changed in transit, or the hash is wrong.",
        steps=(
            _without_entry(error)
            if error.locked_in
            else Step(
                text="Find out why before you trust the file. If it is the right one, write "
                "its hash into the requirements:",
                exact=(f"--hash=sha256:{error.got}",),
            )
            if error.is_vendored
            else Step(
                text="Find out why before you trust the file. If it is the right one, delete "
                f"the entry of {_name(error.package)} from the requirements file, and lock "
                "again:",
                exact=(error.lock_command,),
            )
            if error.is_own and error.lock_command
            else Step(
                text="Find out why before you trust the file. If it is the right one, lock the "
                "requirements again:",
                exact=("pip-compile --generate-hashes --no-reuse-hashes --allow-unsafe",),
            )
            if error.is_own
            else Step(
                text="Find out why before you trust the file, for example from whoever runs the "
                "index. If the file was replaced on purpose after an earlier build, delete the "
                "build cache."
            ),
        ),
        details=(
            *(f"    expected {digest}" for digest in error.expected),
            f"    got      {error.got}",
        ),
    )


@explain.register
def _hashes_missing(error: HashesMissing) -> Message:
    if error.locked_in:
        return Message(
            title="A package in the lock has no hash",
            found=f"Slipway installs what {error.locked_in} locks only if it has a hash for "
            "each file. Some indexes give none, and some tools can be set to leave them out.",
            steps=(
                lock_again(
                    error.locked_in, "Use an index that gives hashes, and lock again with them"
                ),
            ),
            details=("Without a hash:", *(f"    {line}" for line in error.requirements)),
        )
    return Message(
        title="A requirement has no hash or no exact version",
        found="Slipway uses the requirements as the lock, because each of them has a hash, or "
        "because `--require-hashes` is set. A lock needs an exact version and a hash for every "
        "requirement.",
        steps=(
            Step(
                text="Lock the requirements again, all of them with hashes:",
                exact=(error.lock_command or "pip-compile --generate-hashes --allow-unsafe",),
            ),
        ),
        details=("Incomplete:", *(f"    {line}" for line in error.requirements)),
    )


@explain.register
def _inconsistent(error: EnvironmentInconsistent) -> Message:
    if error.excluded or error.made_from == "Pipfile":
        return _excluded_by_markers(error)
    return Message(
        title="The installed packages do not fit together",
        found="A package that others require is missing from the lock, or is in it with a "
        "version that they do not accept.",
        steps=(
            lock_again(error.locked_in, "Lock again, with everything that the packages require")
            if error.locked_in
            else Step(
                text="Lock the requirements again, with everything that the packages require:",
                exact=(error.lock_command or "pip-compile --generate-hashes --allow-unsafe",),
            ),
        ),
        details=("What does not fit:", *(f"    {problem}" for problem in error.problems)),
    )


def _excluded_by_markers(error: EnvironmentInconsistent) -> Message:
    """Explain that markers in the app's lock leave out what its packages require.

    Pipenv locks no version of a package whose marker excludes the Python that it runs with.
    """
    names = " and ".join(error.excluded)
    them = "it" if len(error.excluded) == 1 else "them"
    made_from = error.made_from or f"the file from which {error.locked_in} was made"
    reason = (
        f"{error.locked_in} has {names}, but a marker restricts {them} to another platform or "
        "Python."
        if names
        else f"{error.locked_in} does not have it, or a marker there restricts it to another "
        "platform or Python."
    )
    return Message(
        title="The installed packages do not fit together",
        found=f"A package that others require is not installed: {reason}",
        steps=(
            lock_again(
                error.locked_in,
                f"If {made_from} has a marker for {names or 'the package'}, remove the marker. "
                "Lock again, with everything that the packages require",
            ),
        ),
        details=("What does not fit:", *(f"    {problem}" for problem in error.problems)),
    )


@explain.register
def _resolve(error: ResolveFailed) -> Message:
    return Message(
        title="The requirements could not be resolved",
        found="The resolver failed, and Slipway does not know why.",
        steps=(Step(text="Read the end of its output, below. It usually names the cause."),),
        details=(LAST_LINES, *error.output),
    )


@explain.register
def _install(error: InstallFailed) -> Message:
    return Message(
        title="The packages could not be installed",
        found="The installer failed, and Slipway does not know why.",
        steps=(Step(text="Read the end of its output, below. It usually names the cause."),),
        details=(LAST_LINES, *error.output),
    )


_VENDOR = "Vendor the package: put its source, or its wheel, into the app's folder vendor/."
_LOCK = {
    "uv": ("uv lock", "uv.lock"),
    "Poetry": ("poetry lock", "poetry.lock"),
    "PDM": ("pdm lock", "pdm.lock"),
    "Pipenv": ("pipenv lock", "Pipfile.lock"),
}
"""Tool -> the command that writes its lock, and the name of that."""


@explain.register
def _source(error: SourceUnsupported) -> Message:
    steps = [Step(text=_VENDOR)]
    if error.is_elsewhere and not error.required_by and "/" not in error.file:
        steps += _locked_by(error.tool)
    if error.required_by:
        steps.append(
            Step(
                text=f"Or, in {error.required_by}, give the package a hash, or its path or URL."
            )
        )
    if error.tool == "uv" and error.is_elsewhere:
        steps.append(
            Step(
                text="Or, if one index has the app's packages, set it as a config variable, "
                "and ignore uv's sources:",
                exact=(
                    "UV_DEFAULT_INDEX=https://user:token@index.example/simple",
                    "UV_NO_SOURCES=1",
                ),
            )
        )
    elif error.is_elsewhere:
        steps.append(
            Step(
                text="Or, if one index has the app's packages, set it as a config variable, "
                f"and remove the source from {error.file}:",
                exact=("PIP_INDEX_URL=https://user:token@index.example/simple",),
            )
        )
    return Message(
        title="A package's source cannot be used",
        found=f"{error.table} in {error.file} says where {error.name} comes from: "
        f"`{error.declaration}`. {error.reason} Slipway does not take {error.name} from "
        "anywhere else, because that may be another package of the same name.",
        steps=tuple(steps),
    )


def _locked_by(tool: str) -> Iterator[Step]:
    """Yield the step to lock the app, if the tool can: a lock says where all packages are."""
    if tool in _LOCK:
        command, lock = _LOCK[tool]
        yield Step(
            text=f"Or lock the app with {tool}, and commit {lock}. A build installs a lock as it "
            "is, each package from where the lock says:",
            exact=(command,),
        )


@explain.register
def _setting(error: ToolSettingUnsupported) -> Message:
    place = f"{error.table} of {error.file}" if error.table else error.file
    if error.variable:
        steps = [Step(text="Set it as a config variable:", exact=(error.variable,))]
    elif error.is_index:
        steps = [
            Step(
                text="If one index has all packages, set it as a config variable:",
                exact=("UV_DEFAULT_INDEX=https://user:token@index.example/simple",),
            ),
            Step(
                text="Or vendor the private packages: put their source or wheels into the "
                f"app's folder vendor/, and remove the index from {error.file}."
            ),
        ]
    else:
        steps = [Step(text=f"Remove it from {error.file}, and require packages that fit.")]
    return Message(
        title=f"A setting of {error.tool} cannot be followed",
        found=f"`{error.key}` in {place} decides what is installed. {error.reason}",
        steps=(*steps, *_locked_by(error.tool)),
    )


@explain.register
def _required_outside(error: RequirementOutsideTheApp) -> Message:
    is_ = "is not a Python package" if error.exists else "is not in the app"
    package = "the app" if error.package == "The app" else error.package
    return Message(
        title="A package is required from a path without one",
        found=f"The metadata of {package} requires {error.name} from the path {error.target}, "
        f"which {is_}.",
        steps=(
            Step(text=f"Copy {error.name} into the app, and require it by its path there."),
            Step(
                text=f"Or put {error.name} into the app's folder vendor/. A vendored package "
                "has priority over the path."
            ),
        ),
    )
