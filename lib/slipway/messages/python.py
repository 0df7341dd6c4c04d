"""Words for a Python that cannot be had."""

from __future__ import annotations

from slipway.errors.python import (
    PythonNotCarriable,
    PythonNotHere,
    PythonTooOld,
    PythonVersionUnparsable,
)
from slipway.messages.wording import Message, Step, explain, listed

_SETTING = "python_version in "
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


def _set_to(version: str, origin: str | None) -> tuple[str, tuple[str, ...]]:
    """Give the place where a version is asked for, and what to write there.

    Of what asks now, a setting wins over every file, and .python-version over the others.
    """
    if origin and origin.startswith(_SETTING):
        return "pyproject.toml", ("[tool.slipway]", f'python_version = "{version}"')
    if origin and origin.isupper():
        return f"the variable {origin}", (f"{origin}={version}",)
    return ".python-version", (version,)


def _steps_for(origin: str) -> tuple[Step, ...]:
    """Say how a version is written where it is asked for."""
    if origin.startswith("requires-python"):
        return _METADATA
    place, exact = _set_to("3.13", origin)
    if place == ".python-version":
        return _VERSION_FILE
    return (Step(text=f"Write one version into {place}, as:", exact=exact),)


@explain.register
def _unparsable(error: PythonVersionUnparsable) -> Message:
    found = {
        0: "It names no version.",
        1: f"It says {error.found[0]!r}, which is no version." if error.found else "",
    }.get(len(error.found), f"It names several: {listed(error.found)}.")
    return Message(
        title=f"{error.file.partition(' in ')[0]} does not name a Python version",
        found=found,
        steps=_steps_for(error.file),
    )


@explain.register
def _too_old(error: PythonTooOld) -> Message:
    place, exact = _set_to("3.13", error.origin)
    return Message(
        title=f"Python {error.asked.removeprefix('python-')} is too old",
        found=f"{error.origin} asks for {error.asked}. Slipway builds with Python "
        f"{error.oldest} and newer.",
        steps=(Step(text=f"Ask for a newer one in {place}:", exact=exact),),
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
    place, exact = _set_to(newest, error.origin)
    return Message(
        title="The Python that is asked for is not here",
        found=f"{origin}, and no interpreter on this image fits.",
        steps=(
            Step(text=f"Ask for one that is here, in {place}:", exact=exact),
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
