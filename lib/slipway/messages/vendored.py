"""Words for errors of vendored packages."""

from __future__ import annotations

import re
from shlex import quote

from slipway.errors.dependencies import THE_APP, RequiredPackage
from slipway.errors.vendored import (
    ArchiveUnsafe,
    OfflineMissing,
    OutsideTheApp,
    VendoredBroken,
    VendoredBuildCycle,
    VendoredBuildFailed,
    VendoredMissing,
    VendoredNotForThisPython,
    VendoredNotPython,
    VendoredTwice,
    VendoredVersionUnfit,
    VendorFolderMissing,
    WheelInvalid,
    WheelNotForThisPython,
)
from slipway.messages.building import without_a_build
from slipway.messages.python import other_python
from slipway.messages.submodules import LOCK, WHERE
from slipway.messages.wording import (
    LAST_LINES,
    Message,
    Step,
    alternative,
    alternatives,
    downloads,
    explain,
    line_of,
    listed,
    variable_in,
    who_requires_what,
)

_APP = (".", THE_APP)
"""The paths of the app as a package."""
_FILES_OF_THE_APP = ("pyproject.toml", "PKG-INFO")


@explain.register
def _folder(error: VendorFolderMissing) -> Message:
    variable = variable_in(error.origin)
    return Message(
        title="A configured vendor folder does not exist",
        found=f"{error.origin} names {error.folder}, but the app has no such folder.",
        steps=(
            _add(error.folder),
            Step(
                text="Or set the folder that contains the packages, for example:",
                exact=(f"{variable}=vendor",)
                if variable
                else ("[tool.slipway]", 'vendor = "vendor"'),
            ),
        ),
    )


@explain.register
def _missing(error: VendoredMissing) -> Message:
    return Message(
        title="A local package does not exist",
        found=f"{line_of(error.file, error.line)} names {error.path}, but the app has no such file or folder.",
        steps=(
            _add(error.path),
            Step(text="Or correct the path. It is relative to the app's root folder."),
        ),
    )


@explain.register
def _not_python(error: VendoredNotPython) -> Message:
    is_app = error.path == "."
    named = (
        "the app's root folder, which has no pyproject.toml, setup.py or setup.cfg of a package"
        if is_app
        else f"{error.path}, which is not a wheel or sdist, and has no package metadata and no Python modules"
    )
    return Message(
        title="A requirement names something that is not a package",
        found=f"{line_of(error.file, error.line)} names {named}.",
        steps=(
            Step(text="If the package is in a subfolder, name that folder."),
            _project(
                f"Or, if {'the app' if is_app else 'it'} is the package, write its name into its pyproject.toml:",
                "name",
            ),
        ),
    )


@explain.register
def _outside(error: OutsideTheApp) -> Message:
    return Message(
        title="A path leads out of the app or is absolute",
        found=f"{_line_or_path(error.path)} points to {error.target}. Such a path differs from machine to machine, so Slipway only uses relative paths within the app.",
        steps=(
            Step(text="Copy the target into the app, and use its relative path."),
            Step(
                text="Or, if nothing needs it, remove the line, setting or link that points there."
            ),
        ),
    )


@explain.register
def _twice(error: VendoredTwice) -> Message:
    # The app itself is never the one to be removed.
    spare = [quote(path) for path in reversed(error.paths) if path != "."]
    remove = f"git rm -r {' '.join(spare[: len(error.paths) - 1])}"
    return Message(
        title="Two vendored packages have the same name",
        found=f"The name {error.name} belongs to {listed([*map(_named, error.paths)])}, but only one of them can be installed. The name in a package's metadata counts, not the name of its folder.",
        steps=(
            Step(text="Keep one, and remove the rest, for example:", exact=(remove,)),
            Step(text="Or, if they are different packages, rename one of them."),
        ),
    )


@explain.register
def _broken(error: VendoredBroken) -> Message:
    if error.path in _FILES_OF_THE_APP:
        return Message(
            title=f"The app's {error.path} cannot be used",
            found=f"{error.path} in the app's root folder cannot be used: {error.reason}.",
            steps=(Step(text="Correct it."),),
        )
    if error.path in _APP:
        return Message(
            title="The app could not be built as a package",
            found=f"The app cannot be used as a package: {error.reason}.",
            steps=(_wheel_of("Fix this, and check the result on your machine:", error.path),),
        )
    return Message(
        title="A vendored package cannot be used",
        found=f"{error.path} cannot be used: {error.reason}.",
        steps=(
            Step(text="Fix it, or copy it again from where it came from."),
            Step(text="Or, if nothing needs it, remove it from the app."),
        ),
    )


@explain.register
def _build(error: VendoredBuildFailed) -> Message:
    is_app = error.path in _APP
    read = Step(text="Read the end of its output, below. It usually names the cause.")
    check = _wheel_of("Check whether it can be built on your machine:", error.path)
    if is_app:
        way_out = alternative(without_a_build(lists_dependencies=error.lists_dependencies))
    else:
        way_out = Step(text="If it can, you can vendor that wheel instead of the source.")
    return Message(
        title="The app could not be built as a package"
        if is_app
        else "A vendored package could not be built",
        found=f"Building {_named(error.path)} with {error.backend} failed, and Slipway does not "
        "know why.",
        steps=(read, check, way_out),
        details=(LAST_LINES, *error.output),
    )


@explain.register
def _cycle(error: VendoredBuildCycle) -> Message:
    paths = tuple(dict.fromkeys(map(_named, error.paths)))
    several = len(paths) > 1
    found = (
        f"Each of {listed(paths)} needs another of them to be built first."
        if several
        else f"The build of {paths[0]} requires {paths[0]}."
    )
    wheel = f"a wheel of {'one of them' if several else 'it'} that was built earlier"
    return Message(
        title="Build requirements of vendored packages form a cycle",
        found=found,
        steps=(
            Step(text="In [build-system], remove from `requires` what the builds do not need."),
            *(() if paths == (_named("."),) else (Step(text=f"Or vendor {wheel}."),)),
        ),
    )


@explain.register
def _unsafe(error: ArchiveUnsafe) -> Message:
    return Message(
        title="An archive is not safe to unpack",
        found=f"{error.path} contains {error.member}: {error.reason}. Such an archive can overwrite other files, so it was not unpacked.",
        steps=(
            Step(text="Find out where the archive comes from before you trust it."),
            Step(text="If it is yours, build it again:", exact=("python3 -m build --sdist",)),
            Step(text="Or vendor its source as a folder, without the unsafe file."),
        ),
    )


@explain.register
def _wheel(error: WheelInvalid) -> Message:
    if error.is_built:
        return Message(
            title="A wheel that was built is not valid",
            found=f"The wheel that was built from {_named(error.path)} is not valid: {error.reason}.",
            steps=(
                Step(text="Require another version of the build backend in [build-system]."),
                _wheel_of(
                    "Or correct the settings of the backend, and check the result on your machine:",
                    error.path,
                ),
            ),
        )
    return Message(
        title="A wheel is not valid",
        found=f"{error.path} cannot be used: {error.reason}. It may be damaged, or may have been changed or renamed after it was built.",
        steps=(
            Step(text="Copy it again from where it came from."),
            Step(
                text="Or, if it was changed by hand, change its source and build a new wheel."
            ),
        ),
    )


@explain.register
def _other_python(error: WheelNotForThisPython) -> Message:
    name, version, *_ = (*error.paths[0].rpartition("/")[2].split("-"), "", "")
    example = f"{name}-{version}-{(*error.tags, 'py3-none-any')[0]}.whl"
    one = len(error.paths) == 1
    verb = "is" if one else "are"
    return Message(
        title="No vendored wheel fits this Python and platform",
        found=f"The app uses Python {error.python}, but {listed(error.paths)} {verb} for another Python or platform.",
        steps=(
            Step(text="Vendor a wheel with a supported tag, for example:", exact=(example,)),
            Step(
                text="Or vendor the sdist or the source of the package, and Slipway builds it."
            ),
            *map(alternative, other_python(error)),
        ),
        details=("Some of the supported tags:", *(f"    {tag}" for tag in error.tags)),
    )


@explain.register
def _version(error: VendoredVersionUnfit) -> Message:
    is_app = error.path in _APP
    package = "The app" if is_app else error.path
    known = f"{package} is {error.name} {error.version}"
    guessed = f"{package} does not state its version, so it counts as {error.version}"
    record = Step(
        text=f"If git knows its version, record it in vendor.lock. {WHERE}:", exact=LOCK
    )
    state = _project(
        "Set the app's version in pyproject.toml:"
        if is_app
        else "Or, if it has no version, set one in its pyproject.toml:",
        error.name,
        _simple_version(error.requirements),
    )
    other = Step(text="Or vendor another version of the package instead.")
    instead = "the app" if is_app else "a vendored package"
    return Message(
        title=f"{'The app' if is_app else 'A vendored package'} does not have the required version",
        found=f"{guessed if error.is_guess else known}, which does not satisfy the requirements below. Slipway never replaces {instead} with a package from an index.",
        steps=(
            *(() if is_app or not error.is_guess else (record,)),
            *(
                (state, Step(text="Or remove the version from the requirement."))
                if error.is_guess
                else (Step(text=f"Change the requirement to allow {error.version}."),)
            ),
            *(() if is_app else (other,)),
        ),
        details=("Who requires what:", *who_requires_what(error.requirements)),
    )


@explain.register
def _offline(error: OfflineMissing) -> Message:
    missing = tuple(dict.fromkeys(one.requirement for one in error.missing))
    return Message(
        title="The build is offline, and a package is not vendored",
        found=f"With the setting `offline`, Slipway uses no package index, and {error.folder}/ has nothing for {listed(missing)}.",
        steps=(
            Step(
                text="Download the files with the app's Python, on the app's platform, and add them to git:",
                exact=downloads(missing, error.folder),
            ),
            Step(
                text="Or, to use an index, remove the setting `offline` from pyproject.toml, or "
                "the variable SLIPWAY_OFFLINE."
            ),
        ),
        details=(
            "Who requires what:",
            *(f"    {one.required_by} requires {one.requirement}" for one in error.missing),
        ),
    )


@explain.register
def _too_new(error: VendoredNotForThisPython) -> Message:
    is_app = error.path in _APP
    subject = "The metadata of the app" if is_app else error.path
    return Message(
        title="The app does not support this Python"
        if is_app
        else "A vendored package does not support this Python",
        found=f"{subject} requires Python {error.requires}, but the app uses {error.python}.",
        steps=alternatives(
            *other_python(error),
            Step(
                text="Change requires-python in pyproject.toml, or python_requires if the app has setup.py or setup.cfg."
                if is_app
                else "Vendor a version of it that supports this Python."
            ),
        ),
    )


def _named(path: str) -> str:
    """Name a package within a sentence."""
    return "the app" if path in _APP else path


def _line_or_path(path: str) -> str:
    line = re.fullmatch(r"(.+):(\d+)", path)
    return line_of(line[1], int(line[2])) if line else path


def _simple_version(requirements: tuple[RequiredPackage, ...]) -> str:
    """Give the version of a requirement such as `acme>=1.4`; else, any version."""
    found = [
        re.search(r"[^<>=!~,](?:>=|==|~=) ?(\d[\d.]*)$", one.requirement)
        for one in requirements
    ]
    return found[0][1] if len(found) == 1 and found[0] else "1.0"


def _add(path: str) -> Step:
    command = f"git add -f {quote(path)}"
    return Step(
        text="If it is on your machine, add it to git, and keep it out of Cloud Foundry's .cfignore:",
        exact=(command,),
    )


def _project(text: str, name: str, version: str = "1.0") -> Step:
    return Step(text=text, exact=("[project]", f'name = "{name}"', f'version = "{version}"'))


def _wheel_of(text: str, path: str) -> Step:
    folder = "." if path in _APP else quote(f"./{path}")
    return Step(text=text, exact=(f"python3 -m pip wheel --no-deps {folder}",))
