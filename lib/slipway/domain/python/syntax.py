"""Parses modules of apps, whatever they contain."""

from __future__ import annotations

import ast

_MOST_DEEP = 150


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
