"""Every decision of a build, before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.domain.django.project import DjangoProject
from slipway.domain.python.selection import PythonRequest
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Vendoring
from slipway.domain.web.launch import WebApplication


@dataclass(frozen=True, kw_only=True)
class BuildPlan:
    settings: Settings
    python: PythonRequest
    dependencies: Dependencies
    django: DjangoProject | None
    """A project found by its manage.py; it is staged if Django is then installed."""
    wsgi: WebApplication | None
    """A wsgi.py at the top of the app that has an `application`."""
    procfile: Mapping[str, str] | None
    """The processes of the user's own Procfile."""
    hooks: tuple[str, ...]
    """Those of the app's own scripts that a build runs, in their order."""
    notices: tuple[str, ...]
    """What the user should know, though nothing is wrong."""
    vendoring: Vendoring = field(default_factory=Vendoring)
    """The packages that the app ships itself."""

    def web(self, *, has_django: bool) -> WebApplication | None:
        """Choose what the default web process serves, once it is known what is installed."""
        if self.procfile is not None:
            return None
        if self.django and has_django:
            return self.django.web
        return self.wsgi

    @property
    def added_requirements(self) -> tuple[str, ...]:
        """What Slipway adds because the processes that it writes need it."""
        needs_gunicorn = self.web(has_django=True) or self.web(has_django=False)
        return ("gunicorn",) if needs_gunicorn else ()
