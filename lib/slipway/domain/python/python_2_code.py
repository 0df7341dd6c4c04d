"""Recognize modules of an app that only Python 2 can run."""

from __future__ import annotations

import ast
import re

from slipway.domain.python.removed_modules import REMOVED
from slipway.domain.python.syntax import decoded

_MOST_SHOWN = 60
_STATEMENT = re.compile(
    r"\bprint\s+[^\s(=]|\bexec\s+[\w'\"]|^\s*raise\s+[\w.]+\s*,"
    r"|^\s*except\s+[\w.]+\s*,\s*\w+\s*:|<>|`\w|(?<![\w.])0[0-7]+\b|\bur['\"]|\b\d+L\b"
)
"""What Python 2 has, and no Python 3: https://docs.python.org/3/whatsnew/3.0.html"""


def python_2_code(data: bytes) -> tuple[int, str] | None:
    """Return the first line of a module that is for Python 2 alone, and its number.

    That is a line that no Python 3 can parse, or that imports a module of Python 2 at the top
    of the module, where nothing catches the exception. None if there is no such line.
    """
    text = decoded(data)
    lines = text.splitlines()
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        number = error.lineno or 0
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        return (number, _shown(line)) if _STATEMENT.search(line) else None
    except (ValueError, RecursionError, MemoryError):
        return None
    for node in tree.body:
        if any(REMOVED.get(module.partition(".")[0]) == 0 for module in _imported(node)):
            return node.lineno, _shown(lines[node.lineno - 1])
    return None


def _imported(node: ast.stmt) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case _:
            return []


def _shown(line: str) -> str:
    text = line.strip()
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."
