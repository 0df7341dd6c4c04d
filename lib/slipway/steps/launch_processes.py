"""Decide how the built app is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from slipway.domain.build_facts import facts_of_launch
from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.release_step import release_step, runs_in_release_phase
from slipway.domain.web.gunicorn_config import settings_of_app, settings_with_default
from slipway.domain.web.launch import Launch
from slipway.domain.web.process_types import default_processes
from slipway.domain.web.servers import web_command
from slipway.domain.web.web_text import no_web_in_procfile, no_web_in_words, web_in_words
from slipway.effects.console import Console
from slipway.effects.files import AppFolder
from slipway.errors.stopped import BuildStopped
from slipway.steps.context import BuildContext

SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"
_DEFAULTS = {
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
}


def launch_processes(context: BuildContext) -> Launch:
    """Decide the process types of the app, and log them."""
    launch = decide_launch(context)
    installed = context.virtualenv.distributions()
    context.effects.report.note(**facts_of_launch(launch, installed, context.plan))
    log_processes(context.plan, launch, installed, context.effects.console)
    return launch


def launch_of_tests(context: BuildContext) -> Launch:
    """Decide the variables of tests; no process of the app starts, and no release step.

    Which settings the tests use is a matter of manage.py or of the configuration of pytest,
    which the variable would override.
    """
    launch = decide_launch(context)
    context.effects.console.info(
        "Writing no process types and no release step, because this build is for the tests"
    )
    kept = {name: value for name, value in launch.defaults.items() if name != SETTINGS_VARIABLE}
    return replace(launch, processes={}, defaults=kept, release=None)


def decide_launch(context: BuildContext) -> Launch:
    """Decide the process types of the app, and how its processes start."""
    installed = context.virtualenv.distributions()
    launch = decide_processes(context.plan, installed, context.layout.path_in_repository)
    app = AppFolder(context.start_folder, context.effects.console.secrets)
    return replace(launch, gunicorn_settings=gunicorn_settings(app, launch, installed))


def decide_processes(plan: BuildPlan, installed: Mapping[str, str], root: str = "") -> Launch:
    """Use the app's Procfile, or default processes that the installed packages can run.

    `root` is the path of the app in its repository.
    """
    django = plan.django if "django" in installed else None
    defaults = dict(_DEFAULTS)
    if django and django.settings and django.needs_variable:
        defaults[SETTINGS_VARIABLE] = django.settings
    release = release_step(django, plan.settings, root) if django else None
    if plan.procfile is not None:
        return Launch(
            processes=plan.procfile, is_default=False, defaults=defaults, release=release
        )
    packages = _of_the_app(plan, installed)
    web = plan.web(packages, are_installed=True)
    command = web_command(web, packages) if web else None
    processes = default_processes(
        command,
        django.manage if django else None,
        has_release=runs_in_release_phase(plan.settings),
    )
    return Launch(processes=processes, is_default=True, defaults=defaults, release=release)


def gunicorn_settings(
    app: AppFolder, launch: Launch, installed: Mapping[str, str]
) -> tuple[str, ...]:
    """Decide which of Gunicorn's settings get a default when the app starts."""
    if "gunicorn" not in installed:
        return ()
    try:
        settings = settings_of_app(launch.processes, app.text)
    except BuildStopped:
        settings = None  # the app has a configuration file that the build cannot read
    return settings_with_default(
        installed["gunicorn"], settings, is_own_process=launch.is_default
    )


def _of_the_app(plan: BuildPlan, installed: Mapping[str, str]) -> Mapping[str, str]:
    """Return the installed packages without those that Slipway has added itself."""
    return {name: version for name, version in installed.items() if name not in plan.added}


def log_processes(
    plan: BuildPlan, launch: Launch, installed: Mapping[str, str], console: Console
) -> None:
    """Log the processes, and what `web` serves or why there is no such process."""
    origin = "Slipway's defaults" if launch.is_default else "from Procfile"
    console.header(f"Process types ({origin})" if launch.processes else "No process types")
    for name, command in launch.processes.items():
        console.listed(f"{name:9} {command}")
    packages = _of_the_app(plan, installed)
    web = plan.web(packages, are_installed=True)
    if web:
        added = [name for name in plan.added if name in installed]
        console.info(web_in_words(web, packages, added))
    elif launch.is_default:
        console.warning(no_web_in_words(plan.search))
    elif "web" not in launch.processes:
        without = replace(plan, procfile=None)
        served = None if plan.is_web_corrected else without.web(packages)
        text, is_mistake = no_web_in_procfile(launch.processes, served, packages, plan.web_line)
        (console.warning if is_mistake else console.info)(text)
