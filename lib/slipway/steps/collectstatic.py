"""Collect Django's static files if the settings ask for them, after the app's own commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from slipway.domain.app_files import COLLECTSTATIC_DISABLED
from slipway.domain.django.project import DjangoProject
from slipway.effects.files import AppFolder
from slipway.errors.django import (
    BuildCommandMalformed,
    BuildCommandsWithoutDjango,
    BuildCommandUnknown,
    Computed,
    SettingsComputed,
    StaticRootOutside,
    StorageUnusable,
)
from slipway.steps.context import BuildContext
from slipway.steps.django_commands import DjangoCommands, Ran

_SUMMARY = re.compile(r"\d+ static files? .*")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What is known of the Django project afterwards."""

    variables: Mapping[str, str]
    """Those of the build, with DJANGO_SETTINGS_MODULE if a Django project can be run."""
    with_placeholders: Mapping[str, str] = field(default_factory=dict)
    """The same with the throw-away values that Django's commands had; they may name files."""
    commands: frozenset[str] | None = None
    """The commands of manage.py; None if Django was not set up."""
    pages: Mapping[str, Mapping[str, Any]] | None = None
    """What describes why Django cannot import what it needs for pages, `urls` and `templates`,
    each empty if it can; None if that is not known."""
    refuses_hosts: bool = False
    """Whether ALLOWED_HOSTS is empty, so that Django answers requests with the status 400."""


def collectstatic(
    context: BuildContext,
    variables: Mapping[str, str],
    folder: Path,
    *,
    imports_pages: bool = False,
) -> Collected:
    """Run the setting's `build_commands` and collectstatic, or log in one line why not.

    Whether the project's settings ask for static files is known only once Django is set up, so
    build_scripts/django_command.py decides that, and reports what it did. The files that
    throw-away values name are in `folder`. With `imports_pages`, the same process also
    imports the URLconf and what templates load.

    Raises StaticRootOutside, StorageUnusable, SettingsComputed, PlaceholderLeft,
    BuildCommandUnknown, BuildCommandMalformed, BuildCommandsWithoutDjango, or an error that
    domain/django/failure.py returns.
    """
    console, project = context.effects.console, context.plan.django
    settings, version = context.plan.settings, context.virtualenv.distributions().get("django")
    without = Collected(variables=variables, with_placeholders=variables)
    if version is None and project is None and not settings.build_commands:
        return without
    console.header(f"Django {version or ''}".rstrip())
    missing = why_not_run(project, version)
    if project is None or missing:
        if settings.build_commands:
            raise BuildCommandsWithoutDjango(commands=settings.build_commands, reason=missing)
        console.warning(missing)
        return without
    if project.settings:
        variables = {**variables, "DJANGO_SETTINGS_MODULE": project.settings}
    console.info(f"Using {project.manage}, {project.settings_text}")
    commands = DjangoCommands(
        context=context, project=project, variables=variables, folder=folder
    )
    ran = [_run_build_command(commands, text) for text in settings.build_commands]
    is_disabled = AppFolder(context.app).has(COLLECTSTATIC_DISABLED)
    if settings.collectstatic and not is_disabled:
        commands.imports_pages = imports_pages
        ran.append(_collect(commands))
    elif context.plan.tests is not None:
        console.info("Skipping collectstatic, because this build is for the tests")
    elif settings.collectstatic:
        console.info(
            f"Skipping collectstatic, because the app has the file {COLLECTSTATIC_DISABLED}. "
            "The variable DISABLE_COLLECTSTATIC=1 does the same on all platforms"
        )
    else:
        console.info("Skipping collectstatic, because DISABLE_COLLECTSTATIC is set")
    commands.announce()
    commands.search_files()
    return Collected(
        variables=variables,
        with_placeholders=commands.environment,
        commands=ran[-1].commands if ran else None,
        pages=ran[-1].pages if ran else None,
        refuses_hosts=ran[-1].refuses_hosts if ran else False,
    )


def why_not_run(project: DjangoProject | None, version: str | None) -> str:
    """Return the reason why no Django command is run; empty if one is."""
    if project is None:
        return (
            "Django is installed, but Slipway found no Django manage.py in the app's root "
            "folder or up to two levels below it, so it does not run collectstatic and adds no "
            "release process"
            if version
            else "Slipway found no Django manage.py in the app's root folder or up to two "
            "levels below it"
        )
    if version is None:
        return f"{project.manage} is not run: Django is not installed"
    return ""


def _run_build_command(commands: DjangoCommands, text: str) -> Ran:
    console = commands.context.effects.console
    try:
        words = shlex.split(text)
    except ValueError as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        raise BuildCommandMalformed(command=text, reason=reason) from None
    if words[:1] == ["manage.py"] or not words:
        reason = "it names manage.py itself" if words else "it has no word"
        raise BuildCommandMalformed(command=text, reason=reason)
    ran = commands.run(words, text)
    name = words[0]
    if ran.outcome == "unknown":
        near = get_close_matches(name, sorted(ran.commands or ()), n=1)
        raise BuildCommandUnknown(command=text, nearest="".join(near))
    if ran.outcome != "done":
        console.warning(f"{commands.project.manage} exited without running {name}")
    else:
        console.info(f"{name} finished in {ran.seconds:.1f} s")
    return ran


def _collect(commands: DjangoCommands) -> Ran:
    console, project = commands.context.effects.console, commands.project
    arguments = ("collectstatic", "--noinput")
    ran = commands.run(arguments)
    if ran.outcome == "uploads":
        _check_storage(commands, ran)
        place = f": {ran.report['place']}" if ran.report.get("place") else ""
        console.info(
            "Using the network for collectstatic, because the storage "
            f"{ran.report.get('storage')} uploads static files{place}"
        )
        ran = commands.run(arguments, may_upload=True)
    if ran.outcome == "outside":
        settings = project.settings or "the settings module"
        raise StaticRootOutside(settings=settings, folder=str(ran.report.get("folder")))
    if ran.outcome == "skipped":
        console.info(f"Skipping collectstatic: {ran.report.get('reason')}")
        return ran
    _check_settings(commands, ran)
    summary = _SUMMARY.search(ran.output)
    if summary is None and ran.outcome != "done":
        console.warning(
            f"{project.manage} exited without running collectstatic, so static files may be "
            "missing"
        )
        return ran
    app = commands.context.app
    text = summary[0].replace(f"{app}/", "") if summary else "collectstatic finished"
    console.info(f"{text.rstrip('.')} in {ran.seconds:.1f} s")
    return ran


def _check_storage(commands: DjangoCommands, ran: Ran) -> None:
    """Raise StorageUnusable if a storage lacks a credential, or has a throw-away value."""
    from slipway.domain.django.storages import missing_variables_of

    storage, required = str(ran.report.get("storage", "")), commands.required
    found = _names(ran.report.get("placeholders"))
    placeholders = tuple(required[name] for name in found if name in required)
    unset = _names(ran.report.get("unset"))
    missing = missing_variables_of(storage, unset, commands.environment)
    if placeholders or missing:
        commands.announce()
        raise StorageUnusable(
            storage=storage, variables=missing, raised=None, missing=placeholders
        )


def _check_settings(commands: DjangoCommands, ran: Ran) -> None:
    """Raise SettingsComputed if throw-away values decide where static files are, and go."""
    found = {name: set(names) for name, names in commands.of_static_settings().items()}
    if ran.outcome == "computed" and isinstance(ran.report.get("settings"), dict):
        for name, names in ran.report["settings"].items():
            found.setdefault(name, set()).update(_names(names))
    required = commands.required
    computed = tuple(
        Computed(
            name=name, variables=tuple(required[it] for it in sorted(names) if it in required)
        )
        for name, names in found.items()
    )
    if computed:
        commands.announce()
        settings = commands.project.settings or "The settings module"
        raise SettingsComputed(computed=computed, settings=settings)


def _names(value: object) -> list[str]:
    return [str(it) for it in value] if isinstance(value, list) else []
