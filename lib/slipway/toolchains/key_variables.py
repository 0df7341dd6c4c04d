"""Environment variables in cache keys: what they name counts, not where the platform put it.

Some platforms build in a folder with another name each time, and earlier buildpacks put
headers, libraries and other files below it. So a key has their content, and `.` for the app.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from configparser import Error as UnreadableConfiguration
from pathlib import Path
from urllib.parse import unquote, urlsplit

from slipway.domain.redaction import without_secrets
from slipway.domain.requirements.resolution_request import index_variables
from slipway.effects.files import content_digest
from slipway.toolchains.pip_configuration import configuration_files, settings_for

_NAMES_FILES = ("constraint", "build-constraint", "find-links")
"""Settings of pip, which are also variables of uv, that name files or folders."""
_UV_FILES = (
    "UV_BUILD_CONSTRAINT",
    "UV_CONFIG_FILE",
    "UV_CONSTRAINT",
    "UV_FIND_LINKS",
    "UV_OVERRIDE",
)
_VARIABLES_WITH_FILES = frozenset(
    {*_UV_FILES, *(f"PIP_{name.upper().replace('-', '_')}" for name in _NAMES_FILES)}
)

_HEADERS = (
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    "CMAKE_INCLUDE_PATH",
    "CMAKE_PREFIX_PATH",
)
_LIBRARIES = (
    "CMAKE_LIBRARY_PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "PKG_CONFIG_LIBDIR",
    "PKG_CONFIG_PATH",
)
_FLAGS = (
    "ARCHFLAGS",
    "CC",
    "CFLAGS",
    "CMAKE_ARGS",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "FC",
    "FFLAGS",
    "LDFLAGS",
    "LDSHARED",
    "LD_RUN_PATH",
    "PKG_CONFIG",
    "PKG_CONFIG_SYSROOT_DIR",
    "RUSTFLAGS",
)
_FOLDER_FLAG = re.compile(
    r"(?P<flag>-I|-isystem|-iquote|-idirafter|-include|-imacros|-L|-B)=?(?P<place>.*)"
)
_OF_THE_IMAGE = re.compile(r"/|/(?:usr|lib\w*|bin|sbin|etc|opt|dev|proc|sys)(?:/.*)?")
"""Folders that only another image changes; they are too large to read in each build."""

FORMAT_OPTIONS = ("--no-binary", "--only-binary")
"""pip's options that decide whether wheels or sdists are installed."""


def without_app(text: str, app: Path) -> str:
    """Replace the app's folder, and remove the secrets of addresses."""
    return without_secrets(text.replace(str(app), "."))


def index_facts(app: Path, environment: Mapping[str, str]) -> list[str]:
    """Return what the variables and configuration files of pip and uv say, for a cache key.

    Files and local folders that they name count with their content.
    """
    facts = []
    for variable in index_variables(environment):
        name, _, value = variable.partition("=")
        if name in _VARIABLES_WITH_FILES:
            given = [word for word in _words(value) if _place(word, app) is None]
            value = " ".join(given)
        facts.append(without_app(f"{name}={value}", app))
    for _, text in configuration_files(app, environment):
        facts.append(without_app(text, app))
    for name, value in _named_files(app, environment):
        for word in _words(value):
            place = _place(word, app)
            if place is not None:
                facts.append(f"{name}: {content_digest(place, (app,), is_deep=False)}")
    return facts


def format_facts(options: str, environment: Mapping[str, str]) -> list[str]:
    """Return what decides whether wheels or sdists are installed, for a cache key.

    `options` are lines of a requirements file.
    """
    variables = ("PIP_NO_BINARY", "PIP_ONLY_BINARY")
    return [
        *(line for line in options.splitlines() if line.startswith(FORMAT_OPTIONS)),
        *(f"{name}={environment[name]}" for name in variables if environment.get(name)),
    ]


def _named_files(app: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    try:
        for setting in settings_for(app, environment):
            if setting.name in _NAMES_FILES:
                yield setting.name, setting.value
    except UnreadableConfiguration:
        pass  # pip reports the error
    for name in _UV_FILES:
        if name in environment:
            yield name, environment[name]


def _words(value: str) -> list[str]:
    """Split as pip and uv split lists: at spaces, or for some of uv's at commas."""
    return value.replace(",", " ").split()


def _place(word: str, app: Path) -> Path | None:
    """Return the file or folder that a path or a `file:` URL names; None if it is neither."""
    try:
        parts = urlsplit(word)
    except ValueError:
        return None
    if parts.scheme not in ("", "file"):
        return None
    path = app / (unquote(parts.path) if parts.scheme else word)
    return path if os.path.exists(path) else None


def compiling_facts(
    app: Path, environment: Mapping[str, str], others: Sequence[Path] = ()
) -> list[str]:
    """Return the variables that affect the output of compilers, for a cache key.

    The folders that they search count with their content, those of the image with their path.
    `others` are folders whose paths do not count either, like that of the app.
    """
    facts, moved = [], (app, *others)
    for names, is_deep in ((_HEADERS, True), (_LIBRARIES, False)):
        for name in names:
            folders = environment.get(name, "").split(":")
            found = [_content(folder, moved, is_deep=is_deep) for folder in folders if folder]
            if found:
                facts.append(f"{name}={':'.join(found)}")
    for name in _FLAGS:
        if name in environment:
            value = environment[name]
            contents = _contents_of_flags(value, moved)
            for folder in moved:
                value = without_app(value, folder)
            facts.append(" ".join([f"{name}={value}", *contents]))
    return facts


def _content(place: str, moved: Sequence[Path], *, is_deep: bool) -> str:
    if not place.startswith("/"):
        return place  # below the source of the package
    real = os.path.realpath(place)
    is_moved = any(real.startswith(f"{folder}/") for folder in moved)
    if _OF_THE_IMAGE.fullmatch(real) and not is_moved:
        return place
    return content_digest(Path(real), moved, is_deep=is_deep)


def _contents_of_flags(value: str, moved: Sequence[Path]) -> Sequence[str]:
    """Return a digest for each folder or file that flags such as `-I` name."""
    try:
        words = shlex.split(value)
    except ValueError:
        words = value.split()
    contents = []
    flag = ""
    for word in words:
        found = _FOLDER_FLAG.fullmatch(word)
        if found and not found["place"]:
            flag = found["flag"]
            continue
        place = found["place"] if found else word
        flag = found["flag"] if found else flag
        is_deep = flag not in ("-L", "-B")
        # Without a flag before it, a path is an input file such as a static library.
        if place.startswith("/") and (flag or os.path.isfile(place)):
            contents.append(_content(place, moved, is_deep=is_deep))
        flag = ""
    return contents
