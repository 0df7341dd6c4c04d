"""Words for a Python that cannot be had."""

from __future__ import annotations

from slipway.errors.python import (
    PythonNotCarriable,
    PythonNotHere,
    PythonTooOld,
    PythonVersionUnparsable,
)
from slipway.messages.wording import Message, Step, explain, listed

_VERSION_FILE = (
    Step(text="Write one version alone, the newest patch of it is taken:", exact=("3.13",)),
    Step(text="Save it as plain text, without quotes."),
)
_METADATA = (
    Step(
        text="Write which versions the app works with, as PEP 440 has it:",
        exact=('requires-python = ">=3.12"',),
    ),
)


@explain.register
def _unparsable(error: PythonVersionUnparsable) -> Message:
    found = {
        0: "It names no version.",
        1: f"It says {error.found[0]!r}, which is no version." if error.found else "",
    }.get(len(error.found), f"It names several: {listed(error.found)}.")
    return Message(
        title=f"{error.file.partition(' in ')[0]} does not name a Python version",
        found=found,
        steps=_METADATA if error.file.startswith("requires-python") else _VERSION_FILE,
    )


@explain.register
def _too_old(error: PythonTooOld) -> Message:
    return Message(
        title=f"Python {error.asked.removeprefix('python-')} is too old",
        found=f"{error.origin} asks for {error.asked}. Slipway builds with Python "
        f"{error.oldest} and newer.",
        steps=(Step(text="Ask for a newer one in .python-version:", exact=("3.13",)),),
    )


@explain.register
def _not_here(error: PythonNotHere) -> Message:
    origin = (
        f"{error.origin} asks for Python {error.asked}"
        if error.origin
        else (f"The app needs Python {error.asked}")
    )
    versions = [version for version, _ in error.here]
    newest = ".".join(versions[0].split(".")[:2]) if versions else "3.13"
    return Message(
        title="The Python that is asked for is not here",
        found=f"{origin}, and no interpreter on this image fits.",
        steps=(
            Step(text="Ask for one that is here, in .python-version:", exact=(newest,)),
            Step(text="Build on an image that has the one you need."),
        ),
        details=(
            "Found on this image:",
            *(f"    {version:10} {path}" for version, path in error.here),
        )
        if error.here
        else ("No Python was found on this image.",),
    )


@explain.register
def _not_carriable(error: PythonNotCarriable) -> Message:
    return Message(
        title="This Python cannot go along with the app",
        found=f"A copy of {error.path} would not run elsewhere: {error.reason}.",
        steps=(
            Step(text="Ask in .python-version for another one that is on the image."),
            Step(
                text="If the app runs in the image it is built in, leave Python where it "
                "is; in pyproject.toml:",
                exact=("[tool.slipway]", "carry_python = false"),
            ),
        ),
    )
