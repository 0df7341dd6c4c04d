"""A plan as text for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from enum import Enum
from typing import Any

from slipway.domain.build_plan import BuildPlan
from slipway.domain.counting import counted
from slipway.domain.django.release_step import place_in_words, runs_in_release_phase
from slipway.domain.locks.choices import in_words
from slipway.domain.locks.fit import pins_before_selection
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import Line
from slipway.domain.vendoring.packages import VendoredPackage
from slipway.domain.web.launch import Web
from slipway.domain.web.process_types import default_processes
from slipway.domain.web.servers import web_command
from slipway.domain.web.web_text import no_web_in_procfile, no_web_in_words, web_in_words

_INDENT = 14
"""The width of a line's label, in columns."""


def as_json(plan: BuildPlan) -> str:
    """Render every decision, without credentials; the same app gives the same text."""
    plan = _with_pins(plan)
    dependencies = plan.dependencies
    content: dict[str, Any] = {
        "python": {
            "specifier": plan.python.specifier,
            "requested": plan.python.requested,
            "origin": plan.python.origin,
        },
        "dependencies": {
            "origin": dependencies.origin,
            "files": dependencies.files,
            "is_locked": dependencies.is_lock,
            "groups": dependencies.choice.groups,
            "extras": dependencies.choice.extras,
            "requirements": [_line(line) for line in dependencies.requirements],
            "constraints": [_line(line) for line in dependencies.constraints],
            "options": [_line(line) for line in dependencies.options],
            "sources": dependencies.sources,
            "added": plan.added_requirements,
        },
        "vendored": [_vendored(package) for package in plan.vendoring.packages],
        "for_builds": plan.vendoring.for_builds,
        "django": asdict(plan.django) if plan.django else None,
        "web": _web_as_json(plan),
        "processes": {name: redact(line) for name, line in _processes(plan).items()},
        "processes_from": "Slipway" if plan.procfile is None else "Procfile",
        **({} if plan.nltk_data is None else {"nltk_data": plan.nltk_data}),
        "hooks": plan.hooks,
        "settings": asdict(plan.settings),
        "notices": plan.notices,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, default=_enum_value)
    return (
        "".join(
            one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text
        )
        + "\n"
    )


def _with_pins(plan: BuildPlan) -> BuildPlan:
    """Return the plan with what its lock has, as far as that is known without a Python."""
    dependencies = plan.dependencies
    if dependencies.lock is None or dependencies.pins:
        return plan
    pins = pins_before_selection(dependencies.lock, dependencies.choice)
    return replace(plan, dependencies=replace(dependencies, pins=pins))


def _enum_value(one: Enum) -> object:
    return one.value


def _line(line: Line) -> str:
    return f"{line.place}: {line.redacted}"


def _vendored(package: VendoredPackage) -> dict[str, Any]:
    project = package.project
    return {
        "path": package.path,
        "form": package.form.value,
        "name": project.name if project else None,
        "backend": project.backend if project else None,
        "requested_by": [line.place for line in package.requested_by],
    }


def _web_as_json(plan: BuildPlan) -> dict[str, Any]:
    found, search = _web(plan), plan.search
    is_open = plan.procfile is None and found is None
    return {
        "found": asdict(found) if found else None,
        "equal": [asdict(one) for one in search.equal] if is_open else [],
        "looked_for": search.looked_for if is_open else "",
        "reason": search.reason if is_open else "",
        "line": search.line if is_open else "",
    }


def _web(plan: BuildPlan) -> Web | None:
    """Guess what the process `web` serves; a build knows whether Django is installed."""
    return plan.web(_packages(plan))


def _packages(plan: BuildPlan) -> Mapping[str, str]:
    return {**plan.brought, "django": ""} if plan.django else plan.brought


def _processes(plan: BuildPlan) -> dict[str, str]:
    if plan.procfile is not None:
        return dict(plan.procfile)
    web = _web(plan)
    manage = plan.django.manage if plan.django else None
    command = web_command(web, _packages(plan)) if web else None
    has_release = runs_in_release_phase(plan.settings)
    return default_processes(command, manage, has_release=has_release)


def as_text(plan: BuildPlan, width: int = 80) -> Iterator[str]:
    """Render the decisions as lines, in the order of the build."""
    plan = _with_pins(plan)
    dependencies, django = plan.dependencies, plan.django
    origin = plan.python.origin or "the app requests no version"
    decided_by = "; the pinned packages decide" if plan.python.is_open else ""
    if plan.settings.root:
        yield f"App           {plan.settings.root}/"
    yield f"Python        {plan.python.requested} ({origin}{decided_by})"
    if dependencies.lock is not None:
        yield f"Dependencies  {dependencies.origin} as it is{in_words(dependencies.choice)}"
    else:
        yield f"Dependencies  {', '.join(dependencies.files)}: {_requirements(plan)}"
    for number, source in enumerate(dependencies.sources):
        yield f"{'' if number else 'Sources':{_INDENT}}{source}"
    yield from _listed("Vendored", map(_vendored_entry, plan.vendoring.packages), width)
    for process in dict.fromkeys(plan.added.values()):
        names = [name for name in plan.added if plan.added[name] == process]
        yield f"Added         {', '.join(names)}, for {process}"
    if django:
        yield f"Django        {django.manage}, {django.settings_text}"
    if plan.nltk_data:
        yield f"NLTK data     {', '.join(plan.nltk_data)}"
    yield f"Hooks         {', '.join(plan.hooks) or 'none'}"
    processes = _processes(plan)
    origin = "Slipway's defaults" if plan.procfile is None else "Procfile"
    yield f"Processes     {origin if processes else 'none'}"
    for name, command in processes.items():
        yield f"  {name:11} {command}"
    yield from _web_lines(plan)
    if django:
        yield f"Release step  {place_in_words(plan.settings, processes)}"
    for notice in plan.notices:
        yield f"Notice        {notice}"


def _web_lines(plan: BuildPlan) -> Iterator[str]:
    web = _web(plan)
    if web:
        yield f"Web           {web_in_words(web, _packages(plan), plan.added)}"
    elif plan.procfile is None:
        yield f"Web           {no_web_in_words(plan.search)}"
    elif "web" not in plan.procfile:
        packages = _packages(plan)
        without = replace(plan, procfile=None)
        served = None if plan.is_web_corrected else without.web(packages)
        text, _ = no_web_in_procfile(plan.procfile, served, packages, plan.web_line)
        yield f"Web           {text}"


def _requirements(plan: BuildPlan) -> str:
    count = counted(len(plan.dependencies.requirements), "requirement")
    return f"{count}, {'with hashes' if plan.dependencies.is_lock else 'not locked yet'}"


def _vendored_entry(package: VendoredPackage) -> str:
    place = "the app itself" if package.path == "." else package.path
    return f"{place} ({package.form.value})"


def _listed(label: str, entries: Iterable[str], width: int) -> Iterator[str]:
    """Wrap a list between its entries; an empty list has no line."""
    line = ""
    for entry in entries:
        if line and _INDENT + len(f"{line}, {entry},") > width:
            yield f"{label:{_INDENT}}{line},"
            label, line = "", entry
        else:
            line = f"{line}, {entry}" if line else entry
    if line:
        yield f"{label:{_INDENT}}{line}"
