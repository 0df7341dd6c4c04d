"""The apps that were a part of Django."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from slipway.errors.django import RemovedApp

_CONTRIB = "django.contrib."
_REMOVED: Mapping[str, tuple[str, str, str]] = {
    "comments": ("1.8", "django-contrib-comments", "django_comments"),
    "databrowse": ("1.6", "", ""),
    "formtools": ("1.8", "django-formtools", "formtools"),
    "localflavor": ("1.6", "django-localflavor", "localflavor"),
    "markup": ("1.6", "", ""),
    "webdesign": ("1.10", "", ""),
}
"""App -> the first Django without it, the package that has it now, and the name there.

https://docs.djangoproject.com/en/stable/internals/deprecation/
"""
_TAGS = {"markup": "{% load markup %}", "webdesign": "{% load webdesign %}"}
"""Tags of templates that do not work without an app, and that have no successor."""


def removed_apps(module: str, settings: str) -> tuple[RemovedApp, ...]:
    """Return the app that a module belongs to, if Django had it, and those in settings too."""
    if not module.startswith(_CONTRIB) or module.split(".")[2] not in _REMOVED:
        return ()
    return tuple(dict.fromkeys([_app(module.split(".")[2]), *_named(settings)]))


def _named(settings: str) -> Iterator[RemovedApp]:
    code = "\n".join(line.partition("#")[0] for line in settings.splitlines())
    for name in re.findall(r"[\"']django\.contrib\.(\w+)[\"'.]", code):
        if name in _REMOVED:
            yield _app(name)


def _app(name: str) -> RemovedApp:
    since, requirement, module = _REMOVED[name]
    return RemovedApp(
        app=f"{_CONTRIB}{name}",
        since=since,
        requirement=requirement,
        module=module,
        tag=_TAGS.get(name, ""),
    )
