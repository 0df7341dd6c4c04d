"""What to write or to repair if no web application was found."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from slipway.domain.toml_text import Document, table_in
from slipway.domain.web.candidates import LOOKED_FOR, placeholder
from slipway.domain.web.frameworks import FRAMEWORKS, Framework
from slipway.domain.web.launch import WebSearch
from slipway.domain.web.modules import FACTORIES, Modules, applications
from slipway.domain.web.not_applications import other_than_application
from slipway.domain.web.required import AppPackages
from slipway.domain.web.scripts import does_something, makes
from slipway.steps.plan.app_modules import AppModules

USUAL = ("app", "main", "application", "api", "server", "run", "index", "hello")
"""The usual names of the modules with an application."""
_SCRIPTS = (*USUAL, "bot", "worker", "script")


def none_found(reason: str, line: str, *, is_repaired: bool = False) -> WebSearch:
    """Return that nothing can be served, why, and the line for the Procfile."""
    return WebSearch(looked_for=LOOKED_FOR, reason=reason, line=line, is_repaired=is_repaired)


class WebAdvice:
    """Finds out what the app has instead of an application that can be served."""

    def __init__(self, modules: AppModules, document: Document, packages: AppPackages) -> None:
        self._modules = modules
        self._document = document
        self._required = packages

    def of_framework(self, framework: Framework) -> WebSearch:
        """Say what to do if the app has a framework, but no application was found."""
        found = self._needs_arguments() or self._misnamed()
        if found:
            return found
        others = []
        for file, name, other in self._named_app() if framework.interface else ():
            target = f"{file.removesuffix('.py')}:{name}"
            if not other:
                return none_found(
                    f"The app requires {framework.name}, and `{name}` in {file} may be its "
                    "application, but reading does not tell",
                    f"web: {placeholder(framework, self._required, target)}",
                )
            others.append(f"`{name}` in {file} is {other}")
        return none_found(
            f"The app requires {framework.name}, but has no application of it in the modules "
            f"that Slipway reads{': ' if others else ''}{', and '.join(others)}",
            f"web: {placeholder(framework, self._required)}",
        )

    def _named_app(self) -> Iterator[tuple[str, str, str]]:
        """Yield each `app` of the root folder that a call makes, and what it is instead of one.

        The file, the name, and words after `is`; those are empty if only running it tells.
        """
        for file in (f"{name}.py" for name in USUAL):
            place = self._modules.module_at(file)
            if place is None:
                continue
            folder, module = place
            modules = self._modules.imported_from(folder)
            for name in ("app", "application"):
                calls = module.scope.bindings.get(name, [])
                if any(isinstance(one.node, ast.Call) for one in calls):
                    yield file, name, other_than_application(modules, module, name)

    def _needs_arguments(self) -> WebSearch | None:
        """Say what to write for a function that returns an application and needs arguments."""
        folders = ["", *self._modules.folders(), *self._modules.folders("src")]
        for file in (
            f"{folder}/{name}.py".lstrip("/")
            for folder in folders
            for name in ("__init__", *USUAL)
        ):
            place = self._modules.module_at(file)
            if place is None or place[0] not in ("", "src"):
                continue
            modules, module = self._modules.imported_from(place[0]), place[1]
            for name in dict.fromkeys((*FACTORIES, *module.scope.bindings)):
                made = modules.factory(module, name, with_arguments=True)
                if made and made.framework.interface:
                    return none_found(
                        f"`{name}` in {file} returns an application, but needs arguments, "
                        "which a server does not give. Write a file "
                        f"{posixpath.join(place[0], 'wsgi.py')} with the lines "
                        f"`from {module.name} import {name}` and `app = {name}(...)`, with the "
                        "arguments",
                        f"web: {placeholder(made.framework, self._required, 'wsgi:app')}",
                        is_repaired=True,
                    )
        return None

    def _misnamed(self) -> WebSearch | None:
        """Name a file or a folder with an application whose name keeps it from being read."""
        for entry in self._modules.app.entries():
            name, is_folder = entry.removesuffix("/").removesuffix(".py"), entry.endswith("/")
            if name.isidentifier() or entry.startswith(".") or entry == name:
                continue
            inner = [f"{entry}{it}.py" for it in USUAL] if is_folder else [entry]
            for file in inner if entry.rstrip("/") not in self._modules.folders() else ():
                alone = Modules(read={"x.py": self._modules.text(file)}.get)
                module = alone.get("x")
                if module and applications(alone, module):
                    better = re.sub(r"\W+", "_", name)
                    better = f"app_{better}" if better[:1].isdigit() else better
                    kind, ending = ("folder", "") if is_folder else ("module", ".py")
                    return none_found(
                        f"{file} has an application, but a {kind} of that name cannot be "
                        f"imported. Rename it, for example to {better}{ending}",
                        "",
                        is_repaired=True,
                    )
        return None

    def framework(self) -> Framework | None:
        """Return the framework that the app uses, not only requires for another package."""
        imported = self._modules.imported()
        return next(
            (
                one
                for one in FRAMEWORKS
                if one.package in self._required.direct
                or (one.package in self._required.versions and one.module in imported)
            ),
            None,
        )

    def line_of_worker(self) -> str:
        """Return the line for a program that answers no requests; empty if none is known."""
        celery = self._module_of_celery()
        if celery:
            return f"worker: celery -A {celery} worker"
        for file in (f"{name}.py" for name in _SCRIPTS):
            if not self._modules.app.has(file):
                continue
            place = self._modules.module_at(file)
            if place is None or does_something(self._modules.imported_from(place[0]), place[1]):
                return f"worker: python {file}"
        programs = [*table_in(self._document, "project", "scripts")]
        is_program = self._required.installs_app and len(programs) == 1
        return f"worker: {programs[0]}" if is_program else ""

    def _module_of_celery(self) -> str:
        """Return the module of the only Celery application in the root folder, if there is one.

        Its name is found by Celery itself:
        https://docs.celeryq.dev/en/stable/getting-started/next-steps.html#about-the-app-argument
        """
        if "celery" not in self._required.versions:
            return ""
        found = []
        for file in self._modules.files(""):
            place = self._modules.module_at(file)
            if place and file != "celery.py" and makes(place[1], "celery.Celery"):
                found.append(place[1].name)
        return found[0] if len(found) == 1 else ""

    def without_framework(self) -> WebSearch:
        """Say what to do if the app has no web framework that Slipway knows."""
        if "django" in self._required.direct:
            return none_found(
                "The app requires Django, but the folders that Slipway reads have no wsgi.py, "
                "and no manage.py whose settings lead to an application",
                "web: gunicorn PROJECT.wsgi",
            )
        return none_found("", self.line_of_worker())
