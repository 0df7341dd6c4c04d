"""Scripts of an app that start a web server themselves."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from slipway.domain.web.modules import Module, Modules, scope_of_all
from slipway.domain.web.scopes import Scope, executed, functions_in, reached, tests_name


@dataclass(frozen=True)
class _Call:
    """How a server is told where to listen."""

    host: int | None = None
    """The place of the argument, if it can be given without its name."""
    port: int | None = None
    listens_everywhere: bool = False
    """Whether it does so without an argument."""
    has_address: bool = False
    """Whether host and port are a tuple, at the place of `host`."""


_MOST = 8
"""How many servers of a script are read."""
_CALLS: Mapping[str, _Call] = {
    "aiohttp.web.run_app": _Call(listens_everywhere=True),
    "bottle.run": _Call(),
    "gevent.pywsgi.WSGIServer": _Call(host=0, has_address=True),
    "http.server.HTTPServer": _Call(host=0, has_address=True),
    "http.server.ThreadingHTTPServer": _Call(host=0, has_address=True),
    "nicegui.ui.run": _Call(listens_everywhere=True),
    "socketserver.TCPServer": _Call(host=0, has_address=True),
    "socketserver.ThreadingTCPServer": _Call(host=0, has_address=True),
    "uvicorn.run": _Call(),
    "waitress.serve": _Call(listens_everywhere=True),
    "websockets.asyncio.server.serve": _Call(host=1, port=2, listens_everywhere=True),
    "websockets.serve": _Call(host=1, port=2, listens_everywhere=True),
    "websockets.sync.server.serve": _Call(host=1, port=2, listens_everywhere=True),
    "werkzeug.serving.run_simple": _Call(host=0, port=1),
    "wsgiref.simple_server.make_server": _Call(host=0, port=1),
}
"""The functions and classes that start a server, by their full names."""
_RUN = _Call(host=0, port=1)
"""The method `run` of an application: https://flask.palletsprojects.com/en/stable/api/."""
_RUN_OF_SOCKETS = _Call(host=1, port=2)
"""https://flask-socketio.readthedocs.io/en/latest/api.html"""
_LISTEN = _Call(port=0, listens_everywhere=True)
"""https://www.tornadoweb.org/en/stable/web.html#tornado.web.Application.listen"""
_RUNNERS = frozenset({"Process", "Thread", "run"})
"""What runs a function that it is given: `Thread(target=serve).start()`."""
_POLLING = frozenset(
    {"infinity_polling", "run_polling", "run_until_disconnected", "start_polling"}
)
"""The methods with which bots for Telegram wait for messages."""
_SERVES = re.compile(r"\b(Server|serve)\(")
"""`uvicorn.Server(config)`, and `serve(app, config)` of Hypercorn."""
_BOTS = frozenset("discord disnake nextcord pyrogram telethon twitchio".split())
"""Packages whose bots start with `run` or `start`."""
_EVERYWHERE = frozenset({"0.0.0.0", "", "::", "*"})  # noqa: S104


@dataclass(frozen=True, kw_only=True)
class ServerStart:
    """A statement that starts a server."""

    line: int
    reads_port: bool
    """Whether the port is the variable PORT."""
    listens_everywhere: bool
    """Whether it accepts connections from other machines."""
    is_on_import: bool
    """Whether an import starts it too, and so never ends."""

    @property
    def is_reachable(self) -> bool:
        """Whether a platform's requests reach it."""
        return self.reads_port and self.listens_everywhere

    @property
    def problem(self) -> str:
        """What keeps requests away, as part of a sentence."""
        if not self.reads_port and not self.listens_everywhere:
            return (
                "not on the port in the variable PORT, and only for this machine. Let it read "
                "that variable, and listen on the host 0.0.0.0"
            )
        if not self.reads_port:
            return "not on the port in the variable PORT. Let it read that variable"
        return "only for this machine. Let it listen on the host 0.0.0.0"


def server_start(modules: Modules, module: Module) -> ServerStart | None:
    """Return the server that running a module starts, whatever its arguments."""
    if module.tree is None:
        return None
    scope = scope_of_all(module)
    functions = functions_in(module.tree.body)
    on_import = {*_run(list(executed(module.tree.body)), functions)}
    calls = (
        (node, call)
        for node in _run(module.tree.body, functions)
        if isinstance(node, ast.Call) and (call := _server(modules, module, scope, node))
    )
    found = [
        ServerStart(
            line=node.lineno,
            reads_port=_reads_port(scope, _argument(node, call, "port")),
            listens_everywhere=_is_everywhere(scope, node, call),
            is_on_import=node in on_import,
        )
        for node, call in islice(calls, _MOST)
    ]
    return min(found, key=lambda it: not it.is_on_import, default=None)


def serves_in_a_thread(modules: Modules, module: Module) -> bool:
    """Return whether a server is only a part of the program: `Thread(target=serve)`.

    Bots do that to answer the requests of a platform. Served alone, they would do nothing else.
    """
    if module.tree is None or "Thread" not in module.text:
        return False
    scope, functions = scope_of_all(module), functions_in(module.tree.body)
    targets = {
        name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Thread")
        for name in _called(node) & functions.keys()
    }
    return any(
        isinstance(node, ast.Call) and _server(modules, module, scope, node) is not None
        for name in targets
        for node in ast.walk(functions[name])
    )


def line_of_bot(modules: Modules, module: Module) -> int | None:
    """Return the line in which a script starts a bot as well as a server.

    A server that imports the application of such a module starts no bot.
    """
    if module.tree is None or "__main__" not in module.text:
        return None
    if not server_start(modules, module) and not _SERVES.search(module.text):
        return None
    scope, functions = scope_of_all(module), functions_in(module.tree.body)
    guarded: list[ast.stmt] = [
        inner
        for node in module.tree.body
        if isinstance(node, ast.If) and tests_name(node.test)
        for inner in node.body
    ]
    for node in _run(guarded, functions):
        if isinstance(node, ast.Attribute) and (
            node.attr in _POLLING
            or (node.attr in ("run", "start") and _is_of_bot(scope, node.value))
        ):
            return node.lineno
    return None


def _is_of_bot(scope: Scope, node: ast.expr) -> bool:
    """Return whether a name stands for an object that a package for bots makes."""
    bindings = scope.bindings.get(node.id, []) if isinstance(node, ast.Name) else []
    made = [one.node.func for one in bindings if isinstance(one.node, ast.Call)]
    return any(scope.full_name(it).partition(".")[0] in _BOTS for it in made)


def does_something(modules: Modules, module: Module) -> bool:
    """Return whether a script may do more than define names, after which it ends."""
    if module.tree is None or any(map(modules.get, module.imported)):
        return True
    quiet = (
        *(ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
        *(ast.Assign, ast.AnnAssign, ast.Pass, ast.Delete),
    )
    return not all(
        isinstance(node, quiet)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in module.tree.body
    )


def makes(module: Module, full: str) -> bool:
    """Return whether a name of a module stands for what a class makes, by its full name."""
    return any(
        isinstance(one.node, ast.Call) and module.scope.full_name(one.node.func) == full
        for bindings in module.scope.bindings.values()
        for one in bindings
    )


def _run(
    body: list[ast.stmt], functions: Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]
) -> Iterator[ast.AST]:
    """Yield what certainly runs with a module, also in the functions that it calls."""
    called: set[str] = set()
    waiting = deque(body)
    while waiting:
        inner, parts = _certain_parts(waiting.popleft())
        waiting.extendleft(reversed(inner))
        for node in (node for part in parts for node in ast.walk(part)):
            yield node
            for name in _called(node) & functions.keys() - called:
                called.add(name)
                waiting += functions[name].body


def _called(node: ast.AST) -> set[str]:
    """Return the names that a call calls, also those that it gives to what runs them."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            called = {name}
        case ast.Call(func=ast.Attribute(attr=name)):
            called = set()
        case _:
            return set()
    if name in _RUNNERS:
        given = [*node.args, *(one.value for one in node.keywords)]
        called |= {one.id for one in given if isinstance(one, ast.Name)}
    return called


def _certain_parts(statement: ast.stmt) -> tuple[list[ast.stmt], list[ast.AST]]:
    """Return the inner statements and the expressions of one that certainly run with it."""
    match statement:
        case ast.If(test=test, body=inner) if tests_name(test):
            return inner, []
        case ast.Try(body=inner):
            return inner, []
        case ast.With(items=items, body=inner) | ast.AsyncWith(items=items, body=inner):
            return inner, [*items]
        case (
            ast.FunctionDef()
            | ast.AsyncFunctionDef()
            | ast.ClassDef()
            | ast.If()
            | ast.For()
            | ast.While()
            | ast.Match()
        ):
            return [], []
        case _:
            return [], [statement]


def _server(modules: Modules, module: Module, scope: Scope, node: ast.Call) -> _Call | None:
    full = scope.full_name(node.func)
    if full in _CALLS:
        return _CALLS[full]
    match node.func:
        case ast.Attribute(value=ast.Name(id=owner), attr="run" | "run_server"):
            for binding in scope.bindings.get(owner, []):
                value = binding.node
                if isinstance(value, ast.Call) and scope.full_name(value.func) == (
                    "flask_socketio.SocketIO"
                ):
                    return _RUN_OF_SOCKETS
            made = modules.made(module, scope, node.func.value)
            return _RUN if made and made.framework.name not in ("", "FastAPI") else None
        case ast.Attribute(attr="listen") if any(
            name.partition(".")[0] == "tornado" for name in module.imported
        ):
            return _LISTEN
    return None


def _argument(node: ast.Call, call: _Call, name: str) -> ast.expr | None:
    place = call.host if name == "host" or call.has_address else call.port
    names = {"host": ("host", "address", "hostname"), "port": ("port",)}[name]
    given = next((one.value for one in node.keywords if one.arg in names), None)
    if given is None and place is not None and place < len(node.args):
        given = node.args[place]
    if call.has_address and isinstance(given, ast.Tuple) and len(given.elts) == 2:
        return given.elts[0 if name == "host" else 1]
    return given


def _reads_port(scope: Scope, node: ast.expr | None) -> bool:
    for part in reached(scope, [node] if node else []):
        match part:
            case (
                ast.Subscript(value=source, slice=ast.Constant(value="PORT"))
                | ast.Call(func=source, args=[ast.Constant(value="PORT"), *_])
            ):
                text = ast.unparse(source).lower()
                if "env" in text or "config" in text:
                    return True
    return False


def _is_everywhere(scope: Scope, node: ast.Call, call: _Call) -> bool:
    host = _argument(node, call, "host")
    if host is None or (isinstance(host, ast.Constant) and host.value is None):
        return call.listens_everywhere
    texts = {
        part.value
        for part in reached(scope, [host])
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    # `os.environ.get("HOST", "0.0.0.0")` has the name of the variable as well.
    return bool(texts) and all(text in _EVERYWHERE or text.isupper() for text in texts)


def launch_of(module: Module, name: str) -> ast.Call | None:
    """Return the call of `launch` of a Gradio app, with which a script starts its server."""
    for node in ast.walk(module.tree) if module.tree else ():
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="launch")):
                if owner == name:
                    return node
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner))),
                    attr="launch",
                )
            ) if owner == name:  # demo.queue().launch()
                return node
    return None


def draws_with_streamlit(module: Module) -> bool:
    """Return whether a module is a page of Streamlit: it calls functions of that package."""
    names = {
        local
        for local, full in module.scope.imports.items()
        if full.partition(".")[0] == "streamlit"
    }
    return bool(names) and any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and _root(node.func) in names
        for node in ast.walk(module.tree or ast.Module(body=[], type_ignores=[]))
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
