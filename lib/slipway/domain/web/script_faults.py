"""Why a script that the process `web` runs answers no requests, if reading is certain of it."""

from __future__ import annotations

import ast

from slipway.domain.web.modules import Module, Modules, applications
from slipway.domain.web.scripts import ServerStart, server_start

_WITH_OTHER_DEFAULTS = frozenset(
    {"connexion", "dash", "gradio", "nicegui", "sanic", "streamlit", "tornado"}
)
"""Packages whose servers take their address from other places too."""
_DEFINES = (
    *(ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)


def unreachable_server(modules: Modules, module: Module) -> ServerStart | None:
    """Return the server that a script starts, if no request of a platform reaches it.

    Only addresses that are written out, or not given at all, are judged.
    """
    start = server_start(modules, module)
    tops = {name.partition(".")[0] for name in module.imported}
    if start is None or start.is_reachable or module.tree is None:
        return None
    if tops & _WITH_OTHER_DEFAULTS or "SERVER_NAME" in module.text:
        return None
    calls = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and node.lineno == start.line
    ]
    is_certain = bool(calls) and _is_written_out(calls[0], start)
    return start if is_certain else None


def _is_written_out(call: ast.Call, start: ServerStart) -> bool:
    if any(one.arg is None for one in call.keywords):
        return False
    for keyword in call.keywords:
        is_address = keyword.arg in ("host", "hostname", "address", "port", "listen")
        is_port = keyword.arg == "port" and start.reads_port
        if is_address and not is_port and not isinstance(keyword.value, ast.Constant):
            return False
    # The application itself, which `uvicorn.run` takes first.
    is_method = isinstance(call.func, ast.Attribute) and call.func.attr == "run"
    first = call.args[:1]
    is_application = is_method and first and isinstance(first[0], ast.Name | ast.Attribute)
    others = call.args[1:] if is_application else call.args
    return all(isinstance(one, ast.Constant) for one in others)


def only_defined(modules: Modules, module: Module) -> str:
    """Return the application that a script defines, if it ends without starting a server."""
    if module.tree is None or server_start(modules, module) is not None:
        return ""
    for node in module.tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_text and not isinstance(node, _DEFINES):
            return ""
    found = applications(modules, module)
    names = [name for name, it in found.items() if it.framework.interface is not None]
    return next((one for one in ("app", "application") if one in names), "")
