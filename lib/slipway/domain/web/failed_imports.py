"""What it means that a process cannot import what its command names.

Either the app or its command is at fault, or the import needs something that a build lacks.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from slipway.domain.database_urls.schemes import is_for_async, is_of_old_scheme
from slipway.domain.django.exception_chain import Failure, Site, failure_of
from slipway.domain.django.failed_reads import missing_variables
from slipway.domain.django.project import DjangoProject, ReadText
from slipway.domain.redaction import printable
from slipway.domain.requirements.modules import requirement_for
from slipway.domain.web.fault_words import line_at
from slipway.domain.web.targets import StartTarget
from slipway.errors.web import Fault, Why

_WORKERS = {
    **{name: name for name in ("aiohttp", "eventlet", "gevent", "tornado", "uvicorn")},
    "uvicorn_worker": "uvicorn-worker",
}
"""The packages of usual worker classes of Gunicorn, by their modules."""

Entries = Callable[[str], Sequence[str]]
"""Lists a folder, subfolders with a slash at the end."""


def meaning_of(
    report: Mapping[str, Any], target: StartTarget, read: ReadText, entries: Entries
) -> Fault | str:
    """Return what is at fault, or else why it is not known whether the process will start.

    `report` is that of build_scripts/import_target.py; `read` and `entries` are for paths from
    where the processes start.
    """
    project = DjangoProject(
        manage=posixpath.join(target.start_folder, "manage.py"),
        settings=None,
        settings_origin=None,
        web=None,
    )
    failure = failure_of(report, Site(project=project, read=read, entries=entries))
    if failure is None:
        return "the import failed"
    return fault_or_lack(failure, report, target, entries) or raised(target, failure)


def fault_or_lack(
    failure: Failure, report: Mapping[str, Any], target: StartTarget, entries: Entries
) -> Fault | str | None:
    """Return what is at fault, or what the build lacks; None if the app raises something."""
    if report.get("refused"):
        return printable(str(report["refused"]))
    variables = missing_variables(failure)
    if variables is not None:
        names = " and ".join(f"`{printable(one.name)}`" for one in variables.variables[:3])
        return f"it needs {names}, which the build does not have"
    return _fault(target, failure, entries)


def not_installed(target: StartTarget, module: str, place: str) -> Fault:
    """Return the fault of a module that something imports at a place, `file:line`."""
    return Fault(
        why=Why.NOT_INSTALLED,
        program=target.program,
        target=target.shown,
        subject=printable(module),
        place=place,
        module=target.module,
        requirement=requirement_for(module),
    )


def _fault(target: StartTarget, failure: Failure, entries: Entries) -> Fault | None:
    cause, place = failure.cause, place_of(target, failure)
    name = str(cause.attributes.get("name", ""))
    fault = replace(not_installed(target, name, place), subject=printable(cause.text))
    if cause.is_a("builtins.ModuleNotFoundError") and name:
        if name == target.module or target.module.startswith(f"{name}."):
            return _no_module(target, entries)
        if cause.attributes.get("parent_owner") == "package":
            return replace(fault, why=Why.NO_NAME, requirement="")  # of another version of it
        return not_installed(target, name, place)
    why = None
    if cause.is_a("builtins.SyntaxError") and cause.last and cause.last.owner == "app":
        why = Why.SYNTAX
    elif cause.is_a("builtins.ImportError") and cause.text.startswith("cannot import name"):
        why = Why.NO_NAME
    elif is_of_old_scheme(cause.types, cause.text):
        why = Why.DATABASE_URL
        fault = replace(fault, is_async=is_for_async(one.function for one in cause.frames))
    return replace(fault, why=why, requirement="") if why else None


def _no_module(target: StartTarget, entries: Entries) -> Fault:
    top = target.module.partition(".")[0]
    files = (entry for folder in target.folders for entry in entries(folder))
    names = [one.removesuffix(".py").removesuffix("/") for one in files]
    similar = get_close_matches(top, [one for one in names if one.isidentifier()], n=1)
    return Fault(
        why=Why.NO_MODULE,
        program=target.program,
        target=target.shown,
        subject=target.module,
        module=target.module,
        requirement=package_of_worker(target.module),
        similar=next((one for one in similar if one != top), ""),
    )


def package_of_worker(module: str) -> str:
    """Return the package that provides a module, also that of a worker class of Gunicorn."""
    top = module.partition(".")[0]
    return _WORKERS.get(top, "") or requirement_for(top)


def place_of(target: StartTarget, failure: Failure) -> str:
    """Return `file:line` of the app's own code that raised an exception; else nothing."""
    last = failure.cause.last
    own = last if last and last.owner == "app" else failure.own
    return posixpath.join(target.start_folder, own.place) if own else ""


def raised(target: StartTarget, failure: Failure) -> str:
    """Say what raises the exception, and where."""
    place = place_of(target, failure)
    where = f"{line_at(place)}, raises" if place else "its import raises"
    return f"{where} {printable(failure.cause.described())}"
