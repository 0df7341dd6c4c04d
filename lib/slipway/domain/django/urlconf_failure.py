"""What it means that Django cannot import what it needs for its first pages.

That is the URLconf, and what templates load.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slipway.domain.django.exception_chain import Exceptional, Failure, Site, failure_of
from slipway.domain.django.former_names import replacement_in_code, replacement_of
from slipway.domain.django.placeholders import MARKER
from slipway.domain.python.syntax import parse_module
from slipway.domain.redaction import printable
from slipway.domain.web.failed_imports import fault_or_lack, place_of, raised
from slipway.domain.web.targets import StartTarget, fault_of
from slipway.errors.web import Fault, Why

_OF_DJANGO = ("django.conf.urls", "django.contrib.admin", "django.forms", "django.urls")
"""Packages whose exceptions are about the code that calls them, and not about values."""
_CALL = re.compile(r"got an unexpected keyword argument|missing \d+ required")
_NAMES = (
    re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'"),
    re.compile(r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"),
)
_LIBRARY = re.compile(r"'Library' object has no attribute '(?P<name>\w+)'")
"""The text about `register` of a module with template tags."""
_MISCONFIGURED = "django.core.exceptions.ImproperlyConfigured"
_ADVICE = {
    "celery.decorators": "Celery 5 does not have it: write `from celery import shared_task`, "
    "and `@shared_task` for `@task`",
    "celery.task": "Celery 5 does not have it: write `from celery import shared_task`, and "
    "`@shared_task` for `@task`; name periodic tasks in the setting `beat_schedule`",
}
"""Modules that packages no longer have -> what to do, as a sentence without its full stop.

https://docs.celeryq.dev/en/stable/history/whatsnew-5.0.html
"""
_NO_VIEW = "view must be a callable"


def meaning_for_pages(
    report: Mapping[str, Any], target: StartTarget, site: Site, *, of_templates: bool = False
) -> Fault | str:
    """Return what is at fault, or else why it is not known whether pages work.

    `report` is that of build_scripts/django_command.py about the URLconf, or about what
    templates load.
    """
    failure = failure_of(report, site)
    if failure is None:
        return "its import failed"
    # A module that a condition imports may not be needed with the values of the running app.
    if MARKER in failure.cause.text or _is_conditional(failure):
        return raised(target, failure)
    found = fault_or_lack(failure, report, target, site.entries)
    if isinstance(found, str):
        return found
    if found is None:
        if not _is_about_code(failure.cause):
            return raised(target, failure)
        # Django says what a URLconf lacks in an exception of its own.
        outer = failure.chain[-1]
        shown = outer if outer.is_a(_MISCONFIGURED) else failure.cause
        subject, place = printable(shown.described()), place_of(target, failure)
        found = fault_of(target, Why.RAISES, subject=subject, place=place)
    # Of a missing URLconf, the settings have the name, and not the command of a process.
    return replace(
        found,
        is_urlconf=not of_templates,
        is_of_templates=of_templates,
        similar="",
        advice=_advice(failure.cause),
    )


def _is_about_code(one: Exceptional) -> bool:
    """Return whether the app's code raises an exception with any values of variables."""
    is_own = bool(one.last and one.last.owner == "app")
    if one.is_a("builtins.NameError"):
        return is_own
    if one.is_a("builtins.AttributeError"):
        return is_own and ("module_owner" in one.attributes or bool(_LIBRARY.match(one.text)))
    if one.is_a("builtins.TypeError") and is_own:
        return _CALL.search(one.text) is not None
    is_of_django = f"{one.raised_in}.".startswith(tuple(f"{it}." for it in _OF_DJANGO))
    return is_of_django and one.is_a(
        "builtins.TypeError",
        "django.core.exceptions.FieldError",
        _MISCONFIGURED,
    )


def _is_conditional(failure: Failure) -> bool:
    """Return whether a line of the app that led to the failure depends on a condition."""
    lines: dict[str, set[int]] = {}
    for frame in failure.cause.frames:
        if frame.is_own:
            lines.setdefault(frame.file, set()).add(frame.line)
    for file, numbers in lines.items():
        tree = parse_module(failure.site.read(file) or "")
        nodes = ast.walk(tree) if tree else iter(())
        branches = [one for one in nodes if isinstance(one, ast.If | ast.Match)]
        if any(
            one.lineno < number <= (one.end_lineno or 0)
            for one in branches
            for number in numbers
        ):
            return True
    return False


def _advice(one: Exceptional) -> str:
    """Return what to do about something that Django no longer has; empty if it is not that."""
    if one.text.startswith(_NO_VIEW):
        return "Import the view, and name it without quotes"
    of_library = _LIBRARY.match(one.text)
    if of_library:
        instead = replacement_in_code(f"register.{of_library['name']}")
        return f"Use {instead} instead" if instead else ""
    for pattern in _NAMES:
        found = pattern.search(one.text)
        instead = replacement_of(f"{found['module']}.{found['name']}") if found else ""
        if instead == "nothing":
            return "Delete it: nothing takes its place"
        if instead:
            return f"Use {instead} instead"
    if one.is_a("builtins.ModuleNotFoundError"):
        module = str(one.attributes.get("name", ""))
        instead = replacement_of(module)
        return f"Use {instead} instead" if instead else _ADVICE.get(module, "")
    return ""
