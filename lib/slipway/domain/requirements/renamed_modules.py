"""Modules that packages have under another name than in the releases of the past."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name

_RENAMED: Mapping[str, tuple[str, str]] = {
    "BeautifulSoup": ("beautifulsoup4", "bs4"),
    "endless_pagination": ("django-el-pagination", "el_pagination"),
    **dict.fromkeys(("Image", "ImageDraw", "ImageFont", "ImageOps"), ("Pillow", "PIL")),
    "jinja": ("Jinja2", "jinja2"),
    "raven": ("sentry-sdk", "sentry_sdk"),
    "registration": ("django-registration", "django_registration"),
    "rest_auth": ("dj-rest-auth", "dj_rest_auth"),
    "rest_framework_jwt": ("djangorestframework-simplejwt", "rest_framework_simplejwt"),
    "social_auth": ("social-auth-app-django", "social_django"),
}
"""Module -> the package that has its successor, and the name of that."""
_AROUND = re.compile(r"^(?:django|python|flask|py)-|-(?:django|python|py)$")
"""What the name of a package has more than that of its module."""


@dataclass(frozen=True, kw_only=True)
class Renamed:
    modules: tuple[str, ...]
    """What to import instead; one of these, if the package has several."""
    requirement: str
    """The package that has them."""
    installed: str
    """The same with its version if it is installed; else empty."""


def renamed(module: str, distributions: Mapping[str, Mapping[str, Any]]) -> Renamed | None:
    """Return what has taken the place of a module; None if that is not known.

    `distributions` maps the installed packages to their `version` and their `modules`. One
    that has the name of the module, such as `django-registration`, has it under another name.
    """
    installed = {canonicalize_name(name): facts for name, facts in distributions.items()}
    if module in _RENAMED:
        package, now = _RENAMED[module]
        facts = installed.get(canonicalize_name(package))
        version = f"{package} {facts.get('version', '')}".strip() if facts else ""
        return Renamed(modules=(now,), requirement=package, installed=version)
    wanted = canonicalize_name(module)
    for name, facts in installed.items():
        modules = tuple(one for one in facts.get("modules", ()) if not one.startswith("_"))
        if modules and module not in modules and wanted in (name, _AROUND.sub("", name)):
            version = f"{name} {facts.get('version', '')}".strip()
            return Renamed(modules=modules, requirement=name, installed=version)
    return None
