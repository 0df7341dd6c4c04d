"""Words for errors in vendored packages."""

from __future__ import annotations

from shlex import quote

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
from slipway.messages.wording import Message, Step, explain, listed, who_requires_what

_FETCH = "git submodule update --init --recursive"
_LOCK = ("bin/slipway vendor lock .", "git add vendor.lock")


@explain.register
def _folder(error: VendorFolderMissing) -> Message:
    return Message(
        title="A vendor folder that is named is not there",
        found=f"{error.origin} names {error.folder}, and the app has no such folder.",
        steps=(
            _add(error.folder),
            Step(
                text="Or name the one that holds the packages, in pyproject.toml:",
                exact=("[tool.slipway]", 'vendor = "vendor"'),
            ),
        ),
    )


@explain.register
def _missing(error: VendoredMissing) -> Message:
    return Message(
        title="A package that a requirement points to is missing",
        found=f"{error.file}, line {error.line}, names {error.path}, and it is not in the app.",
        steps=(
            _add(error.path),
            Step(text="Or, if it is in another place, write its path from the top of the app."),
        ),
    )


@explain.register
def _not_python(error: VendoredNotPython) -> Message:
    return Message(
        title="What a requirement points to is not a Python package",
        found=f"{error.file}, line {error.line}, names {error.path}. It has no pyproject.toml, setup.py or setup.cfg, and is neither a wheel nor a source archive nor something to import.",
        steps=(
            Step(text="If the package is in a folder below it, name that folder."),
            _project("If it is the package, say its name in a pyproject.toml:", "name"),
        ),
    )


@explain.register
def _outside(error: OutsideTheApp) -> Message:
    return Message(
        title="Something points out of the app",
        found=f"{error.path} points to {error.target}. That is another place on each machine, so only what is in the app's own folder is used.",
        steps=(
            Step(text="Copy what it points to into the app, and point there."),
            Step(text="Or, if nothing needs it, take it out of the app."),
        ),
    )


@explain.register
def _twice(error: VendoredTwice) -> Message:
    # The app itself is never the one to be removed.
    spare = [quote(path) for path in reversed(error.paths) if path != "."]
    remove = f"git rm -r {' '.join(spare[: len(error.paths) - 1])}"
    return Message(
        title="Two vendored packages have the same name",
        found=f"{listed([*map(_named, error.paths)])} have the name {error.name}, and only one of them can be installed. What their pyproject.toml or metadata says counts, not the folder.",
        steps=(
            Step(text="Keep one, and remove what is not meant, such as:", exact=(remove,)),
            Step(text="Or, if they are different packages, give one another name."),
        ),
    )


@explain.register
def _broken(error: VendoredBroken) -> Message:
    return Message(
        title="A vendored package is broken",
        found=f"{_named(error.path)} cannot be used: {error.reason}.",
        steps=(
            Step(text="Repair it, or copy it again from where it came from."),
            Step(text="Or, if nothing needs it, take it out of the app."),
        ),
    )


@explain.register
def _build(error: VendoredBuildFailed) -> Message:
    return Message(
        title="A vendored package could not be built",
        found=f"{error.path} is built by {error.backend}, which ended with an error.",
        steps=(
            Step(text="Read the last lines; they mostly name what is missing."),
            _wheel_of("See whether it can be built on your machine:", error.path),
            Step(text="Or vendor the wheel that this makes, in place of the source."),
        ),
        details=("Its last lines:", *error.output),
    )


@explain.register
def _cycle(error: VendoredBuildCycle) -> Message:
    paths = tuple(dict.fromkeys(error.paths))
    needs = "another of them" if len(paths) > 1 else "that package itself"
    return Message(
        title="Vendored packages need each other to be built",
        found=f"Building {listed(paths)} needs {needs} to be built first.",
        steps=(
            Step(text="Take what the build can do without out of requires in [build-system]."),
            _wheel_of("Or vendor a wheel of one of them, in place of its source:", paths[0]),
        ),
    )


@explain.register
def _unsafe(error: ArchiveUnsafe) -> Message:
    return Message(
        title="An archive holds what is not safe to unpack",
        found=f"{error.path} holds {error.member}: {error.reason}. Such an archive can write where it should not, so nothing of it was used.",
        steps=(
            Step(text="Find out where it comes from, before you trust it."),
            Step(text="If it is yours, make it again:", exact=("python3 -m build --sdist",)),
            Step(text="Or vendor its source as a folder, without what is wrong with it."),
        ),
    )


@explain.register
def _wheel(error: WheelInvalid) -> Message:
    return Message(
        title="A wheel is not what it should be",
        found=f"{error.path} is refused: {error.reason}. It is damaged, or was changed or renamed after it was built.",
        steps=(
            Step(
                text="Get it again from where it came from; it may have been damaged on the way."
            ),
            Step(text="If it was changed by hand, change its source and build it from there."),
        ),
    )


@explain.register
def _other_python(error: WheelNotForThisPython) -> Message:
    name, version, *_ = (*error.paths[0].rpartition("/")[2].split("-"), "", "")
    example = f"{name}-{version}-{(*error.fitting, 'py3-none-any')[0]}.whl"
    verb = "is" if len(error.paths) == 1 else "are"
    return Message(
        title="No vendored wheel fits this Python",
        found=f"The app gets Python {error.python}, and {listed(error.paths)} {verb} for another Python or platform.",
        steps=(
            Step(text="Vendor a wheel with a tag that fits:", exact=(example,)),
            Step(text="Or vendor its sdist or source in its place; Slipway then builds it."),
            Step(text="Or request in .python-version the Python that the wheel is for."),
        ),
        details=("Tags that fit, among others:", *(f"    {tag}" for tag in error.fitting)),
    )


@explain.register
def _version(error: VendoredVersionUnfit) -> Message:
    is_it = f"{error.path} is {error.name} {error.version}."
    is_guess = f"Nothing says which version {error.path} is, so it counts as {error.version}."
    ways_to_say_it = (
        Step(text="If git knows its version, write it down where git is at hand:", exact=_LOCK),
        _project("If it has none at all, say one in a pyproject.toml:", error.name),
    )
    return Message(
        title="A vendored package is not the required version",
        found=f"{is_guess if error.is_guess else is_it} A vendored package always comes before the index, and this one is not the required version.",
        steps=(
            *(ways_to_say_it if error.is_guess else ()),
            Step(text=f"Change what requires it, so that {error.version} fits."),
            Step(text=f"Or vendor another version in its place, at {error.path}."),
        ),
        details=("Who requires what:", *who_requires_what(error.requirements)),
    )


@explain.register
def _offline(error: OfflineMissing) -> Message:
    missing = tuple(dict.fromkeys(one.requirement for one in error.missing))
    command = f"pip download --only-binary :all: --dest {quote(error.folder)}"
    return Message(
        title="Offline, and not all that is needed is vendored",
        found=f"With `offline = true` no index is used, and {error.folder}/ has nothing for {listed(missing)}.",
        steps=(
            Step(
                text="Add the files, with the Python and on the platform that the app gets:",
                exact=tuple(f"{command} {_quoted(requirement)}" for requirement in missing),
            ),
            Step(text="Or remove `offline`, or SLIPWAY_OFFLINE: then an index is used."),
        ),
        details=(
            "Who needs what:",
            *(f"    {one.required_by} needs {one.requirement}" for one in error.missing),
        ),
    )


@explain.register
def _too_new(error: VendoredNotForThisPython) -> Message:
    return Message(
        title="A vendored package does not support this Python",
        found=f"{_named(error.path)} needs Python {error.requires}, and the app gets "
        f"{error.python}.",
        steps=(
            Step(text="Request in .python-version a Python that it supports."),
            Step(text="Or vendor a version of it that supports this one."),
        ),
    )


def _named(path: str) -> str:
    return "The app itself" if path == "." else path


def _add(path: str) -> Step:
    command = f"git add -f {quote(path)}"
    return Step(text="Add it to git, if it is on your machine:", exact=(command,))


def _project(text: str, name: str) -> Step:
    return Step(text=text, exact=("[project]", f'name = "{name}"', 'version = "1.0"'))


def _wheel_of(text: str, path: str) -> Step:
    return Step(text=text, exact=(f"python3 -m pip wheel --no-deps {quote(f'./{path}')}",))


def _quoted(requirement: str) -> str:
    return quote(requirement) if '"' in requirement else f'"{requirement}"'
