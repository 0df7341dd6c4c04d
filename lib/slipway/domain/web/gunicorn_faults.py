"""Settings in a configuration file of Gunicorn with which it does not start.

Only values that are written out are judged: https://docs.gunicorn.org/en/stable/settings.html.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_NUMBERS = frozenset(
    {
        "backlog",
        "graceful_timeout",
        "keepalive",
        "max_requests",
        "max_requests_jitter",
        "threads",
        "timeout",
        "worker_connections",
        "workers",
    }
)
"""Settings that must be whole numbers, from 0 on."""
_OPEN = frozenset({"globals", "locals", "vars", "exec", "eval", "__import__"})


class GunicornSetting(NamedTuple):
    """A setting whose value the file itself shows."""

    name: str
    value: str | int | float | None
    line: int

    @property
    def is_refused(self) -> bool:
        """Whether Gunicorn stops because of the value."""
        if self.name not in _NUMBERS:
            return False
        if isinstance(self.value, str):
            try:
                return int(self.value, 0) < 0
            except ValueError:
                return True
        return not isinstance(self.value, int) or self.value < 0


def settings_shown(module: ast.Module) -> list[GunicornSetting]:
    """Return the settings that a file sets once, to a value that is written out."""
    names = [node.id for node in ast.walk(module) if isinstance(node, ast.Name)]
    if _OPEN & {*names}:
        return []
    count = Counter(_bound(module))
    return [one for one in _assignments(module) if count[one.name] == 1 and not count["*"]]


def _bound(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def _assignments(module: ast.Module) -> Iterator[GunicornSetting]:
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case _:
                continue
        match value:
            case ast.Constant(value=str() | int() | float() | None as shown):
                yield GunicornSetting(name, shown, node.lineno)
            case ast.UnaryOp(
                op=ast.USub(), operand=ast.Constant(value=int() | float() as size)
            ):
                yield GunicornSetting(name, -size, node.lineno)
