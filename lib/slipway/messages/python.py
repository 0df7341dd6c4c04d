"""Words for a Python that an app cannot get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slipway.errors.python import (
    OLDEST,
    ManagedPythonBroken,
    ManagedPythonDiffers,
    ManagedPythonNotBuilt,
    ManagedPythonNotFetched,
    ManagedPythonUnknown,
    ManagedPythonWithoutUv,
    PythonNotFound,
    PythonNotRelocatable,
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
    """Give the place where a version is requested, and what to write there.

    A setting wins over every file, and .python-version over the other files.
    """
    if origin and origin.startswith(_SETTING):
        return "pyproject.toml", ("[tool.slipway]", f'python_version = "{version}"')
    if origin and origin.isupper():
        return f"the variable {origin}", (f"{origin}={version}",)
    return ".python-version", (version,)


def _steps_for(origin: str) -> tuple[Step, ...]:
    """Say how to write a version where it is requested."""
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
        title=f"Python {error.requested.removeprefix('python-')} is too old",
        found=f"{error.origin} asks for {error.requested}. Slipway builds with Python "
        f"{error.oldest} and newer.",
        steps=(Step(text=f"Ask for a newer one in {place}:", exact=exact),),
    )


_MIRROR = Step(
    text="Name a mirror of python-build-standalone that the build can reach, as a config "
    "variable:",
    exact=("SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",),
)
_TABLE = Step(
    text="Let uv fetch it from a mirror of yours by a table of yours, as config variables:",
    exact=(
        "UV_PYTHON_DOWNLOADS_JSON_URL=https://mirror.example/pythons.json",
        "SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",
    ),
)
_ALLOW_FETCHING: Mapping[str, Step] = {
    "offline": Step(text="Or remove `offline`, or SLIPWAY_OFFLINE: then uv fetches it."),
    "python_source": Step(
        text="Or let uv fetch it; in pyproject.toml:",
        exact=("[tool.slipway]", 'python_source = "auto"'),
    ),
}


def _request(error: PythonNotFound) -> str:
    if error.origin:
        return f"{error.origin} asks for Python {error.requested}"
    return f"The app needs Python {error.requested}"


def _newest_usable(error: PythonNotFound) -> str:
    """Give the newest minor version of the image that apps may ask for; empty if none."""
    minors = (version.split(".")[:2] for version, _ in error.image_pythons)
    usable = [minor for minor in minors if tuple(map(int, minor)) >= OLDEST]
    return ".".join(usable[0]) if usable else ""


def _request_another(error: PythonNotFound) -> Step:
    place, exact = _set_to(_newest_usable(error) or "3.13", error.origin)
    return Step(text=f"Ask for one that is on the image, in {place}:", exact=exact)


def _without_fetching(error: PythonNotFound) -> tuple[Step, ...]:
    """Say how an app can do with what its image has."""
    elsewhere = (Step(text="Build on an image that has the one you need."),)
    if not _newest_usable(error):
        return elsewhere
    first = _request_another(error)
    if error.setting:
        also = f'and remove `{error.setting} = "managed"`. {first.text}'
        first = Step(text=f"Take one of the image, {also}", exact=first.exact)
    return first, *elsewhere


def _image_pythons(error: PythonNotFound) -> tuple[str, ...]:
    if not error.image_pythons:
        return ("No Python was found on this image.",)
    lines = (f"    {version:10} {path}" for version, path in error.image_pythons)
    return ("Found on this image:", *lines)


def _uv_says(reason: Sequence[str]) -> tuple[str, ...]:
    return ("uv says:", *(f"    {line.strip()}" for line in reason), "") if reason else ()


@explain.register
def _not_found(error: PythonNotFound) -> Message:
    allow = _ALLOW_FETCHING.get(error.setting)
    return Message(
        title="The image does not have the Python that the app asks for",
        found=f"{_request(error)}, and no interpreter on this image fits."
        + (f" uv fetches none in its place, as `{error.setting}` says." if allow else ""),
        steps=(
            _request_another(error),
            Step(text="Build on an image that has the one you need."),
            *((allow,) if allow else ()),
        ),
        details=_image_pythons(error),
    )


@explain.register
def _unknown(error: ManagedPythonUnknown) -> Message:
    known = f" uv can fetch {listed(error.known)}." if error.known else ""
    return Message(
        title="There is no such Python on the image, nor for uv to fetch",
        found=f"{_request(error)}. No interpreter that is taken from this image fits, and the "
        f"uv that fetches others knows none that does.{known}",
        steps=(*_without_fetching(error), _TABLE),
        details=_image_pythons(error),
    )


@explain.register
def _not_built(error: ManagedPythonNotBuilt) -> Message:
    return Message(
        title="There is no Python to fetch for this machine",
        found=f"{_request(error)}, and uv would fetch it; but it knows of no builds for "
        f"{error.machine}.",
        steps=(*_without_fetching(error), _TABLE),
        details=_image_pythons(error),
    )


@explain.register
def _not_fetched(error: ManagedPythonNotFetched) -> Message:
    return Message(
        title="The Python that the app asks for cannot be fetched",
        found=f"{_request(error)}, which uv was to fetch, and it got none.",
        steps=(_MIRROR, *_without_fetching(error)),
        details=(*_uv_says(error.reason), *_image_pythons(error)),
    )


@explain.register
def _differs(error: ManagedPythonDiffers) -> Message:
    return Message(
        title="The Python that was fetched is not the right one",
        found=f"{_request(error)}, which uv fetched. The sha256 of the file is another than uv's "
        "table has, so it was not unpacked: it is damaged, or the mirror has another file "
        "under this name.",
        steps=(_MIRROR, *_without_fetching(error)),
        details=(*_uv_says(error.reason), *_image_pythons(error)),
    )


@explain.register
def _without_uv(error: ManagedPythonWithoutUv) -> Message:
    return Message(
        title="There is no uv to fetch the Python that the app asks for",
        found=f"{_request(error)}. uv would fetch it, and cannot be had: {error.reason}.",
        steps=(
            Step(text="See that the package index has uv, at the address in PIP_INDEX_URL."),
            *_without_fetching(error),
        ),
        details=_image_pythons(error),
    )


@explain.register
def _broken(error: ManagedPythonBroken) -> Message:
    return Message(
        title="The Python that was fetched does not run on this image",
        found=f"{_request(error)}. uv fetched {error.version}, which does not start on this "
        "image; those of python-build-standalone need glibc 2.17 or newer.",
        steps=(*_without_fetching(error), _MIRROR),
        details=_image_pythons(error),
    )


@explain.register
def _not_relocatable(error: PythonNotRelocatable) -> Message:
    return Message(
        title="This Python cannot be bundled with the app",
        found=f"A copy of {error.path} would not run elsewhere: {error.reason}.",
        steps=(
            Step(text="Ask in .python-version for another one that is on the image."),
            Step(
                text="If the app runs in the image it is built in, do not bundle Python; in "
                "pyproject.toml:",
                exact=("[tool.slipway]", "bundle_python = false"),
            ),
        ),
    )
