"""Find what the process `web` of an app without a Procfile serves, by reading its files.

docs/web-process.md has the order. Nothing is guessed: if two candidates are equal, both are
returned.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document
from slipway.domain.web.frameworks import (
    CONNEXION,
    CONNEXION_2,
    DASH,
    FLASK,
    GRADIO,
    SANIC,
    STREAMLIT,
    Framework,
    framework_required,
)
from slipway.domain.web.launch import Interface, OwnServer, Web, WebApplication, WebSearch
from slipway.domain.web.modules import (
    FACTORIES,
    Instance,
    Module,
    Modules,
    applications,
    imported_applications,
    outermost,
    uses,
)
from slipway.domain.web.scripts import draws_with_streamlit, launches, server_start
from slipway.domain.web.servers import web_command
from slipway.effects.files import AppFolder
from slipway.steps.plan.app_modules import AppModules

_ENTRY = ("wsgi", "asgi")
_USUAL = ("app", "main", "application", "api", "server", "run", "index", "hello")
_PAGES = ("streamlit_app", "Home", "Hello")
"""https://docs.streamlit.io/deploy/streamlit-community-cloud/deploy-your-app/file-organization"""
_FIRST = ("application", "app", "api", "server")
"""The names that are preferred for the same application."""
_NOT_SERVED = re.compile(
    r"setup|conftest|noxfile|fabfile|locustfile|manage|tests?|gunicorn\w*|test_\w*|\w*_test"
)
_OF_WORKERS = re.compile(r"celery|worker|tasks")
_LOOKED_FOR = (
    "a Django project, a wsgi.py or asgi.py, and the application of a web framework in app.py, "
    "main.py and other modules in the root folder, in src/ and in packages"
)


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

    Raises BuildStopped if a setting names what does not exist.
    """
    del document, environment, notices
    search = _Search(AppModules(app, settings.vendor), dependencies)
    return WebSearch(looked_for=_LOOKED_FOR) if is_django else search.read_modules()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An application, and the module from which a server imports it."""

    folder: str
    module: Module
    modules: Modules
    name: str
    instance: Instance
    is_factory: bool = False
    is_imported: bool = False
    """Whether the module only imports it, and adds nothing to it."""

    @property
    def file(self) -> str:
        return posixpath.join(self.folder, self.module.file)

    @property
    def made_at(self) -> tuple[str, int]:
        return posixpath.join(self.folder, self.instance.file), self.instance.line

    @property
    def framework(self) -> Framework:
        return self.instance.framework

    @property
    def target(self) -> str:
        is_called = self.is_factory and not self.instance.is_coroutine
        return f"{self.module.name}:{self.name}{'()' if is_called else ''}"

    def application(self, *, with_line: bool = False) -> WebApplication:
        file, line = self.made_at
        return WebApplication(
            target=self.target,
            folder=self.folder,
            origin=f"{self.file}:{line}" if with_line and file == self.file else self.file,
            interface=self.framework.interface or Interface.ASGI,
            framework=self.framework.name,
        )


class _Search:
    def __init__(self, modules: AppModules, dependencies: Dependencies) -> None:
        self._modules = modules
        self._dependencies = dependencies
        self._reasons: list[str] = []
        """Why an application that was found cannot be served, a sentence each."""

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
                    return self._chosen(found)
        return None

    def _entry_module(self, file: str, entry: str) -> Iterator[Candidate]:
        place = self._modules.module_at(file)
        if place is None:
            return
        folder, module = place
        modules = self._modules.imported_from(folder)
        for name in ("application", "app"):
            if modules.bound(module, name):
                made = modules.instance(module, name)
                if made is None:
                    kind = Interface.WSGI if entry == "wsgi" else Interface.ASGI
                    framework = Framework(name="", interface=kind)
                    made = Instance(framework=framework, file=module.file, line=1)
                yield self._candidate(folder, module, name, made)
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
                return self._chosen(found)
        return None

    def _in_file(self, file: str) -> list[Candidate]:
        """Return the applications of a module: several if nothing decides between them."""
        place = self._modules.module_at(file)
        if place is None:
            return []
        folder, module = place
        modules = self._modules.imported_from(folder)
        own = self._names(module, applications(modules, module))
        if own:
            found = [self._candidate(folder, module, name, made) for name, made in own]
        elif draws_with_streamlit(module):
            made = Instance(framework=STREAMLIT, file=module.file, line=1)
            found = [self._candidate(folder, module, "", made)]
        else:
            theirs = self._names(module, imported_applications(modules, module))
            found = [
                replace(
                    self._candidate(folder, module, name, made),
                    is_imported=not uses(module, name),
                )
                for name, made in theirs
            ]
        found = found or self._factories(folder, module, modules)
        return [] if found and self._never_ends(modules, module, found[0]) else found

    def _candidate(self, folder: str, module: Module, name: str, made: Instance) -> Candidate:
        if made.framework is CONNEXION and self._has_connexion_2():
            made = replace(made, framework=CONNEXION_2)
        modules = self._modules.imported_from(folder)
        return Candidate(
            folder=folder, module=module, modules=modules, name=name, instance=made
        )

    def _names(
        self, module: Module, found: Mapping[str, Instance]
    ) -> list[tuple[str, Instance]]:
        """Choose one name for each application that no other one mounts or wraps."""
        names = sorted(found, key=lambda it: _FIRST.index(it) if it in _FIRST else len(_FIRST))
        kept = outermost(module, names)
        by_place: dict[tuple[str, int], str] = {}
        for name in kept:
            made = found[name]
            known = by_place.setdefault((made.file, made.line), name)
            if known != name and found[known].framework is DASH:
                by_place[made.file, made.line] = name  # server = app.server
        return [(name, found[name]) for name in by_place.values()]

    def _factories(self, folder: str, module: Module, modules: Modules) -> list[Candidate]:
        names = [*FACTORIES, *(it for it in module.scope.bindings if it not in FACTORIES)]
        made = {name: modules.factory(module, name) for name in names}
        usual = [name for name in FACTORIES if made[name]]
        return [
            replace(self._candidate(folder, module, name, it), is_factory=True)
            for name in usual[:1] or names
            if (it := made[name])
        ]

    def _never_ends(self, modules: Modules, module: Module, found: Candidate) -> bool:
        """Return whether a server that imports the module would wait for another server."""
        start = server_start(modules, module)
        if start is None or not start.is_on_import:
            return False
        if not (start.reads_port and start.listens_everywhere):
            self._reasons.append(
                f"{found.file}, line {start.line}, starts a server of its own as soon as it is "
                'imported. Move that line below `if __name__ == "__main__":`'
            )
        return True

    def _made_with(self, factory: Candidate, files: Iterable[str]) -> list[Candidate]:
        """Return the application that a module in the root folder makes with a factory."""
        found = []
        for file in files:
            if _OF_WORKERS.search(file):
                continue
            for it in self._in_file(file):
                is_usual = it.name in ("app", "application") and not it.is_factory
                if is_usual and factory.file in self._files_imported_by(it):
                    found.append(it)
        return found

    def _files_imported_by(self, candidate: Candidate) -> frozenset[str]:
        files = candidate.modules.imports_of(candidate.module)
        return frozenset(posixpath.join(candidate.folder, file) for file in files)

    def _distinct(self, found: list[Candidate]) -> list[Candidate]:
        """Leave out what another candidate includes."""
        by_place: dict[tuple[tuple[str, int], bool], Candidate] = {}
        for it in found:
            key = (it.made_at, it.is_factory)
            known = by_place.get(key)
            # An importer that adds routes is more complete; else the module that makes it is.
            if known is None or (known.is_imported and not it.is_imported):
                by_place[key] = it
            elif it.file != it.made_at[0] and not it.is_imported:
                by_place[key] = it
        kept = list(by_place.values())
        if len(kept) < 2:
            return kept
        imported = {it.file: self._files_imported_by(it) for it in kept}
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

    # What was found

    def _chosen(self, found: Sequence[Candidate]) -> WebSearch:
        if len(found) == 1:
            return self._served(found[0])
        servable = [it for it in found if it.framework.interface is not None]
        if len(servable) == len(found):
            return WebSearch(equal=tuple(it.application(with_line=True) for it in found))
        places = [f"{it.file} ({it.framework.name})" for it in found]
        return WebSearch(
            looked_for=_LOOKED_FOR,
            reason=f"The app has several that could be the one: {', '.join(places)}",
            line=self._line_of(found[0]),
        )

    def _line_of(self, candidate: Candidate) -> str:
        web = self._served(candidate).found
        return f"web: {self._command(web)}" if web else ""

    def _command(self, web: Web) -> str:
        return web_command(web, dict.fromkeys(self._dependencies.names, ""))

    def _served(self, it: Candidate) -> WebSearch:
        if it.framework is STREAMLIT:
            return self._own(
                f"streamlit run {it.file} --server.port $PORT --server.address 0.0.0.0 "
                "--server.headless true",
                it,
            )
        if it.framework is SANIC:
            folder = f"env PYTHONPATH={it.folder} " if it.folder else ""
            factory = " --factory" if it.is_factory else ""
            target = it.target.removesuffix("()")
            return self._own(f"{folder}sanic {target}{factory} --host=0.0.0.0 --port=$PORT", it)
        if it.framework is GRADIO:
            return self._gradio(it)
        return WebSearch(found=it.application())

    def _own(self, command: str, it: Candidate) -> WebSearch:
        return WebSearch(
            found=OwnServer(command=command, origin=it.file, framework=it.framework.name)
        )

    def _gradio(self, it: Candidate) -> WebSearch:
        call = launches(it.module, it.name)
        command = f"env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python {it.file}"
        if call is None:
            reason = (
                f"{it.file} makes a Gradio app, `{it.name}`, but does not launch it. Add "
                f"`{it.name}.launch()` to its end"
            )
            return WebSearch(looked_for=_LOOKED_FOR, reason=reason, line=f"web: {command}")
        given = {one.arg for one in call.keywords} & {"server_name", "server_port"}
        if given:
            names = " and ".join(f"`{name}`" for name in sorted(map(str, given)))
            reason = (
                f"{it.file}, line {call.lineno}, launches its Gradio app with {names}, "
                "so the platform cannot say where it listens. Remove that"
            )
            return WebSearch(looked_for=_LOOKED_FOR, reason=reason, line=f"web: {command}")
        return self._own(command, it)

    # Scripts

    def _script(self) -> WebSearch | None:
        """Use a script of the root folder that certainly starts a server where it must."""
        found, others = [], []
        for name in (*_USUAL,):
            place = self._modules.module_at(f"{name}.py")
            if place is None:
                continue
            folder, module = place
            start = server_start(self._modules.imported_from(folder), module)
            if start and start.reads_port and start.listens_everywhere:
                found.append(module.file)
            elif start:
                others.append((module.file, start))
        if len(found) == 1:
            return WebSearch(found=OwnServer(command=f"python {found[0]}", origin=found[0]))
        if found:
            return WebSearch(
                looked_for=_LOOKED_FOR,
                reason=f"{' and '.join(found)} each start a server of their own",
                line=f"web: python {found[0]}",
            )
        if others and not self._reasons:
            file, start = others[0]
            problem = (
                "does not listen on the port in the variable PORT"
                if not start.reads_port
                else "accepts no connections from other machines; its host must be 0.0.0.0"
            )
            return WebSearch(
                looked_for=_LOOKED_FOR,
                reason=f"{file} starts a server of its own, line {start.line}, but it {problem}",
                line=f"web: python {file}",
            )
        return None

    def _nothing(self) -> WebSearch:
        names = self._dependencies.names | self._dependencies.pinned_names
        framework = framework_required(names)
        if framework is None:
            scripts = [f"{it}.py" for it in (*_USUAL, "bot", "worker", "script")]
            script = next((file for file in scripts if self._modules.app.has(file)), None)
            line = f"worker: python {script}" if script else ""
            return WebSearch(looked_for=_LOOKED_FOR, line=line, reason=" ".join(self._reasons))
        if framework.interface is None:
            commands = {
                "Streamlit": "streamlit run FILE.py --server.port $PORT "
                "--server.address 0.0.0.0 --server.headless true",
                "Gradio": "env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT "
                "python FILE.py",
                "Sanic": "sanic MODULE:APP --host=0.0.0.0 --port=$PORT",
            }
            command = commands[framework.name]
        else:
            web = WebApplication(
                target="MODULE:APP",
                folder="",
                origin="",
                interface=framework.interface,
                framework=framework.name,
            )
            command = self._command(web)
        reason = (
            f"The app requires {framework.name}, but has no application of it in the modules "
            "that Slipway reads. Put its name in the place of the words in capitals"
        )
        return WebSearch(
            looked_for=_LOOKED_FOR,
            line=f"web: {command}",
            reason=" ".join(self._reasons) or reason,
        )

    def _has_connexion_2(self) -> bool:
        for line in self._dependencies.requirements:
            if line.name == "connexion":
                old = r"(?:<=?\s*[012]\b|<\s*3\b|==\s*[012]\.|~=\s*[012]\.)"
                return re.search(old, line.requirement or "") is not None
        return False
