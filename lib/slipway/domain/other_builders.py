"""Variables that other builders of Python apps heed, and that users may still have set.

Only variables without which the app would be built in another way than the user wants are named
here; all others may stay set. Variables of heroku/python, and of the buildpacks that users ran
before it: https://github.com/heroku/heroku-buildpack-python/blob/main/CHANGELOG.md,
https://github.com/moneymeets/python-poetry-buildpack,
https://github.com/timanovsky/subdir-heroku-buildpack,
https://github.com/lstoll/heroku-buildpack-monorepo,
https://github.com/heroku/heroku-buildpack-multi-procfile.
Of Paketo's and Google's buildpacks: https://paketo.io/docs/howto/python/,
https://cloud.google.com/docs/buildpacks/python.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from slipway.domain.python.requests import is_possible
from slipway.domain.python.selection import OLDEST, parse_version
from slipway.domain.settings import (
    PAKETO_GROUPS,
    PAKETO_LOG_LEVEL,
    is_log_level,
    paketo_groups,
)
from slipway.errors.python import ADVISED, PythonKindUnsupported, PythonVersionUnparsable

_OFF = ("", "0", "false", "no", "off")
_VERSION = re.compile(r"(?:python-)?[0-9.*x<>=!~, ]{1,40}")
_WEB = re.compile(r"^\s*[\"']?web[\"']?\s*:", re.MULTILINE)
_PROGRAM = re.compile(r"[A-Za-z0-9_.-]+")
_SELECTS = re.compile(
    r"(?:^|\s)(?:-E|--extras|--all-extras|--with|--only|--dev|--group)(?![\w-])"
)
"""Options of `poetry export` and `uv export` that change which packages are exported."""

_OTHER_PYTHONS = "To download Pythons from a place of your own, set SLIPWAY_PYTHON_MIRROR"
_GEO = (
    "Slipway brings no GDAL, GEOS and PROJ. If the app needs them, add heroku-geo-buildpack "
    "before Slipway"
)
_GROUPS = ("SLIPWAY_GROUPS", "SLIPWAY_EXTRAS")
_OF_HEROKU: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "BUILD_WITH_GEO_LIBRARIES": (_GEO, ()),
    "BUILDPACK_S3_BASE_URL": (_OTHER_PYTHONS, ("SLIPWAY_PYTHON_MIRROR",)),
    "BUILDPACK_VENDOR_URL": (_OTHER_PYTHONS, ("SLIPWAY_PYTHON_MIRROR",)),
}
"""Names -> what to do instead, and variables that show that this has been done."""
_FOR_DEVELOPMENT = ("POETRY_EXPORT_DEV_REQUIREMENTS", "UV_EXPORT_DEV_REQUIREMENTS")
_OF_EXPORTS = ("POETRY_EXPORT_PARAMS", "UV_EXPORT_PARAMS")
_PYTHON_OF_HELPERS = "PYTHON_RUNTIME_VERSION"
"""For buildpacks that wrote it to runtime.txt."""
_FOLDERS: Mapping[str, str] = {
    "PROJECT_PATH": "subdir-heroku-buildpack",
    "APP_BASE": "heroku-buildpack-monorepo",
}
"""Variables that name the folder of the app -> the buildpacks that move it to the top."""

_FLAGS = "BP_CPYTHON_CONFIGURE_FLAGS"
_WHEELS = "BP_PIP_DEST_PATH"
_TOOLS = ("BP_PIP_VERSION", "BP_PIPENV_VERSION", "BP_POETRY_VERSION", "BP_UV_VERSION")
_RELOAD = "BP_LIVE_RELOAD_ENABLED"
_STARTS = ("BP_POETRY_RUN_TARGET", "GOOGLE_ENTRYPOINT")
_PYTHON_OF_GOOGLE = ("GOOGLE_PYTHON_VERSION", "GOOGLE_RUNTIME_VERSION")


@dataclass(frozen=True, kw_only=True)
class GroupsAndExtras:
    """The names that the settings `groups` and `extras` may have for an app."""

    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What the notices have to know about the app's repository."""

    root: str
    """The value of the setting `root`; empty if it is not set."""
    has_app: Callable[[str], bool]
    """Whether a folder has a Python app."""
    chosen: Callable[[], GroupsAndExtras]
    """Returns what the app could install besides its main dependencies."""
    text: Callable[[str], str | None]
    """Reads a file; None if there is none, or it cannot be read."""


def notices_for_heroku(variables: Mapping[str, str], repository: Repository) -> Iterator[str]:
    """Yield what to set instead of variables that had an effect on a classic platform."""
    given = _switched_on(variables)
    for name, (advice, instead) in _OF_HEROKU.items():
        if name in given and not given.keys() & instead:
            yield _has_no_effect(name, advice)
    exports = [name for name in _FOR_DEVELOPMENT if name in given]
    exports += [name for name in _OF_EXPORTS if _SELECTS.search(given.get(name, ""))]
    if exports and not given.keys() & _GROUPS:
        yield from _exports(exports, repository.chosen())
    # The other buildpack, if it is still there, has written runtime.txt.
    is_in_file = any(repository.text(name) for name in ("runtime.txt", ".python-version"))
    is_python_named = is_in_file or "SLIPWAY_PYTHON_VERSION" in given
    if _PYTHON_OF_HELPERS in given and not is_python_named:
        yield _has_no_effect(_PYTHON_OF_HELPERS, _python(given[_PYTHON_OF_HELPERS]))
    yield from _moved_folders(given, repository)


def _exports(names: Iterable[str], known: GroupsAndExtras) -> Iterator[str]:
    """Yield a notice for each variable that chose what to export from a lock."""
    groups = [one for one in known.groups if one == "dev"] or known.groups
    for name in names:
        is_dev = name in _FOR_DEVELOPMENT
        chosen = [
            f"{variable}={','.join(values)}"
            for variable, values in (
                ("SLIPWAY_GROUPS", groups if is_dev else known.groups),
                ("SLIPWAY_EXTRAS", () if is_dev else known.extras),
            )
            if values
        ]
        if chosen:
            which = "those for development" if is_dev else "some of these"
            yield _has_no_effect(
                name,
                "Slipway reads the lock itself. To install more than the main dependencies, "
                f"for example {which}, set {' or '.join(chosen)}",
            )


def _moved_folders(given: Mapping[str, str], repository: Repository) -> Iterator[str]:
    """Yield a notice for a folder or file that no buildpack has moved to the top."""
    for name, buildpack in _FOLDERS.items():
        folder = _path(given.get(name, ""))
        if folder and not repository.root and repository.has_app(folder):
            yield _has_no_effect(
                name,
                f"Only {buildpack} heeds it. To build the app in {folder}/, set "
                f"SLIPWAY_ROOT={shlex.quote(folder)}",
            )
    path = _path(given.get("PROCFILE", ""))
    text = repository.text(path) if path else None
    if text is None:
        return
    folder, at_top = posixpath.dirname(path), repository.text("Procfile")
    if text == at_top or (at_top is None and path == f"{repository.root}/Procfile"):
        return
    advice = f"To use {path}, move it to the top of the repository, with the name Procfile"
    if folder and not repository.root and at_top is None and repository.has_app(folder):
        advice = f"To build the app in {folder}/, set SLIPWAY_ROOT={shlex.quote(folder)}"
    yield _has_no_effect("PROCFILE", f"Only heroku-buildpack-multi-procfile heeds it. {advice}")


def _path(value: str) -> str:
    """Return a path in the repository; empty for the top of it, or what is no path in it."""
    path = posixpath.normpath(value).strip("/")
    is_inside = value.isprintable() and path.split("/")[0] not in (".", "..")
    return path if is_inside else ""


def notices_for_images(variables: Mapping[str, str], procfile: str = "") -> Iterator[str]:
    """Yield what to set instead of variables that had an effect on builders of images.

    `procfile` is the text of the app's Procfile, or empty.
    """
    given = _switched_on(variables)
    if _FLAGS in given:
        yield f"{_FLAGS} has no effect: Slipway does not compile Python. Unset it"
    if _WHEELS in given:
        yield _has_no_effect(
            _WHEELS,
            "To name the folder with vendored packages, set SLIPWAY_VENDOR; to use no index, "
            "set SLIPWAY_OFFLINE=true",
        )
    if given.get(PAKETO_LOG_LEVEL) and not is_log_level(given[PAKETO_LOG_LEVEL]):
        yield (
            f"{PAKETO_LOG_LEVEL} has no effect, because only DEBUG and INFO do. For a more "
            f"detailed log, set {PAKETO_LOG_LEVEL}=DEBUG"
        )
    yield from _starts(given, procfile)
    for name in _PYTHON_OF_GOOGLE:
        if name in given and not {"SLIPWAY_PYTHON_VERSION", "BP_CPYTHON_VERSION"} & {*given}:
            yield _has_no_effect(name, _python(given[name]))
    if _RELOAD in given:
        yield _has_no_effect(
            _RELOAD,
            "An image does not restart the app when its files change; to develop, use "
            "`gunicorn --reload` or `manage.py runserver` on your machine",
        )
    if "main" not in (paketo_groups(variables) or ("main",)):
        yield _has_no_effect(
            PAKETO_GROUPS,
            "Slipway always installs the main dependencies. To choose the groups that are "
            "installed as well, set SLIPWAY_GROUPS",
        )
    tools = [name for name in _TOOLS if name in given]
    if tools:
        have, them = ("has", "it") if len(tools) == 1 else ("have", "them")
        yield (
            f"{' and '.join(tools)} {have} no effect: Slipway reads locks itself, and brings "
            f"its own pip. Unset {them}"
        )


def _starts(given: Mapping[str, str], procfile: str) -> Iterator[str]:
    """Yield a notice for a variable with the command that starts the app."""
    has_web = _WEB.search(procfile) is not None
    for name in _STARTS:
        if name in given and has_web:
            yield (
                f"{name} has no effect: the app starts with the command that its Procfile has "
                f"for `web`. If that is the right one, unset {name}"
            )
        elif name in given:
            target = given[name] if _PROGRAM.fullmatch(given[name]) else "COMMAND"
            yield _has_no_effect(
                name, f"Write the command of `web` into a file Procfile: `web: {target}`"
            )


def _switched_on(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with a value other than those for off, in the order of names."""
    return {
        name: value.strip()
        for name, value in sorted(variables.items())
        if value.strip().lower() not in _OFF
    }


def _python(value: str) -> str:
    """Say how to choose the Python of a variable, or if Slipway has none such, another one."""
    wanted, which = ADVISED, "To choose the Python"
    with suppress(PythonVersionUnparsable, PythonKindUnsupported):
        request = parse_version(value, "") if _VERSION.fullmatch(value) else None
        if request and is_possible(request.specifier):
            wanted = shlex.quote(request.requested)
        elif request:
            which = f"Slipway has Python {OLDEST} and newer. To choose one of them"
    return f"{which}, set SLIPWAY_PYTHON_VERSION={wanted}"


def _has_no_effect(name: str, advice: str) -> str:
    return f"{name} has no effect. {advice}. Then unset {name}"
