"""Build Django's static files if the settings ask for them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.domain.django.project import DjangoProject
from slipway.effects import Effects
from slipway.effects.files import read_if_there, scratch
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command
from slipway.errors.django import (
    CollectstaticFailed,
    SettingsBroken,
    SettingsVariableMissing,
    StaticFileMissing,
)
from slipway.errors.stopped import BuildStopped, CommandFailed

_SUMMARY = re.compile(r"\d+ static files? .*")
_STORAGE = re.compile(r" with <[^>]*>")
_FILE_MISSING = ("could not be found with", "No such file or directory")


def collectstatic(
    *,
    app: Path,
    project: DjangoProject,
    environment: Virtualenv,
    script: Path,
    variables: Mapping[str, str],
    effects: Effects,
    is_wanted: bool,
) -> None:
    """Run collectstatic in the app's Python, or say in one line why not.

    `script` is lib/build_scripts/collectstatic.py. Whether the settings ask for static files
    is only known once Django is set up, so the script decides, and reports what it did.

    Raises SettingsVariableMissing, SettingsBroken, StaticFileMissing, CollectstaticFailed.
    """
    console = effects.console
    console.info(f"{project.manage}, {project.settings_said}")
    if not is_wanted:
        console.info("No static files are built: DISABLE_COLLECTSTATIC is set")
        return
    start = console.now()
    with scratch("collectstatic") as folder:
        place = folder / "report.json"
        command = Command(
            argv=[str(environment.python), str(script), str(place), project.manage],
            cwd=app,
            env=variables,
            shown=f"python {project.manage} collectstatic --noinput",
        )
        try:
            output = effects.processes.run(command, doing="building static files")
        except CommandFailed as error:
            for line in error.output.splitlines():
                console.output(line)
            raise _failure(project, _read(place), error.output) from error
        report = _read(place)
    if report.get("outcome") == "skipped":
        console.info(f"No static files are built: {report['reason']}")
        return
    summary = _SUMMARY.search(output)
    text = summary[0].replace(f"{app}/", "") if summary else "Static files are built"
    console.info(f"{text.rstrip('.')} in {console.now() - start:.1f} s")


def why_not_staged(project: DjangoProject | None, version: str | None) -> str:
    """Give the reason why Django's own commands do not run; empty if they do."""
    if project is None:
        return (
            "Django is installed, but neither the app's top folder nor those below it have a "
            "manage.py: no static files are built, and no release process is written"
        )
    if version is None:
        return f"{project.manage} is here, but Django is not installed: it is left alone"
    return ""


def _failure(project: DjangoProject, report: Mapping[str, Any], output: str) -> BuildStopped:
    """Tell from the report what the user has to mend; a killed process leaves none."""
    settings = project.settings or "the settings module"
    place = report.get("place")
    message = str(report.get("message", ""))
    reason = f"{report.get('exception', 'It')}: {message}" if message else output[-300:]
    if report.get("variable"):
        variable = str(report["variable"])
        return SettingsVariableMissing(variable=variable, settings=settings, place=place)
    if any(words in message for words in _FILE_MISSING) and not report.get("in_settings"):
        return StaticFileMissing(reason=_STORAGE.sub("", message))
    if report.get("in_settings") or report.get("exception") == "ImproperlyConfigured":
        return SettingsBroken(settings=settings, reason=reason, place=place)
    return CollectstaticFailed(reason=reason, place=place)


def _read(report: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(read_if_there(report) or "{}")
    return content
