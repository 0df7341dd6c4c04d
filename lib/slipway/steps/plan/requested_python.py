"""Read which Python an app requests, from its settings and files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from slipway.domain.python import selection
from slipway.domain.python.advice import advised, allowed
from slipway.domain.python.kinds import named, refuse_kind
from slipway.domain.python.requests import (
    combine,
    contradict,
    is_possible,
    is_too_old,
    names_python_requires,
    poetry_specifier,
    python_requires,
    refuse_too_old,
    refuse_unusable,
)
from slipway.domain.python.selection import PythonRequest
from slipway.domain.python.series import MINORS
from slipway.domain.python.version_files import (
    CONF_D,
    RUNTIME,
    VERSION_FILE,
    not_a_text,
    requested_in,
    version_files,
)
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import PAKETO_PYTHON, Settings
from slipway.domain.toml_text import Document, table_in, texts_in
from slipway.domain.unread_files import requested_elsewhere
from slipway.effects.files import AppFolder
from slipway.errors.python import (
    ADVISED,
    PythonKindUnsupported,
    PythonsContradict,
    PythonTooOld,
    PythonVersionUnparsable,
    RequestRefused,
)
from slipway.errors.stopped import BuildStopped

_KEYS = {
    "Pipfile": "[requires]",
    "Pipfile.lock": "`requires`",
    "poetry.lock": "python-versions",
    "pdm.lock": "requires_python",
}
"""What says which Pythons a file of dependencies is for; `requires-python` in all others."""
_MOST_SHOWN = 60
_REPLACE_RUNTIME = (
    "Consider replacing runtime.txt with .python-version, which more platforms and tools read; "
    "it contains the version number alone"
)
_DELETE_RUNTIME = (
    "Consider deleting runtime.txt, because the app also has .python-version, which more "
    "platforms and tools read"
)
_LIKE_A_VERSION = re.compile(
    r"""["']?(?:c?python|pypy)?[-\s\d.,*<>=!~^|x+]*["']?(?:\s+\#[\w\s]*)?""", re.IGNORECASE
)


def requested_pythons(
    app: AppFolder, document: Document, settings: Settings, notices: list[str]
) -> Sequence[PythonRequest]:
    """Return the requests of all files but those with dependencies, the first ones first.

    A setting wins over them, and is then the only one. `document` is the app's pyproject.toml.

    Raises PythonVersionUnparsable, PythonKindUnsupported, PythonTooOld, NoSuchPython,
    PythonsContradict.
    """
    setting = _from_settings(settings)
    if setting is not None:
        refuse_unusable([setting])
        notices += _overridden(setting, app, document)
        return (setting,)
    requests = [*_from_version_files(app, notices), *_from_metadata(app, document)]
    if requests:
        refuse_unusable(requests)
        combine(requests)
    return requests


def name_what_fits(
    error: RequestRefused, app: AppFolder, document: Document, declared: Dependencies | None
) -> None:
    """Add to an error what the app's other files allow, and a Python that fits them.

    `declared` are the app's dependencies, if they can be read.
    """
    requests: list[PythonRequest] = []
    for name in version_files(app.entries(CONF_D)):
        with suppress(BuildStopped):  # a file with another fault allows anything
            request, _ = (
                requested_in(app.text(name) or "", name) if app.has(name) else (None, "")
            )
            requests += [request] if request else []
    with suppress(BuildStopped):
        requests.extend(_from_metadata(app, document))
    with suppress(BuildStopped):
        of_dependencies = _from_dependencies(declared, []) if declared else None
        requests += [of_dependencies] if of_dependencies else []
    is_of_files = any(one.origin == error.origin for one in requests)
    requests = [one for one in requests if one.origin != error.origin]
    if isinstance(error, PythonTooOld) and is_of_files:  # a setting has priority over files
        error.also = tuple(
            (str(one.origin), one.requested) for one in requests if is_too_old(one)
        )
    others = [one for one in requests if is_possible(one.specifier)]
    with suppress(PythonsContradict):
        error.others = combine(others).specifier if others else ""
        error.instead = advised(allowed(MINORS, others), error.instead)


def combined_with_dependencies(
    requests: Sequence[PythonRequest],
    app: AppFolder,
    dependencies: Dependencies,
    settings: Settings,
    notices: list[str],
) -> PythonRequest:
    """Combine the requests with that of the lock or Pipfile that counts.

    A lock is compared with the Python of a setting later, when that is selected.

    Raises PythonKindUnsupported, PythonTooOld, NoSuchPython, PythonsContradict.
    """
    if settings.python_version is not None:
        [setting] = requests
        if dependencies.lock is None:
            pipfile, refused = [], []
            try:
                declared = _from_dependencies(dependencies, notices)
                pipfile = [declared] if declared else []
            except PythonKindUnsupported as error:
                refused = [f"{error.origin} ({error.requested})"]
            notices += _excluded(setting, pipfile, refused)
        return setting
    declared = _from_dependencies(dependencies, notices)
    everything = [*requests, declared] if declared else requests
    if not everything:
        notices += _unread(app)
        notices += _hint(app, dependencies)
        return selection.ANY_PYTHON
    refuse_unusable(everything)
    return combine(everything)


def _from_dependencies(dependencies: Dependencies, notices: list[str]) -> PythonRequest | None:
    lock, file = dependencies.lock, dependencies.origin
    required = lock.requires_python if lock is not None else dependencies.requires_python
    if not required:
        return None
    origin = f"{_KEYS.get(file, 'requires-python')} in {file}"
    try:
        return selection.parse_version(required, origin)
    except PythonVersionUnparsable as error:
        # Pipenv takes any Python then; a lock is compared with the Python that is selected.
        if lock is None:
            notices.append(f"Ignoring {origin}: `{error.found}` is not a version of Python")
        return None


def _from_settings(settings: Settings) -> PythonRequest | None:
    requested, origin = settings.python_version, settings.python_version_origin
    if requested is None:
        return None
    if not requested:
        raise PythonVersionUnparsable(origin=origin, found="")
    try:
        return selection.parse_version(requested, origin)
    except PythonVersionUnparsable:
        # Poetry's constraints are those of semver that Paketo accepts.
        specifier = poetry_specifier(requested) if origin == PAKETO_PYTHON else None
        if specifier is not None:
            return PythonRequest(specifier=specifier, requested=requested, origin=origin)
        if _LIKE_A_VERSION.fullmatch(requested):
            raise
        raise PythonVersionUnparsable(origin=origin, found="", is_hidden=True) from None


def _overridden(setting: PythonRequest, app: AppFolder, document: Document) -> Iterator[str]:
    """Yield notices about files that exclude the Python of a setting, or name none."""
    requests: list[PythonRequest] = []
    refused: list[str] = []
    for name in version_files(app.entries(CONF_D)):
        try:
            request, _ = (
                requested_in(app.text(name) or "", name) if app.has(name) else (None, "")
            )
        except PythonVersionUnparsable:
            yield f"Ignoring {name}, because it does not name a Python version"
        except PythonKindUnsupported as error:
            refused.append(f"{name} ({error.requested})")
        else:
            requests += [request] if request else []
    try:
        requests += _from_metadata(app, document)
    except PythonVersionUnparsable as error:
        yield f"Ignoring {error.origin}, because {_not_a_range(error.origin)}"
    except PythonKindUnsupported as error:
        refused.append(f"{error.origin} ({error.requested})")
    yield from _excluded(setting, requests, refused)


def _not_a_range(origin: str) -> str:
    what = "constraint of Poetry" if "poetry" in origin else "version specifier (PEP 440)"
    return f"it is not a {what}"


def _excluded(
    setting: PythonRequest, requests: Iterable[PythonRequest], refused: Sequence[str] = ()
) -> Iterator[str]:
    """Yield a notice about the requests that exclude the Python of a setting.

    `refused` are those that name another kind of Python, as the notice shows them.
    """
    others = [
        *refused,
        *(
            f"{request.origin} ({request.requested})"
            for request in requests
            if contradict(setting, request)
        ),
    ]
    if others:
        yield (
            f"{setting.origin} requests Python {setting.requested}, which "
            f"{' and '.join(others)} exclude{'s' * (len(others) == 1)}. The setting has "
            "priority; make them agree, because other tools and packages may check the files"
        )


def _from_version_files(app: AppFolder, notices: list[str]) -> Iterator[PythonRequest]:
    has_version_file = app.has(VERSION_FILE)
    for name in version_files(app.entries(CONF_D)):
        text = app.text(name)
        if text is None:
            continue
        try:
            request, notice = requested_in(text, name)
        except PythonVersionUnparsable:
            if name != RUNTIME or not has_version_file:
                raise
            notices.append(f"Ignoring {name}, because it does not name a Python version")
            continue
        notices += [notice] if notice else []
        if request is not None:
            yield request
        if name == RUNTIME:
            notices.append(_DELETE_RUNTIME if has_version_file else _REPLACE_RUNTIME)


def _from_metadata(app: AppFolder, document: Document) -> Iterator[PythonRequest]:
    """Yield the requests in the metadata of the app: pyproject.toml, setup.cfg, setup.py."""
    project = table_in(document, "project")
    if "requires-python" in project:
        origin, required = "requires-python in pyproject.toml", project["requires-python"]
        if not isinstance(required, str):
            raise not_a_text(required, origin)
        yield selection.parse_version(required, origin)
    dependencies = table_in(document, "tool", "poetry", "dependencies")
    for name in dependencies:
        if name.lower() == "python":
            yield _from_poetry(dependencies[name])
    for file in _setuptools_files(document):
        required = python_requires(app.text(file) or "", file)
        if required is not None:
            with suppress(PythonVersionUnparsable):  # setuptools reports it, if it is used
                yield selection.parse_version(required, f"python_requires in {file}")


def _setuptools_files(document: Document) -> tuple[str, ...]:
    """Return the files from which setuptools reads the Pythons that the app supports."""
    dynamic = texts_in(table_in(document, "project").get("dynamic"))
    is_declared = "project" in document and "requires-python" not in dynamic
    return () if is_declared else ("setup.cfg", "setup.py")


def _from_poetry(value: object) -> PythonRequest:
    """Read a constraint: a text, a table with `version`, or a list of alternatives.

    Raises PythonVersionUnparsable.
    """
    origin = "python in [tool.poetry.dependencies]"
    constraints = []
    for one in value if isinstance(value, list) else [value]:
        version = one.get("version") if isinstance(one, dict) else one
        if not isinstance(version, str):
            raise not_a_text(value, origin)
        constraints.append(version)
    requested = " || ".join(constraints)
    specifier = poetry_specifier(requested)
    if specifier is None:
        refuse_kind(requested, origin)
        raise PythonVersionUnparsable(
            origin=origin, found=requested[:_MOST_SHOWN], instead=named(requested)
        )
    return PythonRequest(specifier=specifier, requested=requested, origin=origin)


def _unread(app: AppFolder) -> Iterator[str]:
    """Yield a notice about a python_requires that nobody can read without running it."""
    for file in ("setup.cfg", "setup.py"):
        text = app.text(file) or ""
        if names_python_requires(text, file) and not _is_specifier(python_requires(text, file)):
            yield (
                f"Ignoring python_requires in {file}, because it is not a version specifier "
                "(PEP 440) that can be read without running anything. To request a Python, "
                f"write it to .python-version, for example {ADVISED}"
            )


def _is_specifier(text: str | None) -> bool:
    try:
        return text is not None and bool(selection.parse_version(text, ""))
    except (PythonVersionUnparsable, PythonKindUnsupported):
        return False


def _hint(app: AppFolder, dependencies: Dependencies) -> Iterator[str]:
    """Yield one notice about what other tools were told about the app's Python."""
    found: dict[str, str] = {}
    usable: dict[str, None] = {}
    for name, version in requested_elsewhere(app.entries(), app.text, dependencies.files):
        try:
            request = selection.parse_version(version, name)
            refuse_too_old(request)
        except PythonTooOld:
            found[name] = version
        except (PythonVersionUnparsable, PythonKindUnsupported):
            continue
        else:
            if not request.allows_newest:
                found[name] = version
                usable[version] = None
    if found:
        listed = " and ".join(f"{name} ({version})" for name, version in found.items())
        which = "it" if len(usable) == 1 else "one"
        yield (
            f"Slipway does not follow the Python version{'s' * (len(found) > 1)} in {listed}. "
            + (
                f"To use {which}, write {' or '.join(usable)} to .python-version"
                if usable
                else f"It supports Python {selection.OLDEST} and newer"
            )
        )
