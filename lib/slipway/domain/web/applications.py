"""Find the application object of a web framework in a module, by reading its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from slipway.domain.python.syntax import parse_module

_WSGI = "gunicorn"
_ASGI = "uvicorn"
_SERVERS = {
    "Flask": _WSGI,
    "APIFlask": _WSGI,
    "Bottle": _WSGI,
    "FastAPI": _ASGI,
    "Starlette": _ASGI,
    "Litestar": _ASGI,
    "Quart": _ASGI,
}
"""The classes of applications, and a server for each."""
_COMMANDS = {
    _WSGI: "gunicorn --bind 0.0.0.0:$PORT {target}",
    _ASGI: "uvicorn --host 0.0.0.0 --port $PORT {target}",
}
_FIRST = ("app", "main", "application", "server", "api", "run")
"""Modules that usually have the application, the most usual first."""


@dataclass(frozen=True, kw_only=True)
class FoundApplication:
    """An application that no process type serves."""

    file: str
    """The module's path in the app."""
    attribute: str
    framework: str
    """The class of the object."""

    @property
    def server(self) -> str:
        """The package with a server for it."""
        return _SERVERS[self.framework]

    @property
    def command(self) -> str:
        """The start command that serves it."""
        module = self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return _COMMANDS[self.server].format(target=f"{module}:{self.attribute}")


def module_order(file: str) -> tuple[bool, int, str]:
    """Return a key that sorts the modules that are likely to have the application first."""
    name = file.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
    is_nested = "/" in file
    return is_nested, _FIRST.index(name) if name in _FIRST else len(_FIRST), file


def application_in(file: str, text: str) -> FoundApplication | None:
    """Return the application that a module creates at its top level: `app = Flask(...)`."""
    if not any(name in text for name in _SERVERS):
        return None
    tree = parse_module(text)
    found = [
        FoundApplication(file=file, attribute=attribute, framework=framework)
        for node in (tree.body if tree else [])
        for attribute, framework in _created(node)
    ]
    return found[0] if found else None


def _created(node: ast.stmt) -> Iterator[tuple[str, str]]:
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=attribute)], value=ast.Call(func=function))
            | ast.AnnAssign(target=ast.Name(id=attribute), value=ast.Call(func=function))
        ):
            name = (
                function.id
                if isinstance(function, ast.Name)
                else function.attr
                if isinstance(function, ast.Attribute)
                else ""
            )
            if name in _SERVERS:
                yield attribute, name
