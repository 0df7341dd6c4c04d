"""Read an app, and decide everything about its build before changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slipway.domain import settings as app_settings
from slipway.domain.app_files import HOOKS, misspelled
from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import binds
from slipway.domain.python import selection as versions
from slipway.domain.python.selection import PythonRequest
from slipway.domain.requirements.dependencies import (
    DEPENDENCY_FILES,
    Dependencies,
    app_as_package,
    from_pyproject,
)
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, parse_toml
from slipway.domain.web.launch import WebApplication
from slipway.domain.web.process_types import parse_procfile
from slipway.effects.files import AppFolder
from slipway.errors.app import VirtualenvCheckedIn
from slipway.errors.dependencies import NoDependencyFile
from slipway.errors.python import PythonVersionUnparsable
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.check_checkout import check_checkout
from slipway.steps.plan.find_django import find_django
from slipway.steps.plan.find_vendored import check_submodules, find_vendored
from slipway.steps.plan.named_files import named_files
from slipway.steps.plan.read_requirements import read_requirements

PYPROJECT = "pyproject.toml"
_OWN_FOLDER = ".slipway/"


def plan(app: AppFolder, environment: Mapping[str, str]) -> BuildPlan:
    """Return every decision; `environment` has the variables for the processes of the build.

    Raises BuildStopped if one of the app's files or settings prevents the build.
    """
    check_submodules(app)
    document = _pyproject(app)
    settings = _settings(document, environment)
    _refuse_virtualenv(app)
    notices: list[str] = []
    python = _python_from_settings(settings) or _python_from_files(app, document, notices)
    files = named_files(app, settings) or (_dependency_file(app),)
    dependencies = _dependencies(app, document, files, environment)
    vendoring = find_vendored(app, settings, dependencies.requirements)
    notices += check_checkout(app, vendoring.folders)
    notices += _editable(dependencies)
    return BuildPlan(
        settings=settings,
        python=python,
        dependencies=dependencies,
        vendoring=vendoring,
        django=find_django(app, settings),
        wsgi=_top_level_wsgi(app),
        procfile=_procfile(app),
        hooks=tuple(hook for hook in HOOKS if app.has(hook)),
        notices=tuple(notices),
    )


def wants_debug(app: AppFolder, environment: Mapping[str, str]) -> bool:
    """Return whether the log level is debug; called before `plan`.

    Returns False if the settings are invalid: `plan` reports that.
    """
    try:
        return _settings(_pyproject(app), environment).log_level == "debug"
    except BuildStopped:
        return False


def _settings(document: Document, environment: Mapping[str, str]) -> Settings:
    return app_settings.parse(_table(document, "tool", "slipway"), environment)


def _pyproject(app: AppFolder) -> Document:
    text = app.text(PYPROJECT)
    return parse_toml(text, PYPROJECT) if text is not None else {}


def _table(document: Document, *names: str) -> Document:
    table = document
    for name in names:
        inner = table.get(name)
        if not isinstance(inner, dict):
            return {}
        table = inner
    return table


def _refuse_virtualenv(app: AppFolder) -> None:
    folders = [name for name in app.entries() if name.endswith("/") and name != _OWN_FOLDER]
    inner = [f"{name}{below}" for name in folders for below in app.entries(name)]
    found = [name for name in [*folders, *inner] if app.has(f"{name}pyvenv.cfg")]
    if found:
        raise VirtualenvCheckedIn(folders=tuple(name.rstrip("/") for name in found))


def _python_from_settings(settings: Settings) -> PythonRequest | None:
    """Read the Python version from the settings, which win over every file."""
    requested, origin = settings.python_version, settings.python_version_origin
    if requested is None:
        return None
    if not requested:
        raise PythonVersionUnparsable(file=origin, found=())
    return versions.parse_version(requested, origin)


def _python_from_files(app: AppFolder, document: Document, notices: list[str]) -> PythonRequest:
    """Read the Python version from .python-version, runtime.txt or requires-python."""
    version_file = app.text(".python-version")
    runtime = app.text("runtime.txt")
    if runtime is not None:
        notices.append(
            "Ignoring runtime.txt, because the app also has .python-version"
            if version_file is not None
            else "Consider replacing runtime.txt with .python-version, which more platforms "
            "and tools read; it contains the version number alone"
        )
    if version_file is not None:
        return versions.parse_version_file(version_file, ".python-version")
    if runtime is not None:
        return versions.parse_version_file(runtime, "runtime.txt")
    required = _table(document, "project").get("requires-python")
    if isinstance(required, str):
        return versions.parse_version(required, f"requires-python in {PYPROJECT}")
    return versions.ANY_PYTHON


def _dependency_file(app: AppFolder) -> str:
    """Return the first of the files that can list an app's dependencies.

    Raises NoDependencyFile.
    """
    source = next((name for name in DEPENDENCY_FILES if app.has(name)), None)
    if source is None and app.entries("requirements.txt"):
        source = "requirements.txt"
    if source is None:
        names = app.entries()
        raise NoDependencyFile(found=names, misspelled=misspelled([*names]))
    return source


def _dependencies(
    app: AppFolder, document: Document, files: Sequence[str], environment: Mapping[str, str]
) -> Dependencies:
    match files:
        case ["pyproject.toml"]:
            return from_pyproject(document, PYPROJECT)
        case ["setup.py" | "setup.cfg" as source]:
            return app_as_package(source)
        case _:
            return read_requirements(app, files, environment)


def _editable(dependencies: Dependencies) -> Iterator[str]:
    """Yield a notice about editable requirements, if there are any."""
    lines = [line for line in dependencies.requirements if line.is_editable]
    if lines:
        places = ", ".join(line.place for line in lines)
        yield (
            f"Installing editable requirements ({places}) as wheels, because the app may be "
            "moved after its build"
        )


def _top_level_wsgi(app: AppFolder) -> WebApplication | None:
    text = app.text("wsgi.py")
    if text is None or not binds(text, "application"):
        return None
    return WebApplication(target="wsgi:application", folder="", origin="wsgi.py")


def _procfile(app: AppFolder) -> Mapping[str, str] | None:
    text = app.text("Procfile")
    return parse_procfile(text) if text is not None else None
