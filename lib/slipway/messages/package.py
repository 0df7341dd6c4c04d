"""Words for errors of packaging Slipway itself as a buildpack."""

from __future__ import annotations

from slipway.errors.package import (
    DownloadDiffers,
    DownloadFailed,
    PackFailed,
    PackMissing,
    StageTaken,
    TargetUnknown,
)
from slipway.messages.wording import Message, Step, explain, listed

_MIRROR = ("export SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",)


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
    return Message(
        title=f"Slipway does not support {error.target}",
        found=f"The targets in its buildpack.toml are {listed(error.known)}.",
        steps=(
            Step(
                text="Package for these targets:",
                exact=(" ".join(("slipway/bin/slipway package", *_options(error.known))),),
            ),
        ),
    )


def _options(targets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"--target {target}" for target in targets)


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
                text="Or package without a Python. On a builder that has none, the first build "
                "of each app then downloads one:",
                exact=("slipway/bin/slipway package",),
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
