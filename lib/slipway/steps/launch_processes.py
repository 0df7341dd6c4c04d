"""Decide how the built app is started."""

from __future__ import annotations

from collections.abc import Container, Mapping

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.formats import requirements_of
from slipway.domain.redaction import printable
from slipway.domain.web.launch import Launch
from slipway.domain.web.process_types import default_processes
from slipway.steps.context import BuildContext

_DEFAULTS = {
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "GUNICORN_CMD_ARGS": "--access-logfile -",
}


def launch_processes(context: BuildContext) -> Launch:
    """Decide the process types of the app, and log them."""
    console = context.effects.console
    installed = context.virtualenv.distributions()
    launch = decide_launch(context.plan, installed)
    origin = "Slipway's defaults" if launch.is_default else "from Procfile"
    console.header(f"Process types ({origin})")
    for name, command in launch.processes.items():
        console.listed(f"{name:9} {command}")
    reason = why_no_web(context.plan, launch, installed)
    if reason:
        console.warning(reason)
    return launch


def decide_launch(plan: BuildPlan, installed: Mapping[str, str]) -> Launch:
    """Use the app's Procfile, or default processes that the installed packages can run."""
    django = plan.django if "django" in installed else None
    defaults = dict(_DEFAULTS)
    if django and django.settings and django.settings_origin != django.manage:
        # Without the variable, manage.py may use other settings than the web process.
        defaults["DJANGO_SETTINGS_MODULE"] = django.settings
    if plan.procfile is not None:
        return Launch(processes=plan.procfile, is_default=False, defaults=defaults)
    web = plan.web(has_django=django is not None)
    processes = default_processes(web, django.manage if django else None)
    return Launch(processes=processes, is_default=True, defaults=defaults)


def why_no_web(plan: BuildPlan, launch: Launch, installed: Container[str]) -> str | None:
    """Return why there is no web process and how to add one; None if there is one."""
    if "web" in launch.processes:
        return None
    if not launch.is_default:
        similar = next((name for name in launch.processes if name.lower() == "web"), None)
        remedy = (
            f": write `web` instead of `{similar}`"
            if similar
            else f". {_to_serve(plan, installed)}"
            if plan.unserved
            else ""
        )
        return f"Procfile has no `web` process, so the app will not answer requests{remedy}"
    looked = (
        "Slipway found no WSGI application that it can serve in the settings of "
        f"{plan.django.manage} or in a wsgi.py of its project"
        if plan.django
        else "the app has neither a Procfile, nor a Django project, nor a wsgi.py in its root "
        "folder that defines `application`"
    )
    return f"There is no web process, because {looked}. {_to_serve(plan, installed)}"


def _to_serve(plan: BuildPlan, installed: Container[str]) -> str:
    """Say how to add a web process: for the application that was found, or an example."""
    found, requirements = plan.unserved, requirements_of(plan.dependencies.origin)
    server, line, start = "gunicorn", "a line such as", "To add one"
    command = "gunicorn --bind 0.0.0.0:$PORT package.module:app"
    if found:
        server, command, line = found.server, found.command, "the line"
        start = f"To serve `{found.attribute}` in {printable(found.file)} ({found.framework})"
    add = "" if server in installed else f", and add `{server}` to {requirements}"
    return f"{start}, write {line} `web: {command}` to a file Procfile{add}"
