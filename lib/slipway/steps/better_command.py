"""Find the command to write in place of one that will not work."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import replace

from slipway.domain.web import better_lines
from slipway.domain.web.imports import OwnModule
from slipway.domain.web.launch import Interface, Web, WebApplication
from slipway.domain.web.targets import StartTarget
from slipway.effects.files import AppFolder
from slipway.errors.web import Fault, Why
from slipway.steps.context import BuildContext
from slipway.steps.module_finder import ModuleFinder, is_regular

_MAKES_CELERY = re.compile(r"^\w+ ?= ?(?:celery\.)?Celery\(", re.MULTILINE)
_MODULES_OF_CELERY = ("tasks", "celery_app", "celeryapp", "worker", "app", "main")
"""Modules in which apps usually make their Celery application."""


def with_better_command(
    context: BuildContext,
    target: StartTarget,
    fault: Fault,
    command: str,
    find_web: Callable[[], Web | None],
) -> Fault:
    """Add the command to write instead, if it is certain.

    `find_web` returns what the process `web` would serve if the app had no Procfile.
    """
    better = fault.command
    match fault.why:
        case Why.FACTORY if fault.similar:
            better = better_lines.calling_factory(target, command)
        case Why.INTERFACE if fault.serves == "RSGI":
            interface = Interface.WSGI if fault.is_wsgi else Interface.ASGI
            better = better_lines.with_interface(target, interface.value, command)
        case Why.NO_MODULE if ":" in fault.similar:
            better = better_lines.with_target(command, target.shown, fault.similar)
        case Why.NO_MODULE if not fault.requirement:
            return _with_similar(context, target, fault, command, find_web)
        case Why.NOT_CALLABLE:
            return _with_application(context, target, fault, command, find_web)
        case Why.NOT_INSTALLED:
            folder = posixpath.dirname(fault.place.rpartition(":")[0])
            place = context.start_folder / folder / fault.subject
            if folder and fault.subject.isidentifier() and is_regular(place):
                better = better_lines.from_folder(target, folder, command)
                return replace(fault, similar=folder, command=better)
    return replace(fault, command=better)


def _with_similar(
    context: BuildContext,
    target: StartTarget,
    fault: Fault,
    command: str,
    find_web: Callable[[], Web | None],
) -> Fault:
    """Add the module that may be meant, and the command that names it."""
    finder = ModuleFinder(context, AppFolder(context.start_folder), target, {})
    _, dot, below = fault.module.partition(".")
    if fault.similar and isinstance(finder.find(f"{fault.similar}{dot}{below}"), OwnModule):
        return fault
    if target.program != "celery":
        return _with_application(context, target, fault, command, find_web)
    packages = [one.removesuffix("/") for one in finder.files.entries("") if one.endswith("/")]
    for module in (*_MODULES_OF_CELERY, *(f"{one}.celery" for one in packages)):
        found = finder.find(module)
        if isinstance(found, OwnModule) and _MAKES_CELERY.search(found.text):
            return replace(fault, similar=module.removesuffix(".celery"))
    return fault


def _with_application(
    context: BuildContext,
    target: StartTarget,
    fault: Fault,
    command: str,
    find_web: Callable[[], Web | None],
) -> Fault:
    """Add the application that Slipway would serve itself, and the command that names it."""
    packages = context.virtualenv.distributions()
    web = find_web()
    better = better_lines.serving(web, target, command, packages)
    if better and isinstance(web, WebApplication) and better != command:
        return replace(fault, similar=web.target, command=better)
    return fault
