"""Read which Python an app requests, from its settings and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, table_in
from slipway.domain.unread_files import requested_elsewhere
from slipway.effects.files import AppFolder
from slipway.errors.python import PythonTooOld, PythonVersionUnparsable

_VERSION_FILE, _RUNTIME = ".python-version", "runtime.txt"
_KEYS = {
    "Pipfile": "[requires]",
    "Pipfile.lock": "`requires`",
    "poetry.lock": "python-versions",
}
"""What says which Pythons a file of dependencies is for; `requires-python` in all others."""
_LIKE_A_VERSION = re.compile(r"(?:c?python|pypy)?[-\s\d.,*<>=!~^|x+]*", re.IGNORECASE)


def requested_python(
    app: AppFolder, document: Document, settings: Settings, notices: list[str]
) -> PythonRequest:
    """Combine the requests of all files, or return that of a setting, which wins over them.

    `document` is the app's pyproject.toml. Raises PythonVersionUnparsable, PythonTooOld,
    PythonsContradict.
    """
    setting = _from_settings(settings)
    if setting is not None:
        refuse_too_old(setting)
        notices += _overridden(setting, app, document)
        return setting
    requests = [*_from_version_files(app, notices), *_from_metadata(app, document)]
    if not requests:
        return selection.ANY_PYTHON
    refuse_too_old(requests[0])
    return combine(requests)


def python_of_dependencies(
    app: AppFolder, dependencies: Dependencies, notices: list[str]
) -> PythonRequest:
    """Return the Python that a lock or a Pipfile is for, if no other file requests one."""
    lock, file = dependencies.lock, dependencies.origin
    required = lock.requires_python if lock is not None else dependencies.requires_python
    if required:
        try:
            request = selection.parse_version(
                required, f"{_KEYS.get(file, 'requires-python')} in {file}"
            )
            refuse_too_old(request)
        except (PythonVersionUnparsable, PythonTooOld):
            pass  # the lock is compared with the Python that is selected
        else:
            return request
    notices += _unread(app)
    return selection.ANY_PYTHON


def _from_settings(settings: Settings) -> PythonRequest | None:
    requested, origin = settings.python_version, settings.python_version_origin
    if requested is None:
        return None
    if not requested:
        raise PythonVersionUnparsable(file=origin, found=())
    try:
        return selection.parse_version(requested, origin)
    except PythonVersionUnparsable:
        if _LIKE_A_VERSION.fullmatch(requested):
            raise
        # It may be a secret in the wrong place.
        raise PythonVersionUnparsable(file=origin, found=()) from None


def _overridden(setting: PythonRequest, app: AppFolder, document: Document) -> Iterator[str]:
    """Yield a notice if the app's own metadata exclude the Python of a setting."""
    try:
        for request in _from_metadata(app, document):
            if contradict(setting, request):
                yield (
                    f"{setting.origin} requests Python {setting.requested}, which "
                    f"{request.origin} ({request.requested}) excludes. The setting has "
                    "priority; make them agree, because packages may check the other one"
                )
    except PythonVersionUnparsable as error:
        yield f"Ignoring {error.file}, because it is not a version specifier (PEP 440)"


def _from_version_files(app: AppFolder, notices: list[str]) -> Iterator[PythonRequest]:
    version_file, runtime = app.text(_VERSION_FILE), app.text(_RUNTIME)
    if version_file is not None:
        yield selection.parse_version_file(version_file, _VERSION_FILE)
    if runtime is None:
        return
    try:
        yield selection.parse_version_file(runtime, _RUNTIME)
    except PythonVersionUnparsable:
        if version_file is None:
            raise
        notices.append("Ignoring runtime.txt, because it does not name a Python version")
        return
    notices.append(
        "Consider replacing runtime.txt with .python-version, which more platforms and tools "
        "read; it contains the version number alone"
        if version_file is None
        else "Consider deleting runtime.txt, because the app also has .python-version, which "
        "more platforms and tools read"
    )


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


def _unread(app: AppFolder) -> Iterator[str]:
    """Yield a notice about the first file of another tool that requests a Python."""
    for name, version in requested_elsewhere(app.entries(), app.text):
        yield f"Slipway does not read the Python version in {name}. {_write(version)}"
        return


def _write(version: str) -> str:
    try:
        request = selection.parse_version(version, "")
        refuse_too_old(request)
    except PythonVersionUnparsable:
        return f"It is {version}; write the version that the app needs to .python-version"
    except PythonTooOld:
        return (
            f"It is {version}, which is too old for Slipway: {selection.OLDEST} is the oldest"
        )
    return f"To use it, write {request.requested} to .python-version"
