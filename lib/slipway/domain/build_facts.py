"""What the report of a build says about the app, from what its steps have decided."""

from __future__ import annotations

import json
from collections.abc import Mapping

from slipway.domain.build_plan import BuildPlan
from slipway.domain.web.launch import Launch
from slipway.domain.web.programs import started_programs
from slipway.domain.web.shell_commands import ShellSyntaxError

_NO_FILE = "default"
"""The origin of a Python that nothing requests."""


def facts_of_plan(plan: BuildPlan) -> dict[str, str | int | None]:
    """Return the facts that are known before the build changes anything."""
    lock = plan.dependencies.lock
    return {
        "python_version_requested": plan.python.requested,
        "python_version_origin": plan.python.origin or _NO_FILE,
        "requirements_file": plan.dependencies.origin,
        "lock_file": lock.file if lock else None,
        "vendored_packages": len(plan.vendoring.packages),
    }


def facts_of_packages(packages: Mapping[str, str | None]) -> dict[str, str | int | None]:
    """Return the facts that packages tell, as name -> version: of a lock, or as installed."""
    return {"packages": len(packages), "django_version": packages.get("django")}


def facts_of_launch(
    launch: Launch, packages: Mapping[str, str], plan: BuildPlan
) -> dict[str, str | None]:
    """Return which program serves the app, and whether the app or Slipway chose it."""
    if "web" not in launch.processes:
        return {"web_origin": "none"}
    of_app = {name: version for name, version in packages.items() if name not in plan.added}
    web = plan.web(of_app, are_installed=True)
    origin = web.origin if web and launch.is_default else "Procfile"
    try:
        started = started_programs(launch.processes["web"])
    except ShellSyntaxError:
        started = ()
    programs = [one.program.rpartition("/")[2] for one in started]
    known = [name for name in programs if name in packages]
    server = (*known, *programs, "")[0]
    return {
        "web_origin": origin,
        "web_server": server,
        "web_server_version": packages.get(server),
    }


def is_report(text: str) -> bool:
    """Tell whether a report is whole: anything may have happened to a file of the cache."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not any(
        value is None or isinstance(value, dict | list) for value in found.values()
    )
