"""Words for errors of selecting, downloading and bundling the app's Python."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slipway.errors.python import (
    OLDEST,
    TOGETHER,
    ManagedPythonBroken,
    ManagedPythonDiffers,
    ManagedPythonNotBuilt,
    ManagedPythonNotFetched,
    ManagedPythonUnknown,
    ManagedPythonWithoutUv,
    PythonNotFound,
    PythonNotRelocatable,
    PythonsContradict,
    PythonTooOld,
    PythonVersionUnparsable,
    UnfitForPython,
)
from slipway.messages.wording import Message, Step, alternatives, explain, listed, variable_in

_SETTING = "python_version in "
_IN_LOCK = re.compile(r" in (?P<file>\S*(?:\.lock|pylock(?:\.[^./]+)?\.toml))$")
"""A file that a tool writes, so nobody should edit it."""
_METADATA = Step(
    text="Specify the versions that the app supports, in the format of PEP 440:",
    exact=('requires-python = ">=3.12"',),
)


def set_to(version: str, origin: str | None) -> tuple[str, tuple[str, ...]]:
    """Give the place to request a version, and the exact text to write there.

    A setting overrides every file; if files request a version, each of them has to allow it.
    """
    if origin and origin.startswith(_SETTING):
        return "pyproject.toml", ("[tool.slipway]", f'python_version = "{version}"')
    if origin and origin.isupper():
        return f"the variable {origin}", (f"{origin}={version}",)
    if not origin:
        return ".python-version", (version,)
    places = origin.split(TOGETHER)
    lines = [line for place in places for line in _written(place, version)]
    return " and ".join(places), tuple(dict.fromkeys(lines))


def other_python(error: UnfitForPython) -> tuple[Step, ...]:
    """Give the step that requests a Python that fits; none if no such Python is known."""
    fitting = error.fitting
    if fitting is None:
        return ()
    place, exact = set_to(fitting.minor, TOGETHER.join(fitting.changes))
    if place == ".python-version":
        place = "a file .python-version in the app's root folder"
    which = "the newest that" if fitting.is_newest else "which"
    if fitting.known_by == "files":
        request = f"Request Python {fitting.minor}, {which} {fitting.package} has files for"
    elif fitting.known_by == "metadata":
        named = f"the metadata of {fitting.package} names"
        request = f"Request Python {fitting.minor}, {which} {named}"
    else:
        request = f"Request the older Python {fitting.minor}"
    return (Step(text=f"{request}. In {place}:", exact=exact),)


def _request_one_version(origin: str) -> Step:
    if origin.startswith("requires-python"):
        return _METADATA
    place, exact = set_to("3.13", origin)
    text = (
        f"Write a single version into {place}, as plain text without quotes:"
        if place in (".python-version", "runtime.txt")
        else f"Request one version in {place}:"
    )
    return Step(text=text, exact=exact)


@explain.register
def _unparsable(error: PythonVersionUnparsable) -> Message:
    if len(error.found) == 1:
        is_specifier = error.file.startswith("requires-python")
        expected = "version specifier (PEP 440)" if is_specifier else "release of CPython"
        found = f"It contains {error.found[0]!r}, which is not a {expected}."
    elif error.found:
        found = f"It names several versions: {listed(error.found)}."
    else:
        found = "It contains no version."
    return Message(
        title=f"{error.file.partition(' in ')[0]} does not name a Python version",
        found=found,
        steps=(_request_one_version(error.file),),
    )


@explain.register
def _contradict(error: PythonsContradict) -> Message:
    first, second = error.origins
    change_first = Step(
        text=f"Change {first}, if {second} is right:", exact=_written(first, error.nearest)
    )
    if second == "runtime.txt":
        change_second = Step(
            text=f"Delete runtime.txt, if {first} is right:", exact=("git rm runtime.txt",)
        )
    else:
        change_second = Step(
            text=f"Change {second}, if {first} is right:",
            exact=_written(second, error.widened),
        )
    return Message(
        title="The app requests two different Pythons",
        found=f"{first} requests Python {error.requested[0]}, and {second} requests Python "
        f"{error.requested[1]}. No version of Python that Slipway supports fits both.",
        steps=alternatives(change_first, change_second) if error.nearest else (change_second,),
    )


def _written(origin: str, version: str) -> tuple[str, ...]:
    """Give the exact text that requests a version in a file or key."""
    specifier = f">={version}" if version[:1].isdigit() else version
    if origin.startswith("requires-python"):
        return (f'requires-python = "{specifier}"',)
    if origin == "python_requires in setup.cfg":
        return "[options]", f"python_requires = {specifier}"
    if origin == "python_requires in setup.py":
        return (f'python_requires="{specifier}"',)
    if origin.startswith("python in [tool.poetry"):
        return "[tool.poetry.dependencies]", f'python = "{specifier}"'
    return (version,)


@explain.register
def _too_old(error: PythonTooOld) -> Message:
    place, exact = set_to("3.13", error.origin)
    return Message(
        title=f"Python {error.requested} is too old",
        found=f"{error.origin} requests Python {error.requested}. Slipway supports Python "
        f"{error.oldest} and newer.",
        steps=(Step(text=f"Request a newer version in {place}:", exact=exact),),
    )


_MIRROR = Step(
    text="Set a mirror of python-build-standalone that the build can reach, as a config "
    "variable:",
    exact=("SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",),
)
_OWN_DOWNLOADS = Step(
    text="Set your own list of downloads for uv, and a mirror that has those files, as config "
    "variables:",
    exact=(
        "UV_PYTHON_DOWNLOADS_JSON_URL=https://mirror.example/pythons.json",
        "SLIPWAY_PYTHON_MIRROR=https://mirror.example/python-build-standalone",
    ),
)


def _allow_download(error: PythonNotFound) -> tuple[Step, ...]:
    """Give the step that lets uv download a Python, if a setting forbids it."""
    if error.setting == "offline":
        return (Step(text="Remove the setting `offline`, so uv can download it."),)
    variable = variable_in(error.setting_origin)
    if variable:
        step = Step(
            text="Let uv download it, with a config variable:", exact=(f"{variable}=auto",)
        )
    else:
        step = Step(
            text="Let uv download it. In pyproject.toml:",
            exact=("[tool.slipway]", 'python_source = "auto"'),
        )
    return (step,) if error.setting else ()


def _request(error: PythonNotFound) -> str:
    if error.origin:
        return f"{error.origin} requests Python {error.requested}"
    return f"The app needs Python {error.requested}"


def _nearest_usable(error: PythonNotFound) -> str:
    """Give the minor version of the image that is the nearest to the requested; or nothing."""
    releases = (version.split(".")[:2] for version, _ in error.image_pythons)
    minors = {(int(major), int(minor)) for major, minor in releases}
    usable = sorted((minor for minor in minors if minor >= OLDEST), reverse=True)
    named = re.search(r"\b3\.(\d{1,3})", error.requested, re.ASCII)
    if named:
        usable.sort(key=lambda minor: abs(minor[1] - int(named[1])))
    return ".".join(map(str, usable[0])) if usable else ""


def _from_an_image(error: PythonNotFound) -> tuple[Step, ...]:
    """Give the steps for using a Python that is on an image."""
    elsewhere = Step(text="Build on an image that has the version you need.")
    usable = _nearest_usable(error)
    if not usable:
        return (elsewhere,)
    of_lock = _IN_LOCK.search(error.origin or "")
    place, exact = set_to(usable, None if of_lock else error.origin)
    text = f"Request a version that is on the image, in {place}"
    if of_lock:
        text += f", and write {of_lock['file']} again for that version"
    return Step(text=f"{text}:", exact=exact), elsewhere


def _without_download(error: PythonNotFound) -> tuple[Step, ...]:
    """Give the same steps, if the app lets uv download a Python."""
    first, *others = _from_an_image(error)
    if not error.setting:
        return first, *others
    allow = 'Set `python_source = "auto"` in pyproject.toml'
    variable = variable_in(error.setting_origin)
    if variable:
        allow = f"Set {variable}=auto"
    text = f"{allow}, and {first.text[0].lower()}{first.text[1:]}"
    return Step(text=text, exact=first.exact), *others


def _image_pythons(error: PythonNotFound) -> tuple[str, ...]:
    if not error.image_pythons:
        return ("No Python was found on this image.",)
    lines = (f"    {version:10} {path}" for version, path in error.image_pythons)
    return ("Found on this image:", *lines)


def _uv_reports(reason: Sequence[str]) -> tuple[str, ...]:
    return ("uv reports:", *(f"    {line.strip()}" for line in reason), "") if reason else ()


@explain.register
def _not_found(error: PythonNotFound) -> Message:
    allow = _allow_download(error)
    return Message(
        title="The image has no suitable Python",
        found=f"{_request(error)}, but no Python on this image fits."
        + (f" The setting `{error.setting}` forbids a download." if allow else ""),
        steps=alternatives(*_from_an_image(error), *allow),
        details=_image_pythons(error),
    )


@explain.register
def _unknown(error: ManagedPythonUnknown) -> Message:
    known = f" It can download {listed(error.known)}." if error.known else ""
    # With python_source = "managed" it does not matter what the image has.
    image = "" if error.setting else "no Python on this image fits, and "
    return Message(
        title="uv does not know the requested Python",
        found=f"{_request(error)}, but {image}uv has no download that fits.{known}",
        steps=alternatives(*_without_download(error), _OWN_DOWNLOADS),
        details=_image_pythons(error),
    )


@explain.register
def _not_built(error: ManagedPythonNotBuilt) -> Message:
    return Message(
        title="uv has no Python for this kind of machine",
        found=f"{_request(error)}. Slipway asked uv to download it, but uv has no builds for "
        f"{error.machine}.",
        steps=alternatives(*_without_download(error), _OWN_DOWNLOADS),
        details=_image_pythons(error),
    )


@explain.register
def _not_downloaded(error: ManagedPythonNotFetched) -> Message:
    return Message(
        title="uv could not download the app's Python",
        found=f"{_request(error)}. uv could not download it.",
        steps=alternatives(_MIRROR, *_without_download(error)),
        details=(*_uv_reports(error.reason), *_image_pythons(error)),
    )


@explain.register
def _differs(error: ManagedPythonDiffers) -> Message:
    return Message(
        title="The downloaded Python does not have the expected hash",
        found=f"{_request(error)}. The sha256 of the file that uv downloaded is not the one "
        "that uv expects, so it was not unpacked. The file is damaged, or the server has "
        "another file under this name.",
        steps=alternatives(
            Step(text="If the download may have been damaged, build again."),
            Step(
                text="Set a mirror that has the unchanged files of python-build-standalone, as a "
                "config variable:",
                exact=_MIRROR.exact,
            ),
            *_without_download(error),
        ),
        details=(*_uv_reports(error.reason), *_image_pythons(error)),
    )


@explain.register
def _without_uv(error: ManagedPythonWithoutUv) -> Message:
    return Message(
        title="uv is not available to download the app's Python",
        found=f"{_request(error)}. Slipway needs uv to download it, but uv is not available: "
        f"{error.reason}.",
        steps=alternatives(
            Step(
                text=f"Install uv {error.uv_version} on the image, or make sure that the package "
                "index has it."
            ),
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
        steps=alternatives(*_without_download(error)),
        details=_image_pythons(error),
    )


@explain.register
def _not_relocatable(error: PythonNotRelocatable) -> Message:
    return Message(
        title="This Python cannot be bundled with the app",
        found=f"A copy of {error.path} would not work in another place: {error.reason}.",
        steps=(
            Step(
                text="Let uv download a Python that can be bundled, with a config variable:",
                exact=("SLIPWAY_PYTHON_SOURCE=managed",),
            ),
            Step(
                text="Or, if the app runs on the image that it is built on, turn bundling off with "
                "a config variable:",
                exact=("SLIPWAY_BUNDLE_PYTHON=false",),
            ),
        ),
    )
