"""Find out why a command of Django failed in a script of the app, from what it printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from slipway.domain.django.exception_chain import Failure, Site, failure_of, top_level
from slipway.domain.django.failure import cause_of
from slipway.domain.django.printed_traceback import Surroundings, exceptions_at_end
from slipway.domain.django.release_step import COMMAND
from slipway.effects.files import AppFolder
from slipway.errors.django import (
    DatabaseNotReached,
    LibraryMissing,
    ModuleMissing,
    OwnModuleMissing,
    SettingsBroken,
    SettingsModuleMissing,
    SettingsVariableInvalid,
    SettingsVariableMissing,
)
from slipway.errors.hooks import HookFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.context import BuildContext
from slipway.steps.module_finder import text_of

_UNDERSTOOD = (
    LibraryMissing,
    ModuleMissing,
    OwnModuleMissing,
    SettingsBroken,
    SettingsModuleMissing,
    SettingsVariableInvalid,
    SettingsVariableMissing,
)
"""Causes for which the text of a traceback is enough, wherever the command runs."""
_ASSIGNED = re.compile(r"\b([A-Za-z_]\w*)=")
_MIGRATES = re.compile(r"(?:manage(?:\.py)?|django-admin|django)\s+migrate\b")
_DRIVERS = ("MySQLdb", "oracledb", "psycopg", "psycopg2", "pymysql")


def explain_hook(
    failed: HookFailed, context: BuildContext, variables: Mapping[str, str]
) -> None:
    """Add to an error of a hook why Django's command failed, if its output tells that."""
    error, project = failed.__cause__, context.plan.django
    if not isinstance(error, CommandFailed) or project is None or failed.is_pip_refused:
        return
    app = AppFolder(context.app, context.effects.console.secrets)
    read = partial(text_of, app)
    where = Surroundings(app=str(context.app), project=project.folder, read=read)
    exceptions = exceptions_at_end(error.output, where)
    if not any(_is_of_django(frame) for one in exceptions for frame in one["frames"]):
        return
    script = read(failed.hook) or ""
    known = {name: bool(value) for name, value in variables.items()}
    versions = context.virtualenv.distributions()
    report = {
        "python": str(context.virtualenv.version),
        "settings": _settings(exceptions) or variables.get("DJANGO_SETTINGS_MODULE", ""),
        "configuration": variables.get("DJANGO_CONFIGURATION", ""),
        # A script may set variables itself.
        "variables": {**dict.fromkeys(_ASSIGNED.findall(script), True), **known},
        "distributions": {name: {"version": text} for name, text in versions.items()},
        "storage": "",
        "exceptions": exceptions,
    }
    site = Site(project=project, read=read, entries=app.entries)
    failure = failure_of(report, site)
    cause = cause_of(report, site, failed.reason, failed.hook)
    if failure is None or not _is_understood(cause, failure):
        return
    failed.cause = cause
    failed.migrates = _MIGRATES.search(script) is not None
    procfile = context.plan.procfile
    failed.lacks_release_line = procfile is not None and not any(
        COMMAND in line for line in procfile.values()
    )


def _is_of_django(frame: Mapping[str, str]) -> bool:
    module = frame["module"]
    return module == "__main__" or top_level(module) == "django"


def _settings(exceptions: list[dict[str, list[dict[str, str]]]]) -> str:
    """Return the module of the app that django.conf imports; empty if it has come to none."""
    for one in exceptions:
        is_next = False
        for frame in one["frames"]:
            if is_next and frame["owner"] == "app" and frame["module"]:
                return frame["module"]
            is_next = frame["module"] == "django.conf"
    return ""


def _is_understood(cause: BuildStopped, failure: Failure) -> bool:
    if isinstance(cause, ModuleMissing) and "." in cause.module:
        return False  # an installed package may be without it, which the text does not tell
    return isinstance(cause, _UNDERSTOOD) or (
        isinstance(cause, DatabaseNotReached) and _is_about_connection(failure)
    )


def _is_about_connection(failure: Failure) -> bool:
    """Return whether there was no connection to a database, rather than an error of it."""
    frames = [frame for one in failure.chain for frame in one.frames]
    if any(it.module == "django.db.backends.dummy.base" for it in frames):
        return True
    # Of Django's own modules only that of a database, such as postgresql/base.py, connects.
    return any(
        it.function == "get_new_connection" and "sqlite3" not in it.module
        if it.module.startswith("django.db.backends.")
        else it.function in ("connect", "Connect") and top_level(it.module) in _DRIVERS
        for it in frames
    )
