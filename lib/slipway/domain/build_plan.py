"""Every decision of a build, made before the build changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from packaging.version import Version

from slipway.domain.django.project import DjangoProject
from slipway.domain.packaging_text import parse_requirement
from slipway.domain.python.selection import PythonRequest
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.for_tests import ForTests
from slipway.domain.requirements.lines import Line, LineKind, marker_applies, split_extras
from slipway.domain.requirements.lock import without_hashes
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Vendoring
from slipway.domain.web.launch import Interface, Web, WebSearch
from slipway.domain.web.servers import (
    BROUGHT_WITH,
    can_serve,
    packages_of_processes,
    packages_to_add,
)


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
    scripts: Mapping[str, str] = field(default_factory=dict)
    """The commands of the shell scripts that process types of the Procfile start."""
    procfile_is_of_repository: bool = False
    """Whether the Procfile is at the top of the repository, and the app in a folder below."""
    is_web_corrected: bool = False
    """Whether a notice has the line to write for `web`, which the Procfile has in a form that
    platforms ignore."""
    web_line: int = 0
    """The line of the Procfile that names `web` without a command; 0 if there is none."""
    hooks: tuple[str, ...]
    """The app's hooks, in the order in which the build runs them."""
    notices: tuple[str, ...]
    """Advice for the user about things that are not errors."""
    vendoring: Vendoring = field(default_factory=Vendoring)
    """The app's vendored packages."""
    nltk_data: tuple[str, ...] | None = None
    """The data that nltk.txt names for NLTK; None if the app has no such file."""
    tests: ForTests | None = None
    """What is installed for the app's tests; None in a build that is to run the app."""

    def web(self, packages: Mapping[str, str], *, are_installed: bool = False) -> Web | None:
        """Choose what the default process `web` serves; None if there is a Procfile.

        `packages` are those of the app, as name -> version, without what Slipway adds. If
        these are all that it has, an application of Django is not served without Django.
        """
        if self.procfile is not None:
            return None
        if self.search.is_explicit:
            return self.search.found
        found = self.search.found
        has_django = "django" in packages or not are_installed or bool(self.vendoring.folders)
        if not has_django and found and found.framework == "Django":
            return None
        if self.django is None or "django" not in packages:
            return found
        if self.django.asgi and can_serve(Interface.ASGI, packages):
            return self.django.asgi
        return self.django.web

    @cached_property
    def brought(self) -> Mapping[str, str]:
        """The packages that the app requires itself, or certainly gets with those.

        Name -> version, which is empty before it is known.
        """
        found: dict[str, str] = {}
        brought: dict[str, str] = {}
        for line in self.dependencies.requirements:
            if not line.name or not marker_applies(line.marker, _ANY_LINUX):
                continue
            is_named = line.kind is LineKind.NAMED
            found[line.name] = _newest(line) if is_named and line.name in _VERSIONS else ""
            for extra in ("", *split_extras(line.extras)):
                one = f"{line.name}[{extra}]" if extra else line.name
                brought.update(dict.fromkeys(BROUGHT_WITH.get(one, ()), ""))
        pins = {pin.name: pin.version for pin in self.dependencies.pins}
        return {**brought, **found, **pins}

    @cached_property
    def added(self) -> Mapping[str, str]:
        """The packages that Slipway adds -> the process that needs them, for the log.

        They are the server of the process `web`, and those that the app's own Procfile names,
        unless the setting `offline` allows only what is vendored. Tests need neither.
        """
        if self.tests is not None:
            return {}
        if self.procfile is not None and self.settings.offline:
            return {}
        if self.procfile is not None:
            lines = {
                name: f"{line}\n{self.scripts.get(name, '')}"
                for name, line in self.procfile.items()
            }
            found = packages_of_processes(lines, self.brought)
            return {name: f"the process `{process}`" for name, process in found.items()}
        # Django may be required by another package, so it may be installed or not.
        with_django = {**self.brought, "django": ""} if self.django else self.brought
        choices = (self.web(with_django), self.web(self.brought))
        added = [name for web in choices for name in packages_to_add(web, self.brought)]
        return dict.fromkeys(added, "the default web process")

    @property
    def added_requirements(self) -> tuple[str, ...]:
        """The packages that Slipway adds to those of the app."""
        return tuple(self.added)


_VERSIONS = frozenset({"gunicorn"})
"""The packages whose version decides what they can serve."""
_ANY_LINUX = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "linux",
}
"""Markers before the app's Python is selected; those of servers name the system, if any."""


def _newest(line: Line) -> str:
    """Return roughly the newest version that a requirement admits; empty for any."""
    specifier = parse_requirement(without_hashes(line)).specifier
    if specifier.contains("999"):
        return ""
    named = (one.version.removesuffix(".*") for one in specifier)
    versions = [*named, *(f"{major}.0" for major in range(1, 100))]
    admitted = [Version(version) for version in versions if specifier.contains(version)]
    return str(max(admitted, default=""))
