"""Decide how the built app is started."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.domain.build_plan import BuildPlan
from slipway.domain.web.launch import Launch
from slipway.domain.web.process_types import default_processes
from slipway.steps.context import BuildContext

_DEFAULTS = {
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "GUNICORN_CMD_ARGS": "--access-logfile -",
}


def launch_processes(context: BuildContext) -> Launch:
    """Decide the process types of the app, and show them in the log."""
    console = context.effects.console
    launch = decide_launch(context.plan, context.virtualenv.distributions())
    origin = "Slipway's default" if launch.is_default else "Procfile"
    console.header(f"Processes ({origin})")
    for name, command in launch.processes.items():
        console.output(f"{name:9} {command}")
    reason = why_no_web(context.plan, launch)
    if reason:
        console.warning(reason)
    return launch


def decide_launch(plan: BuildPlan, installed: Mapping[str, str]) -> Launch:
    """Take the user's Procfile, or make default processes for what is installed."""
    django = plan.django if "django" in installed else None
    defaults = dict(_DEFAULTS)
    if django and django.settings and django.settings_origin != django.manage:
        # manage.py falls back to other settings than the site that is served.
        defaults["DJANGO_SETTINGS_MODULE"] = django.settings
    if plan.procfile is not None:
        return Launch(processes=plan.procfile, is_default=False, defaults=defaults)
    web = plan.web(has_django=django is not None)
    processes = default_processes(web, django.manage if django else None)
    return Launch(processes=processes, is_default=True, defaults=defaults)


def why_no_web(plan: BuildPlan, launch: Launch) -> str | None:
    """Say why there is no web process, and what would make one."""
    if "web" in launch.processes:
        return None
    if not launch.is_default:
        return "The Procfile has no web process, so no page will be served"
    looked = (
        f"neither the settings of {plan.django.manage} nor a wsgi.py in its folder"
        if plan.django
        else "no Django project and no wsgi.py with an `application` at the top"
    )
    return (
        f"There is no web process: {looked} names what to serve. To have one, write a "
        "Procfile with a line such as `web: gunicorn --bind 0.0.0.0:$PORT package.module:app`"
    )
