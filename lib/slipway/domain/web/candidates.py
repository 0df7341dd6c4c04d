"""Applications that were found in modules, and how each can be served."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from slipway.domain.web.frameworks import (
    CONNEXION,
    CONNEXION_2,
    DASH,
    DASH_SERVER,
    FLASK,
    FLASK_SOCKETIO,
    GRADIO,
    SANIC,
    STREAMLIT,
    Framework,
)
from slipway.domain.web.launch import Interface, OwnServer, Web, WebApplication, WebSearch
from slipway.domain.web.modules import Instance, Module, Modules
from slipway.domain.web.required import AppPackages
from slipway.domain.web.scripts import launch_of
from slipway.domain.web.servers import web_command

LOOKED_FOR = (
    "a Django project, a wsgi.py or asgi.py, and the application of a web framework in app.py, "
    "main.py and other modules in the root folder, in src/ and in packages"
)

_STREAMLIT = (
    "streamlit run {} --server.port $PORT --server.address 0.0.0.0 --server.headless true"
)
_GRADIO = "env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python {}"
_SANIC = "sanic {} --host=0.0.0.0 --port=$PORT"
_PLACEHOLDER = "MODULE:APP"


@dataclass(frozen=True, kw_only=True)
class FoundApplication:
    """An application, and the module from which a server imports it."""

    folder: str
    """The folder to import the module from, relative to the app."""
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
        """The file and the line that make it."""
        return posixpath.join(self.folder, self.instance.file), self.instance.line

    @property
    def framework(self) -> Framework:
        return self.instance.framework

    @property
    def target(self) -> str:
        is_called = self.is_factory and not self.instance.is_coroutine
        return f"{self.module.name}:{self.name}{'()' if is_called else ''}"

    @property
    def place(self) -> str:
        """`file:line`."""
        file, line = self.made_at
        return f"{file}:{line}" if file == self.file else self.file

    @property
    def application(self) -> WebApplication:
        return WebApplication(
            target=self.target,
            folder=self.folder,
            origin=self.file,
            interface=self.framework.interface or Interface.ASGI,
            framework=self.framework.name,
        )

    @property
    def named(self) -> WebApplication:
        """The application as the setting `app` names it, with its line."""
        prefix = "" if self.folder in ("", "src") else f"{self.folder.replace('/', '.')}."
        found = self.application
        return replace(found, target=f"{prefix}{found.target}", folder="", origin=self.place)


def chosen(found: Sequence[FoundApplication], required: AppPackages) -> WebSearch:
    """Serve the only candidate; of several, none."""
    if len(found) == 1:
        return served(found[0], required)
    are_named = all(re.fullmatch(r"[^\W\d]\w*(/[^\W\d]\w*)*|", it.folder) for it in found)
    if are_named and all(it.framework.interface is not None for it in found):
        return WebSearch(equal=tuple(it.named for it in found))
    places = [f"{it.file} ({it.framework.name or 'no framework'})" for it in found]
    first = served(found[0], required)
    line = first.line or (f"web: {command_of(first.found, required)}" if first.found else "")
    return WebSearch(
        looked_for=LOOKED_FOR,
        reason=f"Slipway cannot choose between {', '.join(places[:-1])} and {places[-1]}",
        line=line,
    )


def command_of(web: Web, required: AppPackages) -> str:
    """Return the command that serves an application, before anything is installed."""
    return web_command(web, required.versions)


def served(it: FoundApplication, required: AppPackages) -> WebSearch:
    """Return how an application is served, or why it cannot be."""
    if it.framework is STREAMLIT:
        return _own(_STREAMLIT.format(it.file), it)
    if it.framework is GRADIO:
        return _of_gradio(it)
    if it.framework is SANIC:
        folder = f"env -C {it.folder} " if it.folder else ""
        factory = " --factory" if it.is_factory else ""
        return _own(f"{folder}{_SANIC.format(it.target.removesuffix('()'))}{factory}", it)
    if it.framework is DASH and required.is_before("dash", 3):
        server = _given_server(it)
        if server:
            made = replace(it.instance, framework=DASH_SERVER)
            return WebSearch(found=replace(it, name=server, instance=made).application)
        return WebSearch(
            looked_for=LOOKED_FOR,
            reason=f"A server cannot call `{it.name}` in {it.file} with this version of Dash. "
            f"Add the line `server = {it.name}.server` to the end of the file",
            line=f"web: gunicorn {it.module.name}:server",
            is_repaired=True,
        )
    if it.framework is FLASK and "flask-socketio" in required.versions and _has_sockets(it):
        it = replace(it, instance=replace(it.instance, framework=FLASK_SOCKETIO))
    if it.framework is CONNEXION and required.is_before("connexion", 3):
        it = replace(it, instance=replace(it.instance, framework=CONNEXION_2))
    return WebSearch(found=it.application)


def _given_server(it: FoundApplication) -> str:
    """Return the name of the Flask application that a Dash app gets: `Dash(server=server)`."""
    for binding in it.module.scope.bindings.get(it.name, []):
        match binding.node:
            case ast.Call(keywords=keywords):
                for one in keywords:
                    if one.arg == "server" and isinstance(one.value, ast.Name):
                        return one.value.id
    return ""


def _has_sockets(it: FoundApplication) -> bool:
    """Return whether importing an application imports Flask-SocketIO."""
    files = it.modules.imports_of(it.module)
    modules = [it.module, *filter(None, map(it.modules.in_file, files))]
    return any("flask_socketio" in one.imported for one in modules)


def _own(command: str, it: FoundApplication) -> WebSearch:
    return WebSearch(
        found=OwnServer(command=command, origin=it.file, framework=it.framework.name)
    )


def _of_gradio(it: FoundApplication) -> WebSearch:
    call, command = launch_of(it.module, it.name), _GRADIO.format(it.file)
    if call is None:
        reason = (
            f"{it.file} makes a Gradio app, `{it.name}`, but does not start it. Add the line "
            f"`{it.name}.launch()` to its end"
        )
    elif any(one.arg in ("server_name", "server_port") for one in call.keywords):
        # An argument wins over the variables:
        # https://www.gradio.app/guides/environment-variables
        reason = (
            f"{it.file}, line {call.lineno}, starts its Gradio app at an address of its own. "
            "Remove the arguments `server_name` and `server_port`"
        )
    else:
        return _own(command, it)
    return WebSearch(
        looked_for=LOOKED_FOR, reason=reason, line=f"web: {command}", is_repaired=True
    )


def placeholder(framework: Framework, required: AppPackages, target: str = _PLACEHOLDER) -> str:
    """Return the command for an application of a framework, whose name may not be known."""
    if framework is STREAMLIT:
        return _STREAMLIT.format("FILE.py")
    if framework is GRADIO:
        return _GRADIO.format("FILE.py")
    if framework is SANIC:
        return _SANIC.format(_PLACEHOLDER)
    web = WebApplication(
        target=target,
        folder="",
        origin="",
        interface=framework.interface or Interface.WSGI,
        framework=framework.name,
    )
    return command_of(web, required)
