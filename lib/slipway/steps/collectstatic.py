"""Collect Django's static files if the settings ask for them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from slipway.domain.django.project import DjangoProject
from slipway.effects.files import AppFolder, read_if_there, scratch
from slipway.effects.processes import Command, describe_exit
from slipway.errors.django import StaticRootOutside
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.context import BuildContext

_SUMMARY = re.compile(r"\d+ static files? .*")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What is known of the Django project afterwards."""

    variables: Mapping[str, str]
    """Those of the build, with DJANGO_SETTINGS_MODULE if a Django project can be run."""
    commands: frozenset[str] | None = None
    """The commands of manage.py; None if Django was not set up."""


def collectstatic(context: BuildContext, variables: Mapping[str, str]) -> Collected:
    """Run collectstatic in the app's Python, or log in one line why not.

    Whether the project's settings ask for static files is known only once Django is set up, so
    build_scripts/collectstatic.py decides that, and reports what it did.

    Raises StaticRootOutside, or an error that domain/django/failure.py returns.
    """
    console, project = context.effects.console, context.plan.django
    version = context.virtualenv.distributions().get("django")
    if version is None and project is None:
        return Collected(variables=variables)
    console.header(f"Django {version or ''}".rstrip())
    missing = why_not_run(project, version)
    if project is None or missing:
        console.warning(missing)
        return Collected(variables=variables)
    if project.settings:
        variables = {**variables, "DJANGO_SETTINGS_MODULE": project.settings}
    console.info(f"Using {project.manage}, {project.settings_text}")
    if not context.plan.settings.collectstatic:
        console.info("Skipping collectstatic, because DISABLE_COLLECTSTATIC is set")
        return Collected(variables=variables)
    start = console.now()
    with scratch("collectstatic") as folder:
        file = folder / "report.json"
        script = context.effects.build_scripts / "collectstatic.py"
        command = Command(
            argv=[str(context.virtualenv.python), str(script), str(file), project.manage],
            cwd=context.app,
            env=variables,
            shown=f"python {project.manage} collectstatic --noinput",
        )
        try:
            output = context.effects.processes.run(command, doing="running collectstatic")
        except CommandFailed as error:
            for line in error.output.splitlines():
                console.output(line)
            app = AppFolder(context.app, console.secrets)
            raise _cause(app, project, _report(file), error.status) from error
        report = _report(file)
    commands = frozenset(report["commands"]) if "commands" in report else None
    collected = Collected(variables=variables, commands=commands)
    if report.get("outcome") == "outside":
        settings = project.settings or "the settings module"
        raise StaticRootOutside(settings=settings, folder=str(report["folder"]))
    if report.get("outcome") == "skipped":
        console.info(f"Skipping collectstatic: {report['reason']}")
        return collected
    summary = _SUMMARY.search(output)
    if summary is None and report.get("outcome") != "done":
        console.warning(
            f"{project.manage} exited without running collectstatic, so static files may be "
            "missing"
        )
        return collected
    text = summary[0].replace(f"{context.app}/", "") if summary else "collectstatic finished"
    console.info(f"{text.rstrip('.')} in {console.now() - start:.1f} s")
    return collected


def why_not_run(project: DjangoProject | None, version: str | None) -> str:
    """Return the reason why no Django command is run; empty if one is."""
    if project is None:
        return (
            "Django is installed, but Slipway found no Django manage.py in the app's root "
            "folder or up to two levels below it, so it does not run collectstatic and adds no "
            "release process"
        )
    if version is None:
        return f"{project.manage} is not run: Django is not installed"
    return ""


def _cause(
    app: AppFolder, project: DjangoProject, report: Mapping[str, Any], status: int
) -> BuildStopped:
    from slipway.domain.django.exception_chain import Site
    from slipway.domain.django.failure import cause_of  # only failures need it

    site = Site(project=project, read=partial(_text_if_readable, app), entries=app.entries)
    return cause_of(report, site, describe_exit(status))


def _report(file: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(read_if_there(file) or "{}")
    return content


def _text_if_readable(app: AppFolder, name: str) -> str | None:
    """Read a module, to explain a failure; whatever keeps it from being read is another one."""
    try:
        return app.text(name)
    except BuildStopped:
        return None
