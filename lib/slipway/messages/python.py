"""Words for errors of selecting, downloading and bundling the app's Python."""

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
_METADATA = Step(
    text="Specify the versions that the app supports, in the format of PEP 440:",
    exact=('requires-python = ">=3.12"',),
)


def _set_to(version: str, origin: str | None) -> tuple[str, tuple[str, ...]]:
    """Give the place to request a version, and the exact text to write there.

    A setting overrides every file, and .python-version overrides the other files.
    """
    if origin and origin.startswith(_SETTING):
        return "pyproject.toml", ("[tool.slipway]", f'python_version = "{version}"')
    if origin and origin.isupper():
        return f"the variable {origin}", (f"{origin}={version}",)
    return ".python-version", (version,)


def _request_one_version(origin: str) -> Step:
    if origin.startswith("requires-python"):
        return _METADATA
    place, exact = _set_to("3.13", origin)
    text = (
        f"Write a single version into {place}, as plain text without quotes:"
        if place == ".python-version"
        else f"Request one version in {place}:"
    )
    return Step(text=text, exact=exact)


@explain.register
def _unparsable(error: PythonVersionUnparsable) -> Message:
    found = {
        0: "It contains no version.",
        1: f"It contains {error.found[0]!r}, which is not a version." if error.found else "",
    }.get(len(error.found), f"It names several versions: {listed(error.found)}.")
    return Message(
        title=f"{error.file.partition(' in ')[0]} does not name a Python version",
        found=found,
        steps=(_request_one_version(error.file),),
    )


@explain.register
def _too_old(error: PythonTooOld) -> Message:
    place, exact = _set_to("3.13", error.origin)
    return Message(
        title=f"Python {error.requested.removeprefix('python-')} is too old",
        found=f"{error.origin} requests {error.requested}. Slipway supports Python "
        f"{error.oldest} and newer.",
        steps=(Step(text=f"Request a newer version in {place}:", exact=exact),),
    )


_MIRROR = Step(
    text="Set a mirror of python-build-standalone that the build can reach, as a config "
    "variable:",
    exact=("SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",),
)
_TABLE = Step(
    text="Or give uv a table of downloads of your own, and a mirror that has them, as config "
    "variables:",
    exact=(
        "UV_PYTHON_DOWNLOADS_JSON_URL=https://mirror.example/pythons.json",
        "SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",
    ),
)
_ALLOW_DOWNLOAD: Mapping[str, Step] = {
    "offline": Step(text="Or remove the setting `offline`, and uv downloads it."),
    "python_source": Step(
        text="Or let uv download it. In pyproject.toml:",
        exact=("[tool.slipway]", 'python_source = "auto"'),
    ),
}


def _request(error: PythonNotFound) -> str:
    if error.origin:
        return f"{error.origin} requests Python {error.requested}"
    return f"The app needs Python {error.requested}"


def _newest_usable(error: PythonNotFound) -> str:
    """Give the newest minor version of the image that Slipway supports; empty if none."""
    minors = (version.split(".")[:2] for version, _ in error.image_pythons)
    usable = [minor for minor in minors if tuple(map(int, minor)) >= OLDEST]
    return ".".join(usable[0]) if usable else ""


def _from_an_image(error: PythonNotFound) -> tuple[Step, ...]:
    """Give the steps for using a Python that is on an image."""
    elsewhere = Step(text="Build on an image that has the version you need.")
    usable = _newest_usable(error)
    if not usable:
        return (elsewhere,)
    place, exact = _set_to(usable, error.origin)
    return Step(
        text=f"Request a version that is on the image, in {place}:", exact=exact
    ), elsewhere


def _without_download(error: PythonNotFound) -> tuple[Step, ...]:
    """Give the same steps, if the app lets uv download a Python."""
    first, *others = _from_an_image(error)
    if error.setting and others:
        first = Step(
            text=f'Remove the setting `{error.setting} = "managed"`. {first.text}',
            exact=first.exact,
        )
    return first, *others


def _image_pythons(error: PythonNotFound) -> tuple[str, ...]:
    if not error.image_pythons:
        return ("No Python was found on this image.",)
    lines = (f"    {version:10} {path}" for version, path in error.image_pythons)
    return ("Found on this image:", *lines)


def _uv_reports(reason: Sequence[str]) -> tuple[str, ...]:
    return ("uv reports:", *(f"    {line.strip()}" for line in reason), "") if reason else ()


@explain.register
def _not_found(error: PythonNotFound) -> Message:
    allow = _ALLOW_DOWNLOAD.get(error.setting)
    return Message(
        title="The image has no suitable Python",
        found=f"{_request(error)}, but no Python on this image fits."
        + (f" The setting `{error.setting}` forbids a download." if allow else ""),
        steps=(*_from_an_image(error), *((allow,) if allow else ())),
        details=_image_pythons(error),
    )


@explain.register
def _unknown(error: ManagedPythonUnknown) -> Message:
    known = f" It can download {listed(error.known)}." if error.known else ""
    # With python_source = "managed" it does not matter what the image has.
    image = "" if error.setting else "no Python on this image fits, and "
    return Message(
        title="uv does not know the requested Python",
        found=f"{_request(error)}, but {image}uv knows of no download that does.{known}",
        steps=(*_without_download(error), _TABLE),
        details=_image_pythons(error),
    )


@explain.register
def _not_built(error: ManagedPythonNotBuilt) -> Message:
    return Message(
        title="uv has no Python for this kind of machine",
        found=f"{_request(error)}. uv should download it, but knows of no builds for "
        f"{error.machine}.",
        steps=(*_without_download(error), _TABLE),
        details=_image_pythons(error),
    )


@explain.register
def _not_downloaded(error: ManagedPythonNotFetched) -> Message:
    return Message(
        title="uv could not download the app's Python",
        found=f"{_request(error)}. uv tried to download it, and failed.",
        steps=(_MIRROR, *_without_download(error)),
        details=(*_uv_reports(error.reason), *_image_pythons(error)),
    )


@explain.register
def _differs(error: ManagedPythonDiffers) -> Message:
    return Message(
        title="The downloaded Python does not have the expected hash",
        found=f"{_request(error)}. The file that uv downloaded does not have the sha256 of uv's "
        "table, so it was not unpacked. It is damaged, or the mirror has another file under "
        "this name.",
        steps=(_MIRROR, *_without_download(error)),
        details=(*_uv_reports(error.reason), *_image_pythons(error)),
    )


@explain.register
def _without_uv(error: ManagedPythonWithoutUv) -> Message:
    return Message(
        title="uv is not available to download the app's Python",
        found=f"{_request(error)}. uv should download it, but is not available: {error.reason}.",
        steps=(
            Step(text="Make sure that the package index in PIP_INDEX_URL has uv."),
            *_without_download(error),
        ),
        details=_image_pythons(error),
    )


@explain.register
def _broken(error: ManagedPythonBroken) -> Message:
    return Message(
        title="The downloaded Python does not run on this image",
        found=f"{_request(error)}. uv downloaded {error.version}, which does not start on this "
        "image. Builds of python-build-standalone for glibc need glibc 2.17 or newer.",
        steps=(*_without_download(error), _MIRROR),
        details=_image_pythons(error),
    )


@explain.register
def _not_relocatable(error: PythonNotRelocatable) -> Message:
    return Message(
        title="This Python cannot be bundled with the app",
        found=f"A copy of {error.path} would not work in another place: {error.reason}.",
        steps=(
            Step(
                text="Let uv download a Python that can be bundled. In pyproject.toml:",
                exact=("[tool.slipway]", 'python_source = "managed"'),
            ),
            Step(
                text="Or, if the app runs on the image that it is built on, do not bundle "
                "Python. In pyproject.toml:",
                exact=("[tool.slipway]", "bundle_python = false"),
            ),
        ),
    )
