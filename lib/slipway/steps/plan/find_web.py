"""Find what the process `web` of an app without a Procfile serves, by reading its files.

docs/web-process.md has the order. Nothing is guessed: if two candidates are equal, both are
returned.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document
from slipway.domain.web.candidates import (
    LOOKED_FOR,
    FoundApplication,
    chosen,
    command_of,
)
from slipway.domain.web.frameworks import (
    ASGI,
    DASH,
    STREAMLIT,
    WSGI,
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
from slipway.domain.web.not_applications import other_than_application
from slipway.domain.web.required import AppPackages, required
from slipway.domain.web.scripts import (
    ServerStart,
    draws_with_streamlit,
    line_of_bot,
    server_start,
    serves_in_a_thread,
)
from slipway.effects.files import AppFolder
from slipway.errors.app import ApplicationMissing
from slipway.steps.plan.app_modules import AppModules
from slipway.steps.plan.named_web import named_web
from slipway.steps.plan.web_advice import USUAL, WebAdvice, none_found

_ENTRY = {"wsgi": WSGI, "asgi": ASGI}
_PAGES = ("streamlit_app", "Home", "Hello")
"""https://docs.streamlit.io/deploy/streamlit-community-cloud/deploy-your-app/file-organization"""
_FIRST = ("application", "app", "api", "server")
"""The names that are preferred for the same application."""
_NOT_SERVED = re.compile(
    r"setup|conftest|noxfile|fabfile|locustfile|tests?|gunicorn\w*|test_\w*|\w*_test"
)
_OF_WORKERS = re.compile(r"celery|worker|tasks")
_LOADED_BEFORE = frozenset(
    "abc argparse ast codecs collections copy datetime dis email enum errno fcntl functools"
    " gettext grp html importlib inspect io keyword locale logging operator os posixpath pwd"
    " random re select shlex shutil signal site socket ssl stat string struct sys tempfile"
    " textwrap threading time token tokenize traceback types typing urllib warnings"
    " weakref".split()
)
"""Modules of Python that it or Gunicorn has loaded before the app is imported."""


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
        self._required = packages
        self._advice = WebAdvice(modules, document, packages)
        self._endless: dict[str, tuple[FoundApplication, ServerStart]] = {}
        """File -> its application, if importing it starts a server, which never ends."""

        self._not_alone: dict[str, str] = {}
        """Modules whose application is a part of a program, such as a bot -> why."""

        self._of_programs: set[tuple[str, int]] = set()
        """Where such applications are made."""

        self._refused: dict[str, tuple[str, bool]] = {}
        """Modules that cannot be served -> why, and whether that says what to change."""

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
                if self._is_refused(found, made):
                    continue
                if not self._never_ends(found):
                    yield found
                return

    def _is_refused(self, it: FoundApplication, made: Instance | None) -> bool:
        """Return whether a server cannot serve a name of a module, and remember why."""
        top = it.module.name.partition(".")[0]
        other = "" if made else other_than_application(it.modules, it.module, it.name)
        if other:
            reason = f"`{it.name}` in {it.file} is {other}, which is not a web application"
        elif top in _LOADED_BEFORE:
            reason = (
                f"{it.file} has an application, but a server that imports `{top}` gets the "
                f"module of that name that Python itself has. Rename {_renamed(it, top)}"
            )
        elif it.framework.package and top == it.framework.module:
            reason = (
                f"{it.file} has the name of the package {it.framework.package}, so it imports "
                f"itself instead of {it.framework.name}. Rename {_renamed(it, top)}"
            )
        else:
            return False
        self._refused.setdefault(it.file, (reason, not other))
        return True

    # Applications of frameworks

    def _framework_objects(self) -> WebSearch | None:
        folders = self._modules.folders()
        inner = [it for it in folders if it != "src"] + self._modules.folders("src")
        root = self._modules.files("")
        other = [file for file in root if not _NOT_SERVED.fullmatch(file.removesuffix(".py"))]
        below = [file for folder in inner for file in self._modules.files(folder)]
        tiers = (
            [f"{name}.py" for name in (*_ENTRY, *USUAL, *_PAGES)],
            [f"src/{name}.py" for name in (*_ENTRY, *USUAL, *_PAGES)],
            [f"{it}/{name}.py" for it in inner for name in ("__init__", *_ENTRY, *USUAL)],
            other,
            [*self._modules.files("src"), *below],
        )
        for tier in tiers:
            each = [it for file in tier for it in self._in_file(file)]
            found = self._distinct([it for it in each if it.made_at not in self._of_programs])
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
        found = [it for it in found if not self._is_refused(it, it.instance)]
        if found and serves_in_a_thread(found[0].modules, module):
            self._not_alone[file] = "serves its application in a thread of another program"
            return []
        bot = line_of_bot(found[0].modules, module) if found else None
        if bot:
            self._not_alone[file] = f"starts a bot too, in line {bot}"
            self._of_programs.update(it.made_at for it in found)
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
        found = [
            it
            for file in files
            if not _OF_WORKERS.search(file)
            for it in self._in_file(file)
            if it.name in ("app", "application")
            and not it.is_factory
            and factory.file in _imported_by(it)
        ]
        # A manage.py is often there only for commands.
        return [it for it in found if it.file != "manage.py"] or found

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
        for file in (f"{name}.py" for name in USUAL):
            place = self._modules.module_at(file)
            start = place and server_start(self._modules.imported_from(place[0]), place[1])
            if start:
                started[file] = start
        found = [file for file, start in started.items() if start.is_reachable]
        if len(found) == 1:
            return WebSearch(found=OwnServer(command=f"python {found[0]}", origin=found[0]))
        if len(found) > 1:
            return none_found(
                f"Slipway cannot choose between {' and '.join(found)}, which start servers",
                f"web: python {found[0]}",
            )
        for file, start in started.items():
            if file not in self._endless:
                return none_found(
                    f"{file}, line {start.line}, starts a server, but {start.problem}",
                    f"web: python {file}",
                )
        return None

    def _nothing(self) -> WebSearch:
        if self._not_alone and not self._endless:
            file, why = next(iter(self._not_alone.items()))
            return none_found(
                f"{file} {why}, and a server would start the application alone",
                self._advice.line_of_worker(),
            )
        for file, (it, start) in self._endless.items():
            return none_found(
                f"{file}, line {start.line}, starts a server as soon as it is imported. Put "
                'that line below `if __name__ == "__main__":`',
                f"web: {command_of(it.application, self._required)}",
                is_repaired=True,
            )
        for reason, is_repaired in self._refused.values():
            line = "" if is_repaired else self._advice.line_of_worker()
            return none_found(reason, line, is_repaired=is_repaired)
        framework = self._advice.framework()
        if framework is None:
            return self._advice.without_framework()
        return self._deeper() or self._advice.of_framework(framework)

    def _deeper(self) -> WebSearch | None:
        """Name an application in a folder deeper than those that are read."""
        folders = [it for it in self._modules.folders() if it != "src"]
        deeper = [inner for folder in folders for inner in self._modules.folders(folder)]
        names = ("__init__", *_ENTRY, *USUAL)
        for file in (f"{folder}/{name}.py" for folder in deeper for name in names):
            found = self._in_file(file)
            if len(found) == 1 and found[0].framework.interface:
                it = found[0]
                return none_found(
                    f"{it.file} has an application"
                    f"{f' ({it.framework.name})' if it.framework.name else ''}, but "
                    "Slipway chooses only among modules at most one folder deep",
                    f"web: {command_of(it.application, self._required)}",
                )
        return None


def _renamed(it: FoundApplication, top: str) -> str:
    """Name the file, or the package, that has the name of another module."""
    if it.module.file == f"{top}.py":
        return f"the file, for example to {posixpath.join(it.folder, 'app.py')}"
    return f"the folder {posixpath.join(it.folder, top)}"


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
