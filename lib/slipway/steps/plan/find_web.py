"""Find what the process `web` of an app without a Procfile serves, by reading its files.

docs/web-process.md has the order. Nothing is guessed: if two candidates are equal, both are
returned.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, table_in
from slipway.domain.web.candidates import (
    LOOKED_FOR,
    FoundApplication,
    chosen,
    command_of,
    placeholder,
)
from slipway.domain.web.frameworks import (
    ASGI,
    DASH,
    FRAMEWORKS,
    STREAMLIT,
    WSGI,
    Framework,
)
from slipway.domain.web.launch import OwnServer, WebApplication, WebSearch
from slipway.domain.web.modules import (
    FACTORIES,
    Instance,
    Module,
    applications,
    imported_applications,
    outermost,
    uses,
)
from slipway.domain.web.required import AppPackages, required
from slipway.domain.web.scripts import (
    ServerStart,
    draws_with_streamlit,
    server_start,
    serves_in_a_thread,
)
from slipway.effects.files import AppFolder
from slipway.errors.app import ApplicationMissing
from slipway.steps.plan.app_modules import AppModules
from slipway.steps.plan.named_web import named_web

_ENTRY = {"wsgi": WSGI, "asgi": ASGI}
_USUAL = ("app", "main", "application", "api", "server", "run", "index", "hello")
_PAGES = ("streamlit_app", "Home", "Hello")
"""https://docs.streamlit.io/deploy/streamlit-community-cloud/deploy-your-app/file-organization"""
_SCRIPTS = (*_USUAL, "bot", "worker", "script")
_FIRST = ("application", "app", "api", "server")
"""The names that are preferred for the same application."""
_NOT_SERVED = re.compile(
    r"setup|conftest|noxfile|fabfile|locustfile|tests?|gunicorn\w*|test_\w*|\w*_test"
)
_OF_WORKERS = re.compile(r"celery|worker|tasks|manage")


def find_web(
    app: AppFolder,
    document: Document,
    settings: Settings,
    environment: Mapping[str, str],
    dependencies: Dependencies,
    notices: list[str],
    *,
    is_django: bool = False,
) -> WebSearch:
    """Return what was found; `document` is pyproject.toml.

    If Django is known to serve the app, only what wins over it is looked for.

    Raises ApplicationMissing if a setting names what does not exist.
    """
    modules = AppModules(app, settings.vendor)
    packages = required(dependencies)
    try:
        named = named_web(modules, document, settings, environment, packages, notices)
    except ApplicationMissing as error:
        if not error.candidates:
            found = _ModuleSearch(modules, document, packages).read_modules()
            each = (found.found, *found.equal)
            found_here = [it.target for it in each if isinstance(it, WebApplication)]
            error.candidates = tuple(found_here)
        raise
    if named is not None:
        return replace(named, is_explicit=True)
    if is_django:
        return WebSearch(looked_for=LOOKED_FOR)
    return _ModuleSearch(modules, document, packages).read_modules()


class _ModuleSearch:
    def __init__(self, modules: AppModules, document: Document, packages: AppPackages) -> None:
        self._modules = modules
        self._document = document
        self._required = packages
        self._endless: dict[str, tuple[FoundApplication, ServerStart]] = {}
        """File -> its application, if importing it starts a server, which never ends."""

        self._in_threads: list[str] = []
        """Modules that start their server in a thread of another program, such as a bot."""

    def read_modules(self) -> WebSearch:
        return (
            self._entry_modules()
            or self._framework_objects()
            or self._script()
            or self._nothing()
        )

    # wsgi.py and asgi.py

    def _entry_modules(self) -> WebSearch | None:
        """Use the wsgi.py, or else the asgi.py, that has `application` or `app`."""
        for entry in _ENTRY:
            below = [f"{folder}/{entry}.py" for folder in self._modules.folders()]
            for files in ([f"{entry}.py"], [f"src/{entry}.py"], below):
                found = [it for file in files for it in self._entry_module(file, entry)]
                if found:
                    return chosen(found, self._required)
        return None

    def _entry_module(self, file: str, entry: str) -> Iterator[FoundApplication]:
        place = self._modules.module_at(file)
        if place is None:
            return
        folder, module = place
        modules = self._modules.imported_from(folder)
        for name in ("application", "app"):
            if modules.bound(module, name):
                made = modules.instance(module, name)
                unknown = Instance(framework=_ENTRY[entry], file=module.file, line=1)
                found = self._candidate(folder, module, name, made or unknown)
                if not self._never_ends(found):
                    yield found
                return

    # Applications of frameworks

    def _framework_objects(self) -> WebSearch | None:
        folders = self._modules.folders()
        inner = [it for it in folders if it != "src"] + self._modules.folders("src")
        root = self._modules.files("")
        other = [file for file in root if not _NOT_SERVED.fullmatch(file.removesuffix(".py"))]
        below = [file for folder in inner for file in self._modules.files(folder)]
        tiers = (
            [f"{name}.py" for name in (*_ENTRY, *_USUAL, *_PAGES)],
            [f"src/{name}.py" for name in (*_ENTRY, *_USUAL, *_PAGES)],
            [f"{it}/{name}.py" for it in inner for name in ("__init__", *_ENTRY, *_USUAL)],
            other,
            [*self._modules.files("src"), *below],
        )
        for tier in tiers:
            found = self._distinct([it for file in tier for it in self._in_file(file)])
            if len(found) == 1 and found[0].is_factory:
                found = self._made_with(found[0], other) or found
            if found:
                return chosen(found, self._required)
            if any(it.made_at[0] in tier for it, _ in self._endless.values()):
                return None
        return None

    def _in_file(self, file: str) -> list[FoundApplication]:
        """Return the applications of a module: several if nothing decides between them."""
        place = self._modules.module_at(file)
        if place is None:
            return []
        folder, module = place
        found = (
            self._own_applications(folder, module)
            or self._imported_applications(folder, module)
            or self._factories(folder, module)
        )
        if found and serves_in_a_thread(found[0].modules, module):
            self._in_threads.append(file)
            return []
        return [] if found and self._never_ends(found[0]) else found

    def _candidate(
        self, folder: str, module: Module, name: str, made: Instance
    ) -> FoundApplication:
        modules = self._modules.imported_from(folder)
        return FoundApplication(
            folder=folder, module=module, modules=modules, name=name, instance=made
        )

    def _own_applications(self, folder: str, module: Module) -> list[FoundApplication]:
        found = applications(self._modules.imported_from(folder), module)
        if not found and draws_with_streamlit(module):
            made = Instance(framework=STREAMLIT, file=module.file, line=1)
            return [self._candidate(folder, module, "", made)]
        return [self._candidate(folder, module, *it) for it in _distinct(module, found)]

    def _imported_applications(self, folder: str, module: Module) -> list[FoundApplication]:
        found = imported_applications(self._modules.imported_from(folder), module)
        used = {(it.file, it.line) for name, it in found.items() if uses(module, name)}
        return [
            replace(
                self._candidate(folder, module, name, made),
                is_imported=(made.file, made.line) not in used,
            )
            for name, made in _distinct(module, found)
        ]

    def _factories(self, folder: str, module: Module) -> list[FoundApplication]:
        modules = self._modules.imported_from(folder)
        names = dict.fromkeys((*FACTORIES, *module.scope.bindings))
        found = {name: modules.factory(module, name) for name in names}
        made = {name: it for name, it in found.items() if it}
        usual = [name for name in FACTORIES if name in made][:1]
        return [
            replace(self._candidate(folder, module, name, made[name]), is_factory=True)
            for name in usual or made
        ]

    def _never_ends(self, it: FoundApplication) -> bool:
        """Return whether a server that imports the module would wait for another server."""
        if it.framework.interface is None:
            return False
        for module in (it.module, it.modules.in_file(it.instance.file)):
            start = server_start(it.modules, module) if module else None
            if module and start and start.is_on_import:
                self._endless.setdefault(posixpath.join(it.folder, module.file), (it, start))
                return True
        return False

    def _made_with(
        self, factory: FoundApplication, files: Iterable[str]
    ) -> list[FoundApplication]:
        """Return the application that a module in the root folder makes with a factory."""
        return [
            it
            for file in files
            if not _OF_WORKERS.search(file)
            for it in self._in_file(file)
            if it.name in ("app", "application")
            and not it.is_factory
            and factory.file in _imported_by(it)
        ]

    def _distinct(self, found: list[FoundApplication]) -> list[FoundApplication]:
        """Leave out what another candidate includes."""
        by_place: dict[tuple[str, int], FoundApplication] = {}
        for it in found:
            known = by_place.setdefault(it.made_at, it)
            # A module that adds routes is more complete than the one that makes the
            # application, which is plainer than one that only imports it.
            if _completeness(it) > _completeness(known):
                by_place[it.made_at] = it
        kept = list(by_place.values())
        imported = {it.file: _imported_by(it) for it in kept} if len(kept) > 1 else {}
        outer = [
            it
            for it in kept
            if not any(
                it.file in imported[other.file] and other.file not in imported[it.file]
                for other in kept
                if other.file != it.file
            )
        ]
        return outer or kept

    # Scripts

    def _script(self) -> WebSearch | None:
        """Use a script that certainly starts a server where the platform's requests arrive."""
        started = {
            file: start
            for file, (it, start) in self._endless.items()
            if it.folder == posixpath.dirname(file)
        }
        for file in (f"{name}.py" for name in _USUAL):
            place = self._modules.module_at(file)
            start = place and server_start(self._modules.imported_from(place[0]), place[1])
            if start:
                started[file] = start
        found = [file for file, start in started.items() if start.is_reachable]
        if len(found) == 1:
            return WebSearch(found=OwnServer(command=f"python {found[0]}", origin=found[0]))
        if len(found) > 1:
            return _none(
                f"Slipway cannot choose between {' and '.join(found)}, which start servers",
                f"web: python {found[0]}",
            )
        for file, start in started.items():
            if file not in self._endless:
                return _none(
                    f"{file}, line {start.line}, starts a server, but {start.problem}",
                    f"web: python {file}",
                )
        return None

    def _nothing(self) -> WebSearch:
        if self._in_threads and not self._endless:
            return _none(
                f"{self._in_threads[0]} serves its application in a thread of another program, "
                "and a server would start the application alone",
                self._line_of_worker(),
            )
        for file, (it, start) in self._endless.items():
            return _none(
                f"{file}, line {start.line}, starts a server as soon as it is imported. Put "
                'that line below `if __name__ == "__main__":`',
                f"web: {command_of(it.application, self._required)}",
            )
        framework = self._framework()
        if framework is None:
            return _none("", self._line_of_worker())
        unread = self._unread()
        if unread and framework.interface:
            file, name = unread
            target = f"{file.removesuffix('.py')}:{name}"
            return _none(
                f"The app requires {framework.name}, and `{name}` in {file} may be its "
                "application, but reading does not tell",
                f"web: {placeholder(framework, self._required, target)}",
            )
        return _none(
            f"The app requires {framework.name}, but has no application of it in the modules "
            "that Slipway reads. The words in capitals stand for names of the app",
            f"web: {placeholder(framework, self._required)}",
        )

    def _unread(self) -> tuple[str, str] | None:
        """Return a module of the root folder whose `app` only running it tells."""
        for file in (f"{name}.py" for name in _USUAL):
            place = self._modules.module_at(file)
            bindings = place[1].scope.bindings if place else {}
            for name in ("app", "application"):
                if any(isinstance(one.node, ast.Call) for one in bindings.get(name, [])):
                    return file, name
        return None

    def _framework(self) -> Framework | None:
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

    def _line_of_worker(self) -> str:
        script = next((it for it in _SCRIPTS if self._modules.app.has(f"{it}.py")), None)
        if script:
            return f"worker: python {script}.py"
        programs = [*table_in(self._document, "project", "scripts")]
        is_program = self._required.installs_app and len(programs) == 1
        return f"worker: {programs[0]}" if is_program else ""


def _none(reason: str, line: str) -> WebSearch:
    return WebSearch(looked_for=LOOKED_FOR, reason=reason, line=line)


def _distinct(module: Module, found: Mapping[str, Instance]) -> list[tuple[str, Instance]]:
    """Choose one name for each application that no other one mounts or wraps."""
    names = sorted(found, key=lambda it: _FIRST.index(it) if it in _FIRST else len(_FIRST))
    by_place: dict[tuple[str, int], str] = {}
    for name in outermost(module, names):
        made = found[name]
        known = by_place.setdefault((made.file, made.line), name)
        if found[known].framework is DASH and made.framework is not DASH:
            by_place[made.file, made.line] = name  # server = app.server
    return [(name, found[name]) for name in by_place.values()]


def _imported_by(it: FoundApplication) -> frozenset[str]:
    """Return the files of the app that importing a candidate's module imports."""
    files = it.modules.imports_of(it.module)
    return frozenset(posixpath.join(it.folder, file) for file in files)


def _completeness(it: FoundApplication) -> int:
    if it.is_imported:
        return 0
    return 1 if it.file == it.made_at[0] else 2
