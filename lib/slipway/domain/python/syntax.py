"""Parses modules of apps, whatever they contain."""

from __future__ import annotations

import ast
import codecs
import re

_MOST_DEEP = 150
_ENCODING = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]{1,40})")
"""https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations"""


def decoded(data: bytes) -> str:
    """Return the text of a module, with replacements for bytes that are not valid in it."""
    data = data.removeprefix(codecs.BOM_UTF8)
    declared = next(filter(None, map(_ENCODING.match, data.split(b"\n", 2)[:2])), None)
    encoding = declared[1].decode("ascii", "replace") if declared else "utf-8"
    try:
        return data.decode(encoding, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def parse_module(text: str) -> ast.Module | None:
    """Return the syntax tree of a module; None if this Python cannot parse it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return None if _is_deep(tree) else tree


def statement_of(source: str) -> ast.stmt | None:
    """Parse the first statement of a source; None if it is not valid."""
    module = parse_module(source)
    return module.body[0] if module and module.body else None


def _is_deep(tree: ast.Module) -> bool:
    """Tell whether a function that follows the tree could reach the limit of recursion."""
    level: list[ast.AST] = [tree]
    for _ in range(_MOST_DEEP):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True
