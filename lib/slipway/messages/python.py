"""Words for errors of selecting, downloading and bundling the app's Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from shlex import quote

from slipway.errors.python import (
    ADVISED,
    OLDEST,
    TOGETHER,
    ImageHasMusl,
    ManagedPythonBroken,
    ManagedPythonDiffers,
    ManagedPythonNotBuilt,
    ManagedPythonNotFetched,
    ManagedPythonUnknown,
    ManagedPythonWithoutUv,
    NeedsPython2,
    NoSuchPython,
    PythonKindUnsupported,
    PythonNotFound,
    PythonNotRelocatable,
    PythonsContradict,
    PythonTooOld,
    PythonVersionUnparsable,
    UnfitForPython,
    VersionsUnreadable,
)
from slipway.messages.old_apps import modernized, old_words
from slipway.messages.wording import (
    Message,
    Step,
    alternatives,
    explain,
    fitted,
    listed,
    lock_again,
    variable_in,
)

_SETTING = "python_version in "
_IN_LOCK = re.compile(r" in (?P<file>\S*(?:\.lock|pylock(?:\.[^./]+)?\.toml))$")
"""A file that a tool writes, so nobody should edit it."""
_LOCKED_FROM = {
    "uv.lock": ("requires-python in pyproject.toml", "uv lock"),
    "pdm.lock": ("requires-python in pyproject.toml", "pdm lock"),
    "poetry.lock": ("python in [tool.poetry.dependencies]", "poetry lock"),
    "Pipfile.lock": ("[requires] in Pipfile", "pipenv lock"),
}
"""Lock -> what it has its Pythons from, and the command that writes it again."""
_BY_POETRY = "python in [tool.poetry"
_RANGES = ("requires-python", "python_requires", _BY_POETRY)
"""How the origins begin that name all Pythons that the app supports."""
_IN_MISE = ("[tools]", 'python = "{version}"')
_FORMS = {
    "requires-python": ('requires-python = "{range}"',),
    "python_requires in setup.cfg": ("[options]", "python_requires = {range}"),
    "python_requires in setup.py": ('python_requires="{range}"',),
    "python in [tool.poetry": ("[tool.poetry.dependencies]", 'python = "{range}"'),
    "[requires] in Pipfile": ("[requires]", 'python_{full}version = "{version}"'),
    "runtime.txt": ("python-{version}",),
    ".tool-versions": ("python {version}",),
    **dict.fromkeys(("mise", ".mise", ".config/mise"), _IN_MISE),
    "": ("{version}",),
}
"""How an origin begins -> the lines that request a version there."""
_PLAIN_TEXT = (".python-version", "runtime.txt")
_NAME = re.compile(r"[A-Za-z][\w.-]*")
_NUMBER = re.compile(r"[\d.]+")


def set_to(version: str, origin: str | None) -> tuple[str, tuple[str, ...]]:
    """Give the place to request a version, with what to run then, and the exact text there.

    A setting overrides every file; if files request a version, each of them has to allow it.
    """
    if origin and origin.startswith(_SETTING):
        return "pyproject.toml", ("[tool.slipway]", f'python_version = "{version}"')
    if origin and origin.isupper():
        return f"the variable {origin}", (f"{origin}={version}",)
    places: list[str] = []
    lines: list[str] = []
    again = ""
    for one in (origin or ".python-version").split(TOGETHER):
        place, lock = one, _IN_LOCK.search(one)
        if lock:
            place, command = _LOCKED_FROM.get(lock["file"], (".python-version", ""))
            again = f", and run `{command}`"
            if not command:
                again = f", and write {lock['file']} again for that version"
        places.append(place)
        lines += _written(place, version)
    place = " and ".join(dict.fromkeys(places))
    return f"{place}{again}", tuple(dict.fromkeys(lines))


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
    elif fitting.known_by == "range":
        request = f"Request Python {fitting.minor}, {which} {fitting.package} supports"
    elif fitting.known_by == "metadata":
        named = f"the metadata of {fitting.package} names"
        request = f"Request Python {fitting.minor}, {which} {named}"
    else:
        request = f"Request the older Python {fitting.minor}"
    if fitting.missing is not None:
        return _make_available(
            request.replace("Request", "Build on an image that has", 1), fitting.missing
        )
    return (Step(text=f"{request}. In {place}:", exact=exact),)


def _make_available(text: str, missing: PythonNotFound) -> tuple[Step, ...]:
    """Give the steps for a Python that a build could not use though it would fit."""
    image = Step(text=f"{text}. In this build, {missing.why}.")
    if isinstance(missing, (ManagedPythonNotFetched, ManagedPythonDiffers)):
        return image, _MIRROR
    if isinstance(missing, ManagedPythonWithoutUv):
        return image, _install_uv(missing)
    return (image,)


def _install_uv(error: ManagedPythonWithoutUv) -> Step:
    uv = f"uv {error.uv_version}"
    return Step(text=f"Install {uv} on the image, or make sure that the package index has it.")


def _written(origin: str, version: str) -> tuple[str, ...]:
    """Give the exact text that requests a version in a file or key."""
    specifier = f">={version}" if version[:1].isdigit() else version
    full = "full_" if version.count(".") > 1 else ""
    form = next(form for beginning, form in _FORMS.items() if origin.startswith(beginning))
    return tuple(line.format(version=version, range=specifier, full=full) for line in form)


def _advised(origin: str, version: str = ADVISED) -> str:
    """Return the version to write: in a range, the oldest that an app may have."""
    is_range = set_to(version, origin)[0].startswith(_RANGES)
    return ".".join(map(str, OLDEST)) if is_range else version


def _request_one_version(error: PythonVersionUnparsable) -> Step:
    origin, version = error.origin, error.instead
    is_named = version in error.found
    place, exact = set_to(version if is_named else _advised(origin, version), origin)
    if origin.startswith(_RANGES):
        form = (
            "as Poetry writes them"
            if origin.startswith(_BY_POETRY)
            else "in the format of PEP 440"
        )
        text = f"Specify the versions that the app supports in {place}, {form}:"
    elif origin in _PLAIN_TEXT:
        text = f"Write a single version into {place}, as plain text without quotes:"
    else:
        text = f"Request one version in {place}:"
    return Step(text=text, exact=exact)


@explain.register
def _unparsable(error: PythonVersionUnparsable) -> Message:
    expected = "release of CPython"
    if error.origin.startswith(_BY_POETRY):
        expected = "constraint of Poetry"
    elif error.origin.startswith(_RANGES):
        expected = "version specifier (PEP 440)"
    if error.is_hidden:
        found = (
            f"Its value is not a {expected}. The value is not shown here, because it may be a "
            "secret in the wrong place."
        )
    elif not error.found:
        found = "It contains no version."
    elif not error.is_text:
        kind = "the number " if _NUMBER.fullmatch(error.found) else ""
        found = (
            f"It contains {kind}{error.found}, but a version is one text, written in quotes."
        )
    else:
        found = f"It contains {error.found!r}, which is not a {expected}."
        if error.origin == ".python-version" and _NAME.fullmatch(error.found):
            found += " If it names a virtual environment of pyenv, write its version of Python."
    return Message(
        title=fitted("{} does not name a Python version", error.origin.partition(" in ")[0]),
        found=found,
        steps=(_request_one_version(error),),
    )


_KINDS = {
    "free-threaded": ("free-threaded Pythons", "a free-threaded build of CPython"),
    "debug": ("debug builds of Python", "a debug build of CPython"),
    "development": ("development builds of Python", "a development build of CPython"),
    "pre-release": ("pre-releases of Python", "a pre-release of CPython"),
    "conda": ("conda's Pythons", "a Python of conda"),
    "system": ("the Python of a machine", "the Python of whatever machine reads it"),
}
"""Kind -> its name in a title, and what a request for it is."""


@explain.register
def _kind_unsupported(error: PythonKindUnsupported) -> Message:
    name, meaning = _KINDS.get(error.kind, (error.kind, "not CPython"))
    place, exact = set_to(_advised(error.origin, error.instead), error.origin)
    return Message(
        title=fitted("Slipway does not install {}", name),
        found=f"{error.origin} requests `{error.requested}`, which is {meaning}. Slipway "
        "installs final releases of CPython only, in their usual build.",
        steps=(Step(text=f"Request a release of CPython in {place}:", exact=exact),),
    )


@explain.register
def _no_such(error: NoSuchPython) -> Message:
    reason = "no release of Python fits that."
    if error.is_range:
        reason = "no version of Python can fit that, because its parts exclude each other."
    elif re.fullmatch(r"3\d\d", error.requested):
        reason += f" It looks like {error.instead} without its dot."
    is_range = set_to("", error.origin)[0].startswith(_RANGES)
    place, exact = set_to(error.instead, error.origin)
    text = f"Change {place}:" if is_range else f"Request another version in {place}:"
    if error.is_range and place.startswith("[requires] in Pipfile"):
        text = f"Request one version in {place}, with a single key:"
    return Message(
        title=fitted("There is no Python {}", error.requested),
        found=f"{error.origin} requests Python {error.requested}, but {reason}",
        steps=(Step(text=text, exact=exact),),
    )


@explain.register
def _contradict(error: PythonsContradict) -> Message:
    first, second = error.origins
    for_first, for_second = error.nearest
    others = listed([origin for origin, _ in error.parts]) if error.parts else first
    are = "are" if error.parts else "is"
    steps = []
    if for_first and error.parts:
        steps.append(_change_each(error, for_first))
    elif for_first:
        place, exact = set_to(for_first, first)
        steps.append(Step(text=f"Change {place}, if {second} is right:", exact=exact))
    lock = _IN_LOCK.search(second)
    if second == "runtime.txt":
        delete = Step(
            text=f"Delete runtime.txt, if {others} {are} right:", exact=("git rm runtime.txt",)
        )
        steps.append(delete)
    elif lock and lock["file"] not in _LOCKED_FROM:
        text = (
            f"Write {lock['file']} again for Python {error.requested[0]}, with the tool that "
        )
        steps.append(Step(text=f"{text}wrote it, if {others} {are} right."))
    elif for_second or (second.startswith(_RANGES) and not error.parts):
        is_range = set_to("", second)[0].startswith(_RANGES)
        version = error.widened if is_range and not error.parts else for_second
        place, exact = set_to(version, second)
        steps.append(Step(text=f"Change {place}, if {others} {are} right:", exact=exact))
    requests = [*(error.parts or ((first, error.requested[0]),)), (second, error.requested[1])]
    sentences = [f"{origin} requests Python {requested}" for origin, requested in requests]
    fits = "all of them" if error.parts else "both"
    return Message(
        title=f"The app requests {'' if error.parts else 'two '}different Pythons",
        found=f"{', '.join(sentences[:-1])}, and {sentences[-1]}. No version of Python that "
        f"Slipway supports fits {fits}.",
        steps=alternatives(*steps) or (Step(text=f"Change {others} or {second}."),),
    )


def _change_each(error: PythonsContradict, version: str) -> Step:
    """Give the step that lets all files have the version that the last one allows."""
    if len(error.changes) == 1:
        place, exact = set_to(version, error.changes[0])
        return Step(text=f"Change {place}, if the others are right:", exact=exact)
    lines: list[str] = []
    for origin in error.changes:
        place, exact = set_to(version, origin)
        lines += [f"{place}:", *(f"    {line}" for line in exact)]
    text = f"Change these to Python {version}, if {error.origins[1]} is right:"
    return Step(text=text, exact=tuple(lines))


@explain.register
def _too_old(error: PythonTooOld) -> Message:
    requests = [(error.origin, error.requested), *error.also]
    named = listed([f"{origin} requests Python {requested}" for origin, requested in requests])
    newer = tuple(_newer_in_each(error)) if error.also else _newer(error)
    also = (
        f" More has to change for a newer Python: {old_words(error.old)}." if error.old else ""
    )
    return Message(
        title=fitted("Python {} is too old", error.requested),
        found=f"{named}, but Slipway supports only Python {error.oldest} and newer: request one "
        f"of those.{also}",
        steps=(*newer, *modernized(error.old)),
    )


def _newer(error: PythonTooOld) -> tuple[Step, ...]:
    """Give the ways to a newer Python if one file requests one that is too old."""
    place, exact = set_to(_advised(error.origin, error.instead), error.origin)
    verb = "Change" if place.startswith(_RANGES) else "Request a newer version in"
    if error.old.lock:
        place = place.partition(", and run `")[0]  # the last step locks
    steps = [Step(text=f"{verb} {place}:", exact=exact)]
    if error.origin in _PLAIN_TEXT:
        delete = Step(
            text=f"Delete {error.origin}. If nothing else requests a Python, Slipway then uses "
            "the newest one that the pinned packages fit:",
            exact=(f"git rm {error.origin}",),
        )
        steps.append(delete)
    return alternatives(*steps)


def _newer_in_each(error: PythonTooOld) -> Iterator[Step]:
    """Give the steps for several files, all of which are necessary, in this order."""
    origins = [error.origin, *(origin for origin, _ in error.also)]
    locks = [lock["file"] for lock in map(_IN_LOCK.search, origins) if lock]
    places = [one for one in origins if not _IN_LOCK.search(one)]
    is_in_pyproject = any(one in places for one, _ in _LOCKED_FROM.values())
    for lock in locks:
        source, _ = _LOCKED_FROM.get(lock, ("", ""))
        if source and (lock == "Pipfile.lock" or not is_in_pyproject):
            places.append(source)
    for one in places:
        place, exact = set_to(_advised(one, error.instead), one)
        verb = "Change" if place.startswith(_RANGES) else "Request a newer version in"
        or_delete = ", or delete that file" if one in _PLAIN_TEXT else ""
        yield Step(text=f"{verb} {place}{or_delete}:", exact=exact)
    for lock in locks:
        if lock != error.old.lock:  # else the last step locks
            yield lock_again(lock, "Lock again")


@explain.register
def _needs_python_2(error: NeedsPython2) -> Message:
    oldest = ".".join(map(str, OLDEST))
    names = [one.name for one in error.old.requirements if one.never_installs]
    are = "are packages" if len(names) > 1 else "is a package"
    others = old_words(replace(error.old, requirements=()))
    more = f" More in the app is too old: {others}." if others else ""
    return Message(
        title="The app requires packages of Python 2",
        found=f"{listed(names)} {are} that only Python 2 can install, and Slipway supports "
        f"Python {oldest} and newer.{more}",
        steps=modernized(error.old),
    )


@explain.register
def _unreadable_versions(error: VersionsUnreadable) -> Message:
    versions = error.old.versions
    each = [f"`{one.name}=={one.version}` (line {one.line} of {one.file})" for one in versions]
    are = "are no versions" if len(versions) > 1 else "is no version"
    names = listed(list(dict.fromkeys(one.version for one in versions)))
    others = old_words(replace(error.old, versions=()))
    more = f" More in the app is too old: {others}." if others else ""
    steps = modernized(error.old)
    if not others:
        pattern = "|".join(one.name for one in versions)
        files = " ".join(dict.fromkeys(quote(one.file) for one in versions))
        delete = Step(
            text="Require newer versions. To begin with the newest ones, remove the versions "
            "of these:",
            exact=(f"sed -i -E 's/^(({pattern})( *\\[.*\\])?) *== *[^ ;#]+/\\1/I' {files}",),
        )
        steps = (delete,)
    return Message(
        title="A required version cannot be read",
        found=f"The app requires {listed(each)}, and {names} {are} in the format that all tools "
        f"need now (PEP 440).{more}",
        steps=steps,
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
    if error.setting.isupper():
        return (Step(text=f"Remove the variable {error.setting}, so uv can download it."),)
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
    if error.because:
        return f"The app's packages need Python {error.requested} ({error.because})"
    if error.origin:
        return f"{error.origin} requests Python {error.requested}"
    return f"The app needs Python {error.requested}"


def _nearest_usable(error: PythonNotFound) -> str:
    """Give the minor version of the image that is the nearest to the requested; or nothing."""
    return error.nearest or _nearest(
        error.requested, (version for version, _ in error.image_pythons)
    )


def _nearest(requested: str, versions: Iterable[str]) -> str:
    releases = (version.split(".")[:2] for version in versions)
    minors = {(int(major), int(minor)) for major, minor in releases}
    usable = sorted((minor for minor in minors if minor >= OLDEST), reverse=True)
    named = re.search(r"\b3\.(\d{1,3})", requested, re.ASCII)
    if named and not re.match(r">|.* or newer", requested):
        usable.sort(key=lambda minor: abs(minor[1] - int(named[1])))
    return ".".join(map(str, usable[0])) if usable else ""


def _from_an_image(error: PythonNotFound) -> tuple[Step, ...]:
    """Give the steps for using a Python that is on an image."""
    elsewhere = Step(text="Build on an image that has the version you need.")
    usable = _nearest_usable(error)
    if not usable:
        return (elsewhere,)
    place, exact = set_to(usable, error.origin)
    text = f"Request a version that is on the image, in {place}"
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
    oldest = ".".join(map(str, OLDEST))
    lines = [
        f"    {version:10} {path}{_not_used(f'older than {oldest}') if _is_old(version) else ''}"
        for version, path in error.image_pythons
    ]
    lines += [
        f"    {version:10} {path}{_not_used(kind)}" for version, path, kind in error.unusable
    ]
    return (
        ("Found on this image:", *lines) if lines else ("No Python was found on this image.",)
    )


def _not_used(reason: str) -> str:
    return f" (not supported: {reason})"


def _is_old(version: str) -> bool:
    return tuple(map(int, version.split(".")[:2])) < OLDEST


def _uv_reports(reason: Sequence[str]) -> tuple[str, ...]:
    return ("uv reports:", *(f"    {line.strip()}" for line in reason), "") if reason else ()


@explain.register
def _not_found(error: PythonNotFound) -> Message:
    allow = _allow_download(error)
    kind = "variable" if error.setting.isupper() else "setting"
    if error.setting_origin and error.setting != "python_source":
        return Message(
            title="The app's Python must not be downloaded",
            found=f"{_request(error)}. With `python_source`, the app asks for a Python that uv "
            f"downloads, but the {kind} `{error.setting}` forbids a download.",
            steps=alternatives(*allow, *_without_download(error)[:1]),
            details=_image_pythons(error),
        )
    return Message(
        title="The image has no suitable Python",
        found=f"{_request(error)}, but no Python on this image fits."
        + (f" The {kind} `{error.setting}` forbids a download." if allow else ""),
        steps=alternatives(*_from_an_image(error), *allow),
        details=_image_pythons(error),
    )


@explain.register
def _has_musl(error: ImageHasMusl) -> Message:
    return Message(
        title="Slipway does not support images with musl",
        found=f"{_request(error)}. The Pythons of this image are linked with musl, a C library "
        "that Alpine has. Slipway supports images with glibc, such as Debian and Ubuntu.",
        steps=(Step(text="Build on an image with glibc."),),
        details=_image_pythons(error),
    )


@explain.register
def _unknown(error: ManagedPythonUnknown) -> Message:
    known = f" It can download {listed(error.known)}." if error.known else ""
    # With python_source = "managed" it does not matter what the image has.
    image = "" if error.setting else "no Python on this image fits, and "
    steps = [*_without_download(error), _OWN_DOWNLOADS]
    nearest = _nearest(error.requested, error.known)
    if nearest and (error.setting or not _nearest_usable(error)):
        place, exact = set_to(nearest, error.origin)
        text = f"Request a version that uv can download, in {place}:"
        steps.insert(0, Step(text=text, exact=exact))
    return Message(
        title="uv does not know the requested Python",
        found=f"{_request(error)}, but {image}uv has no final release that fits.{known}",
        steps=alternatives(*steps),
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
            _install_uv(error),
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
