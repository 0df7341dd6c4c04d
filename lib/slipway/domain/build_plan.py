"""Every decision of a build, made before the build changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.domain.django.project import DjangoProject
from slipway.domain.python.selection import PythonRequest
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Vendoring
from slipway.domain.web.launch import Interface, Web, WebSearch
from slipway.domain.web.servers import can_serve, packages_of_processes, packages_to_add


@dataclass(frozen=True, kw_only=True)
class BuildPlan:
    settings: Settings
    python: PythonRequest
    dependencies: Dependencies
    django: DjangoProject | None
    """The project of the app's manage.py, whether or not its requirements include Django."""
    search: WebSearch
    """What was found for the process `web`, apart from Django."""
    procfile: Mapping[str, str] | None
    """The process types of the app's own Procfile; None if it has none."""
    hooks: tuple[str, ...]
    """The app's hooks, in the order in which the build runs them."""
    notices: tuple[str, ...]
    """Advice for the user about things that are not errors."""
    vendoring: Vendoring = field(default_factory=Vendoring)
    """The app's vendored packages."""

    def web(self, packages: Mapping[str, str]) -> Web | None:
        """Choose what the default process `web` serves; None if there is a Procfile.

        `packages` are those of the app, as name -> version, without what Slipway adds.
        """
        if self.procfile is not None:
            return None
        if self.search.is_explicit:
            return self.search.found
        if self.django is None or "django" not in packages:
            return self.search.found
        if self.django.asgi and can_serve(Interface.ASGI, packages):
            return self.django.asgi
        return self.django.web

    @property
    def added_requirements(self) -> tuple[str, ...]:
        """Packages that the process `web` needs, whether or not the app requires them."""
        names = self.dependencies.names | self.dependencies.pinned_names
        known = dict.fromkeys(names, "")
        if self.procfile is not None:
            return packages_of_processes(self.procfile, known)
        # Django may be required by another package, so it may be installed or not.
        choices = (self.web({**known, "django": ""}), self.web(known))
        added = [name for web in choices for name in packages_to_add(web, known)]
        return tuple(dict.fromkeys(added))
