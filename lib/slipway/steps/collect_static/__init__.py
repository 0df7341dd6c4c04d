"""Build Django's static files, where the settings ask for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.domain.counting import counted
from slipway.domain.django_project import DjangoProject
from slipway.effects import Effects
from slipway.effects.environments import Environment
from slipway.effects.files import read_if_there, scratch
from slipway.effects.processes import Command
from slipway.errors.django import (
    CollectstaticFailed,
    SettingsBroken,
    SettingsVariableMissing,
    StaticFileMissing,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.collect_static.last_result import LastResult

_SUMMARY = re.compile(r"(\d+) static files? .*")
_STORAGE = re.compile(r" with <[^>]*>")
_FILE_MISSING = ("could not be found with", "No such file or directory")


@dataclass(frozen=True, kw_only=True)
class StaticFiles:
    """One project's static files, built in its own environment."""

    app: Path
    project: DjangoProject
    environment: Environment
    identity: str | None = None
    """What decides all that is in the environment; None if a hook may have changed it."""
    script: Path
    """The script that runs in the app's Python."""
    effects: Effects

    def collect(self, variables: Mapping[str, str], *, is_wanted: bool) -> None:
        """Run collectstatic, or put back its last result, or say in one line why not.

        Raises SettingsVariableMissing, SettingsBroken, StaticFileMissing, CollectstaticFailed.
        """
        self.effects.console.info(f"{self.project.manage}, {self.project.settings_said}")
        if not is_wanted:
            self.effects.console.info("No static files are built: DISABLE_COLLECTSTATIC is set")
            return
        last = LastResult(
            app=self.app,
            project=f"{self.project.manage} {variables.get('DJANGO_SETTINGS_MODULE', '')}",
            environment=self.identity,
            effects=self.effects,
        )
        before = last.look(variables)
        count = last.put_back(before)
        if count is not None:
            self.effects.console.info(
                f"{counted(count, 'static file')} as before: nothing that they are made from "
                "has changed"
            )
            return
        said, output = self._build(variables)
        if said.get("outcome") == "done":
            summary = _SUMMARY.search(output)
            doubt = last.keep(before, said, int(summary[1]) if summary else None)
            if doubt:
                self.effects.console.detail(f"The next build makes static files anew: {doubt}")

    def _build(self, variables: Mapping[str, str]) -> tuple[Mapping[str, Any], str]:
        start = self.effects.console.now()
        with scratch("collectstatic") as folder:
            report = folder / "report.json"
            output, failed = self._run(report, variables)
            said = json.loads(read_if_there(report) or "{}")
        if failed:
            for line in output.splitlines():
                self.effects.console.output(line)
            raise self._meaning(said, output)
        if said.get("outcome") == "skipped":
            self.effects.console.info(f"No static files are built: {said['reason']}")
            return said, output
        took = self.effects.console.now() - start
        summary = _SUMMARY.search(output)
        text = _without_folder(summary[0], self.app) if summary else "Static files are built"
        self.effects.console.info(f"{text.rstrip('.')} in {took:.1f} s")
        return said, output

    def _run(self, report: Path, variables: Mapping[str, str]) -> tuple[str, bool]:
        argv = [
            str(self.environment.python),
            str(self.script),
            str(report),
            self.project.manage,
            str(self.environment.root),
        ]
        shown = f"python {self.project.manage} collectstatic --noinput"
        command = Command(argv=argv, cwd=self.app, env=variables, shown=shown)
        try:
            return self.effects.processes.run(command, doing="building static files"), False
        except CommandFailed as error:
            return error.output, True

    def _meaning(self, said: Mapping[str, Any], output: str) -> BuildStopped:
        settings = self.project.settings or "the settings module"
        place = said.get("place")
        message = str(said.get("message", ""))
        reason = f"{said.get('exception', 'It')}: {message}" if message else output[-300:]
        if said.get("variable"):
            return SettingsVariableMissing(
                variable=str(said["variable"]), settings=settings, place=place
            )
        if any(words in message for words in _FILE_MISSING) and not said.get("in_settings"):
            return StaticFileMissing(reason=_STORAGE.sub("", message))
        if said.get("in_settings") or said.get("exception") == "ImproperlyConfigured":
            return SettingsBroken(settings=settings, reason=reason, place=place)
        return CollectstaticFailed(reason=reason, place=place)


def why_not_staged(project: DjangoProject | None, version: str | None) -> str:
    """Say what a project lacks to be staged; empty if nothing."""
    if project is None:
        return (
            "Django is installed, but neither the app's top folder nor those below it have a "
            "manage.py: no static files are built, and no release process is written"
        )
    if version is None:
        return f"{project.manage} is here, but Django is not installed: it is left alone"
    return ""


def _without_folder(text: str, app: Path) -> str:
    return text.replace(f"{app}/", "")
