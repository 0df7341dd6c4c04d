"""Words for errors of packaging Slipway itself as a buildpack."""

from __future__ import annotations

from shlex import quote

from slipway.errors.package import (
    DownloadDiffers,
    DownloadFailed,
    PackageNotWritten,
    PackFailed,
    PackMissing,
    PythonsNotBundled,
    StageTaken,
    TargetUnknown,
    UvNotBundled,
)
from slipway.messages.wording import (
    LAST_LINES,
    Message,
    Step,
    alternatives,
    explain,
    fitted,
    listed,
)

_MIRROR = ("export SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",)

_EXAMPLES = {
    "--cloud-foundry": ("file, in a folder", "slipway.zip"),
    "--output": ("folder", "packages"),
    "--stage-only": ("folder", "slipway-python"),
}
"""What each option names that the user can write to, and an example."""


def _command(*options: str) -> str:
    return " ".join(("slipway/bin/slipway package", *map(quote, options)))


def _without_offline(options: tuple[str, ...]) -> Step:
    return Step(
        text="Or package only a Python that runs Slipway. Builds then need a network if an app "
        "requests another Python:",
        exact=(_command("--with-python", *options),),
    )


@explain.register
def _missing(error: PackMissing) -> Message:
    return Message(
        title="pack is not on PATH",
        found="Slipway uses pack, the command-line tool of the Cloud Native Buildpacks project, "
        "to make a package.",
        steps=(
            Step(
                text="Install it. This page describes how:",
                exact=(
                    "https://buildpacks.io/docs/for-platform-operators/how-to/integrate-ci/pack/",
                ),
            ),
            Step(
                text="Or only write the files of the package, to package them elsewhere:",
                exact=("slipway/bin/slipway package --stage-only slipway-python",),
            ),
        ),
        details=(f"PATH is {error.path}",),
    )


@explain.register
def _failed(error: PackFailed) -> Message:
    return Message(
        title="pack could not make the package",
        found="The last lines of its output are below.",
        steps=(
            Step(
                text="If you want to publish it, log in to the registry:",
                exact=("docker login registry.example",),
            ),
            Step(
                text="Check the version. pack can package for several targets since 0.34:",
                exact=("pack version",),
            ),
        ),
        details=error.output,
    )


@explain.register
def _unknown(error: TargetUnknown) -> Message:
    is_for_one = "--cloud-foundry" in error.options
    targets = [("--target", target) for target in error.known]
    every = [part for target in targets for part in target]
    commands = targets if is_for_one else [every]
    return Message(
        title=fitted("Slipway does not support {}", error.target),
        found=f"The targets in its buildpack.toml are {listed(error.known)}.",
        steps=(
            Step(
                text=f"Package for {'one of ' if is_for_one else ''}these targets:",
                exact=tuple(_command(*error.options, *command) for command in commands),
            ),
        ),
    )


@explain.register
def _taken(error: StageTaken) -> Message:
    return Message(
        title="The folder for --stage-only is not empty",
        found=f"{error.folder} is not an empty folder. Everything in it would be packaged.",
        steps=(Step(text="Choose a folder that is empty or does not exist."),),
    )


@explain.register
def _unreachable(error: DownloadFailed) -> Message:
    return Message(
        title="The Python to bundle could not be downloaded",
        found=f"The download of {error.address} failed: {error.reason}.",
        steps=(
            Step(text="Set a mirror of python-build-standalone:", exact=_MIRROR),
            Step(
                text="Or package without a Python: leave out --with-python and --offline. On a "
                "builder that has no Python, the first build of each app then downloads one."
            ),
        ),
    )


@explain.register
def _differs(error: DownloadDiffers) -> Message:
    return Message(
        title="The Python to bundle does not have the pinned hash",
        found=f"The file at {error.address} does not have the hash in vendor/pythons.txt, so it "
        "was not unpacked.",
        steps=(
            Step(text="Try again: the download may have been incomplete."),
            Step(text="Or set a mirror of python-build-standalone:", exact=_MIRROR),
        ),
        details=(f"    expected sha256 {error.expected}", f"    got sha256      {error.got}"),
    )


@explain.register
def _not_written(error: PackageNotWritten) -> Message:
    what, example = _EXAMPLES[error.option]
    cause, steps = "", list[Step]()
    if error.denial and error.denial.mode:
        place, user = error.denial.path, error.denial.user
        cause = (
            f" {place} belongs to {error.denial.owner}, has the mode {error.denial.mode}, and "
            f"the command runs as the user {user}."
        )
        steps = [
            Step(
                text=f"Make sure that the user {user} can write to it:",
                exact=(f"ls -ld {quote(place)}",),
            )
        ]
    named = Step(
        text=f"Name another {what} that you can write to, for example:",
        exact=(_command(error.option, example),),
    )
    return Message(
        title="The package cannot be written there",
        found=f"{error.path} cannot be written: {error.reason}.{cause}",
        steps=alternatives(*steps, named),
    )


@explain.register
def _without_uv(error: UvNotBundled) -> Message:
    return Message(
        title="uv could not be downloaded for an offline package",
        found=f"The package needs uv {error.version}, which pip downloads from the package "
        f"index, but it is not available: {error.reason}.",
        steps=(
            Step(
                text="If you use a package index of your own, name it as for pip:",
                exact=("export PIP_INDEX_URL=https://packages.example/simple",),
            ),
            _without_offline(error.options),
        ),
    )


@explain.register
def _without_pythons(error: PythonsNotBundled) -> Message:
    return Message(
        title="The Pythons for an offline package could not be downloaded",
        found="uv failed to download a Python of each minor version that apps can have.",
        steps=(
            Step(text="Set a mirror of python-build-standalone:", exact=_MIRROR),
            _without_offline(error.options),
        ),
        details=(LAST_LINES, *error.reason),
    )
