"""Words for errors of vendored packages."""

from __future__ import annotations

from shlex import quote

from slipway.errors.vendored import (
    THE_APP_ITSELF,
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
from slipway.messages.wording import (
    LAST_LINES,
    Message,
    Step,
    explain,
    line_of,
    listed,
    who_requires_what,
)

_FETCH = "git submodule update --init --recursive"
_LOCK = ("bin/slipway vendor lock .", "git add vendor.lock")


@explain.register
def _folder(error: VendorFolderMissing) -> Message:
    return Message(
        title="A configured vendor folder does not exist",
        found=f"{error.origin} names {error.folder}, but the app has no such folder.",
        steps=(
            _add(error.folder),
            Step(
                text="Or set the folder that contains the packages. In pyproject.toml:",
                exact=("[tool.slipway]", 'vendor = "vendor"'),
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
    return Message(
        title="A requirement names something that is not a package",
        found=f"{line_of(error.file, error.line)} names {error.path}, which is neither a wheel nor a source archive, and has neither a project nor modules to import.",
        steps=(
            Step(text="If the package is in a subfolder, name that folder."),
            _project("If it is the package, add a pyproject.toml with its name:", "name"),
        ),
    )


@explain.register
def _outside(error: OutsideTheApp) -> Message:
    return Message(
        title="A path leads out of the app or is absolute",
        found=f"{error.path} points to {error.target}. Such a place differs from machine to machine, so Slipway only uses relative paths within the app.",
        steps=(
            Step(text="Copy the target into the app, and use its relative path."),
            Step(text="Or, if nothing needs it, remove what points there."),
        ),
    )


@explain.register
def _twice(error: VendoredTwice) -> Message:
    # The app itself is never the one to be removed.
    spare = [quote(path) for path in reversed(error.paths) if path != "."]
    remove = f"git rm -r {' '.join(spare[: len(error.paths) - 1])}"
    return Message(
        title="Two vendored packages have the same name",
        found=f"{listed([*map(_named, error.paths)])} have the name {error.name}, but only one of them can be installed. The name in a package's metadata counts, not the name of its folder.",
        steps=(
            Step(text="Keep one, and remove the rest, for example:", exact=(remove,)),
            Step(text="Or, if they are different packages, rename one of them."),
        ),
    )


@explain.register
def _broken(error: VendoredBroken) -> Message:
    return Message(
        title="A vendored package cannot be used",
        found=f"{_named(error.path)} cannot be used: {error.reason}.",
        steps=(
            Step(text="Fix it, or copy it again from where it came from."),
            Step(text="Or, if nothing needs it, remove it from the app."),
        ),
    )


@explain.register
def _build(error: VendoredBuildFailed) -> Message:
    return Message(
        title="A vendored package could not be built",
        found=f"Building {error.path} with {error.backend} failed.",
        steps=(
            Step(text="Read the end of its output, below. It usually names the cause."),
            _wheel_of("Check whether it can be built on your machine:", error.path),
            Step(text="If it can, you can vendor that wheel instead of the source."),
        ),
        details=(LAST_LINES, *error.output),
    )


@explain.register
def _cycle(error: VendoredBuildCycle) -> Message:
    paths = tuple(dict.fromkeys(error.paths))
    several = len(paths) > 1
    found = (
        f"To build any of {listed(paths)}, another one of them must be built first."
        if several
        else f"To build {paths[0]}, it must already be built."
    )
    return Message(
        title="Build requirements of vendored packages form a cycle",
        found=found,
        steps=(
            Step(
                text="Remove requirements that the builds can do without from requires in [build-system]."
            ),
            _wheel_of(
                f"Or vendor a wheel of {'one of them' if several else 'it'} instead of its source:",
                paths[0],
            ),
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
    return Message(
        title="A wheel is not valid",
        found=f"{error.path} cannot be used: {error.reason}. It may be damaged, or may have been changed or renamed after it was built.",
        steps=(
            Step(text="Copy it again from where it came from."),
            Step(text="If it was changed by hand, change its source and build a new wheel."),
        ),
    )


@explain.register
def _other_python(error: WheelNotForThisPython) -> Message:
    name, version, *_ = (*error.paths[0].rpartition("/")[2].split("-"), "", "")
    example = f"{name}-{version}-{(*error.fitting, 'py3-none-any')[0]}.whl"
    verb = "is" if len(error.paths) == 1 else "are"
    return Message(
        title="No vendored wheel fits this Python and platform",
        found=f"The app uses Python {error.python}, but {listed(error.paths)} {verb} for another Python or platform.",
        steps=(
            Step(text="Vendor a wheel with a supported tag, for example:", exact=(example,)),
            Step(
                text="Or vendor the sdist or the source of the package, and Slipway builds it."
            ),
            Step(text="Or request a Python that a vendored wheel is for, in .python-version."),
        ),
        details=("Some of the supported tags:", *(f"    {tag}" for tag in error.fitting)),
    )


@explain.register
def _version(error: VendoredVersionUnfit) -> Message:
    package = _named(error.path)
    known = f"{package} is {error.name} {error.version}"
    guessed = f"{package} does not state its version, so it counts as {error.version}"
    ways_to_state_it = (
        Step(text="If git knows its version, record it in a clone of the app:", exact=_LOCK),
        _project("If it has no version, set one in its pyproject.toml:", error.name),
    )
    return Message(
        title="A vendored package does not have the required version",
        found=f"{guessed if error.is_guess else known}, which does not satisfy the requirements below. Slipway never replaces a vendored package with one from an index.",
        steps=(
            *(ways_to_state_it if error.is_guess else ()),
            Step(text=f"Change the requirement to allow {error.version}."),
            Step(text="Or vendor another version of the package instead."),
        ),
        details=("Who requires what:", *who_requires_what(error.requirements)),
    )


@explain.register
def _offline(error: OfflineMissing) -> Message:
    missing = tuple(dict.fromkeys(one.requirement for one in error.missing))
    command = f"pip download --only-binary :all: --dest {quote(error.folder)}"
    return Message(
        title="The build is offline, and a package is not vendored",
        found=f"With the setting `offline`, Slipway uses no package index, and {error.folder}/ has nothing for {listed(missing)}.",
        steps=(
            Step(
                text="Download the files, with the Python and on the platform of the app:",
                exact=tuple(f"{command} {_quoted(requirement)}" for requirement in missing),
            ),
            Step(text="Or remove the setting `offline`, to use an index."),
        ),
        details=(
            "Who requires what:",
            *(f"    {one.required_by} requires {one.requirement}" for one in error.missing),
        ),
    )


@explain.register
def _too_new(error: VendoredNotForThisPython) -> Message:
    return Message(
        title="A vendored package does not support this Python",
        found=f"{_named(error.path)} requires Python {error.requires}, but the app uses "
        f"{error.python}.",
        steps=(
            Step(text="Request a Python that it supports, in .python-version."),
            Step(text="Or vendor a version of it that supports this Python."),
        ),
    )


def _named(path: str) -> str:
    return THE_APP_ITSELF.capitalize() if path in (".", THE_APP_ITSELF) else path


def _add(path: str) -> Step:
    command = f"git add -f {quote(path)}"
    return Step(text="If it is on your machine, add it to git:", exact=(command,))


def _project(text: str, name: str) -> Step:
    return Step(text=text, exact=("[project]", f'name = "{name}"', 'version = "1.0"'))


def _wheel_of(text: str, path: str) -> Step:
    folder = "." if path == THE_APP_ITSELF else quote(f"./{path}")
    return Step(text=text, exact=(f"python3 -m pip wheel --no-deps {folder}",))


def _quoted(requirement: str) -> str:
    return quote(requirement) if '"' in requirement else f'"{requirement}"'
