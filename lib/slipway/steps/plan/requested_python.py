"""Read which Python an app requests, from its settings and files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from slipway.domain.python import selection
from slipway.domain.python.requests import (
    combine,
    contradict,
    poetry_specifier,
    python_requires,
    refuse_too_old,
)
from slipway.domain.python.selection import PythonRequest
from slipway.domain.python.version_files import (
    RUNTIME,
    VERSION_FILE,
    VERSION_FILES,
    requested_in,
)
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, table_in
from slipway.domain.unread_files import requested_elsewhere
from slipway.effects.files import AppFolder
from slipway.errors.python import (
    PythonKindUnsupported,
    PythonTooOld,
    PythonVersionUnparsable,
)

_KEYS = {
    "Pipfile": "[requires]",
    "Pipfile.lock": "`requires`",
    "poetry.lock": "python-versions",
    "pdm.lock": "requires_python",
}
"""What says which Pythons a file of dependencies is for; `requires-python` in all others."""
_REPLACE_RUNTIME = (
    "Consider replacing runtime.txt with .python-version, which more platforms and tools read; "
    "it contains the version number alone"
)
_DELETE_RUNTIME = (
    "Consider deleting runtime.txt, because the app also has .python-version, which more "
    "platforms and tools read"
)
_LIKE_A_VERSION = re.compile(r"(?:c?python|pypy)?[-\s\d.,*<>=!~^|x+]*", re.IGNORECASE)


def requested_pythons(
    app: AppFolder, document: Document, settings: Settings, notices: list[str]
) -> Sequence[PythonRequest]:
    """Return the requests of all files but those with dependencies, the first ones first.

    A setting wins over them, and is then the only one. `document` is the app's pyproject.toml.

    Raises PythonVersionUnparsable, PythonKindUnsupported, PythonTooOld, PythonsContradict.
    """
    setting = _from_settings(settings)
    if setting is not None:
        refuse_too_old(setting)
        notices += _overridden(setting, app, document)
        return (setting,)
    requests = [*_from_version_files(app, notices), *_from_metadata(app, document)]
    if requests:
        refuse_too_old(requests[0])
        combine(requests)
    return requests


def combined_with_dependencies(
    requests: Sequence[PythonRequest],
    app: AppFolder,
    dependencies: Dependencies,
    settings: Settings,
    notices: list[str],
) -> PythonRequest:
    """Combine the requests with that of the lock or Pipfile that counts.

    A lock is compared with the Python of a setting later, when that is selected.

    Raises PythonKindUnsupported, PythonTooOld, PythonsContradict.
    """
    declared = _from_dependencies(dependencies, notices)
    if settings.python_version is not None:
        [setting] = requests
        if declared and dependencies.lock is None:
            notices += _excluded(setting, [declared])
        return setting
    everything = [*requests, declared] if declared else requests
    if not everything:
        notices += _hint(app, dependencies)
        return selection.ANY_PYTHON
    refuse_too_old(everything[0])
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
        if _LIKE_A_VERSION.fullmatch(requested):
            raise
        # It may be a secret in the wrong place.
        raise PythonVersionUnparsable(origin=origin, found="") from None


def _overridden(setting: PythonRequest, app: AppFolder, document: Document) -> Iterator[str]:
    """Yield a notice if the app's files exclude the Python of a setting."""
    requests = []
    for name in VERSION_FILES:
        with suppress(PythonVersionUnparsable, PythonKindUnsupported):
            request, _ = requested_in(app.text(name) or "", name)
            requests += [request] if request else []
    try:
        requests += _from_metadata(app, document)
    except (PythonVersionUnparsable, PythonKindUnsupported) as error:
        yield f"Ignoring {error.origin}, because it is not a version specifier (PEP 440)"
    yield from _excluded(setting, requests)


def _excluded(setting: PythonRequest, requests: Iterable[PythonRequest]) -> Iterator[str]:
    """Yield a notice about the requests that exclude the Python of a setting."""
    others = [
        f"{request.origin} ({request.requested})"
        for request in requests
        if contradict(setting, request)
    ]
    if others:
        yield (
            f"{setting.origin} requests Python {setting.requested}, which "
            f"{' and '.join(others)} exclude{'s' * (len(others) == 1)}. The setting has "
            "priority; make them agree, because other tools and packages may check the files"
        )


def _from_version_files(app: AppFolder, notices: list[str]) -> Iterator[PythonRequest]:
    has_version_file = app.has(VERSION_FILE)
    for name in VERSION_FILES:
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
    required = table_in(document, "project").get("requires-python")
    if isinstance(required, str):
        yield selection.parse_version(required, "requires-python in pyproject.toml")
    by_poetry = table_in(document, "tool", "poetry", "dependencies").get("python")
    if isinstance(by_poetry, str):
        specifier = poetry_specifier(by_poetry)
        if specifier:
            origin = "python in [tool.poetry.dependencies]"
            yield PythonRequest(specifier=specifier, requested=by_poetry, origin=origin)
    if "project" in document:
        return  # setuptools then reads requires-python instead
    for file in ("setup.cfg", "setup.py"):
        required = python_requires(app.text(file) or "", file)
        if required is not None:
            with suppress(PythonVersionUnparsable):  # setuptools reports it, if it is used
                yield selection.parse_version(required, f"python_requires in {file}")


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
