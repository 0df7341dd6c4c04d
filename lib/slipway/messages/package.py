"""Words for a package of Slipway that cannot be made."""

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

_MIRROR = Step(
    text="Name a mirror of it, with the same folders and files:",
    exact=("export SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",),
)


@explain.register
def _missing(error: PackMissing) -> Message:
    return Message(
        title="There is no pack to package with",
        found="A buildpackage is made by pack, the program of the Cloud Native Buildpacks "
        "project, and none is on PATH.",
        steps=(
            Step(text="Install it, as https://buildpacks.io/docs/install-pack/ says."),
            Step(
                text="Or write the files that go in, to package them elsewhere:",
                exact=("bin/slipway package --stage-only slipway-python",),
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
                text="If it was to be published, log in to the registry:",
                exact=("docker login registry.example",),
            ),
            Step(
                text="See which pack this is; 0.34 is the first that packages for several targets:",
                exact=("pack version",),
            ),
        ),
        details=error.output,
    )


@explain.register
def _unknown(error: TargetUnknown) -> Message:
    return Message(
        title=f"Slipway is not made for {error.target}",
        found=f"Its buildpack.toml names {listed(error.known)}.",
        steps=(
            Step(
                text="Package for those alone:",
                exact=(" ".join(("bin/slipway package", *_options(error.known))),),
            ),
        ),
    )


def _options(targets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"--target {target}" for target in targets)


@explain.register
def _taken(error: StageTaken) -> Message:
    return Message(
        title="The folder to write to has something in it",
        found=f"{error.folder} is not an empty folder, and everything in it would be packaged.",
        steps=(Step(text="Name one that is empty, or that is not there."),),
    )


@explain.register
def _unreachable(error: DownloadFailed) -> Message:
    return Message(
        title="The Python to bundle could not be fetched",
        found=f"{error.address} did not give it: {error.reason}.",
        steps=(
            _MIRROR,
            Step(
                text="Or package without one; a builder without Python then fetches it in "
                "each app's first build:",
                exact=("bin/slipway package",),
            ),
        ),
    )


@explain.register
def _differs(error: DownloadDiffers) -> Message:
    return Message(
        title="The Python that was fetched is not the pinned one",
        found=f"{error.address} gave another file than the one vendor/pythons.txt has the "
        "hash of; nothing of it was unpacked.",
        steps=(
            Step(text="Try again: the download may have been cut short."),
            _MIRROR,
        ),
        details=(f"expected sha256  {error.expected}", f"got sha256       {error.got}"),
    )
