"""What a name of a module certainly stands for, if that is not a web application."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from slipway.domain.web.modules import Module, Modules

_DEEPEST = 6
"""How many names are followed."""
_OTHER = frozenset(
    # Parts of applications, and extensions of them.
    "aiohttp.web.RouteTableDef fastapi.APIRouter fastapi.routing.APIRouter flask.Blueprint"
    " flask_restful.Api flask_restx.Namespace flask_smorest.Blueprint flask_socketio.SocketIO"
    " flask_sqlalchemy.SQLAlchemy litestar.Router mangum.Mangum quart.Blueprint sanic.Blueprint"
    # Queues, commands, windows, bots, and infrastructure.
    " apscheduler arq.Worker celery dramatiq faust huey rq click cyclopts typer customtkinter"
    " flet.app flet.run kivy pygame PyQt5 PyQt6 PySide2 PySide6 textual tkinter wx aiogram"
    " discord nextcord pyrogram slack_bolt.App slack_bolt.app telebot telegram telethon"
    " aws_cdk chalice.Chalice dagster marimo.App modal"
    # Python's own.
    " argparse collections configparser logging pathlib queue socket sqlite3 threading".split()
)
"""Packages, modules and classes, none of which makes an object that a server can call."""

_CONSTANTS: Mapping[type, str] = {
    type(None): "None",
    str: "a text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
}
_LITERALS: Mapping[type, str] = {
    ast.JoinedStr: "a text",
    ast.Dict: "a dictionary",
    ast.DictComp: "a dictionary",
    ast.List: "a list",
    ast.ListComp: "a list",
    ast.Tuple: "a tuple",
}


def other_than_application(modules: Modules, module: Module, name: str) -> str:
    """Say what a name stands for if no server can call it; empty if it may be an application.

    The text follows `is`: `None`, `made by celery.Celery`.
    """
    return _named(modules, module, name, _DEEPEST)


def _named(modules: Modules, module: Module, name: str, steps: int) -> str:
    if steps <= 0 or not module.is_certain:
        return ""
    scope = module.scope
    if name in scope.certain:
        binding = scope.bindings[name][-1]
        if binding.is_unread or binding.is_first_of_pair:
            return ""
        return _value(modules, module, binding.node, steps - 1)
    found = modules.split(scope.imports.get(name, "")) if name not in scope.bindings else None
    return _named(modules, *found, steps - 1) if found else ""


def _value(
    modules: Modules,
    module: Module,
    node: ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    steps: int,
) -> str:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return "a function without arguments" if _takes_nothing(node) else ""
        case ast.Name(id=name):
            return _named(modules, module, name, steps)
        case ast.Call():
            return _made(modules, module, node)
        case ast.Constant(value=value):
            return _CONSTANTS.get(type(value), "")
        case _:
            return _LITERALS.get(type(node), "")


def _takes_nothing(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    parts = node.args
    return not (parts.posonlyargs or parts.args or parts.vararg or node.decorator_list)


def _made(modules: Modules, module: Module, call: ast.Call) -> str:
    exports = any(one.arg == "export_asgi_app" for one in call.keywords)
    full = module.scope.full_name(call.func)
    if full and not exports:
        return f"made by {full}" if _is_other(modules, full) else ""
    if not isinstance(call.func, ast.Name) or call.func.id not in module.scope.certain:
        return ""
    node = module.scope.bindings[call.func.id][-1].node
    if not isinstance(node, ast.ClassDef) or node.keywords or node.decorator_list:
        return ""
    if "__call__" in ast.unparse(node):
        return ""
    bases = [module.scope.full_name(base) for base in node.bases]
    if not bases:
        return f"made by the class {node.name}, which has no method __call__"
    known = all(base and _is_other(modules, base) for base in bases)
    return f"made by {node.name}, a class of {bases[0]}" if known else ""


def _is_other(modules: Modules, full: str) -> bool:
    """Return whether a name that is not the app's own is among the known ones."""
    parts = full.split(".")
    if modules.get(parts[0]) is not None:
        return False
    return any(".".join(parts[:count]) in _OTHER for count in range(1, len(parts) + 1))
