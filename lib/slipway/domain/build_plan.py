"""Every decision of a build, made before the build changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.domain.django.project import DjangoProject
from slipway.domain.python.selection import PythonRequest
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Vendoring
from slipway.domain.web.applications import FoundApplication
from slipway.domain.web.launch import WebApplication


@dataclass(frozen=True, kw_only=True)
class BuildPlan:
    settings: Settings
    python: PythonRequest
    dependencies: Dependencies
    django: DjangoProject | None
    """The project of the app's manage.py, whether or not its requirements include Django."""
    wsgi: WebApplication | None
    """The `application` of a wsgi.py in the app's root folder."""
    procfile: Mapping[str, str] | None
    """The process types of the app's own Procfile; None if it has none."""
    hooks: tuple[str, ...]
    """The app's hooks, in the order in which the build runs them."""
    notices: tuple[str, ...]
    """Advice for the user about things that are not errors."""
    unserved: FoundApplication | None = None
    """An application for an app that has no `web` process type, which can serve it."""
    vendoring: Vendoring = field(default_factory=Vendoring)
    """The app's vendored packages."""

    def web(self, *, has_django: bool) -> WebApplication | None:
        """Choose the application of the default web process; None if there is a Procfile."""
        if self.procfile is not None:
            return None
        if self.django and has_django:
            return self.django.web
        return self.wsgi

    @property
    def added_requirements(self) -> tuple[str, ...]:
        """Packages that the default web process needs, whether or not the app requires them."""
        needs_gunicorn = self.web(has_django=True) or self.web(has_django=False)
        return ("gunicorn",) if needs_gunicorn else ()
