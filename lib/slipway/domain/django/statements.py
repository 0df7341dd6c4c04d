"""Walks over the statements and expressions of a module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy, deepcopy
from typing import TypeVar

_Node = TypeVar("_Node", bound=ast.AST)


def flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those in blocks, but not in functions."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for block in blocks(node):
                yield from flat(block)


def blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    """Return the blocks of a statement that are not empty."""
    named = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    nested = [*getattr(node, "handlers", []), *getattr(node, "cases", [])]
    return [it for it in (*named, *(one.body for one in nested)) if isinstance(it, list) and it]


def last_line(body: list[ast.stmt]) -> int:
    """Return the last line of a block."""
    return body[-1].end_lineno or body[-1].lineno


def path_to(body: list[ast.stmt], line: int) -> list[ast.stmt]:
    """Return the statements at a line, from the outermost to the innermost."""
    for node in body:
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            return [node, *path_to(_block_at(node, line), line)]
    return []


def _block_at(node: ast.stmt, line: int) -> list[ast.stmt]:
    """Return the block of a statement that has a line; an empty one if none has."""
    return next((it for it in blocks(node) if it[0].lineno <= line <= last_line(it)), [])


def remaining(body: list[ast.stmt], line: int) -> list[ast.stmt]:
    """Return the statements that would run from a line on; the blocks around it are entered."""
    found: list[ast.stmt] = []
    for node in body:
        if (node.end_lineno or node.lineno) < line:
            continue
        inner = _block_at(node, line)
        if not inner or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node)
        elif isinstance(node, ast.With):
            rest = ast.With(items=node.items, body=remaining(inner, line))
            found.append(ast.copy_location(rest, node))
        else:
            found += remaining(inner, line)
    return found


def evaluated_at(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement, without those in its blocks."""
    if not blocks(statement):
        yield from ast.walk(statement)
        return
    for name in ("test", "iter", "items", "subject"):
        part = getattr(statement, name, None)
        for node in part if isinstance(part, list) else [part] if part else []:
            yield from ast.walk(node)
    if isinstance(statement, ast.For):
        yield statement


def certain(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and the nodes that are evaluated whenever it is."""
    parts: list[ast.AST]
    match node:
        case ast.Lambda():
            return
        case ast.IfExp(test=test):
            parts = [test]
        case ast.BoolOp(values=[first, *_]):
            parts = [first]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            parts = [node.generators[0].iter]
        case _:
            parts = [*ast.iter_child_nodes(node)]
    yield node
    for part in parts:
        yield from certain(part)


def for_each_name(node: _Node, loop: ast.For | ast.comprehension) -> list[_Node]:
    """Write a node once for each of the names that a loop lists."""
    match loop:
        case (
            ast.For(target=ast.Name(id=name), iter=ast.Tuple() | ast.List() as listed)
            | ast.comprehension(
                target=ast.Name(id=name), iter=ast.Tuple() | ast.List() as listed
            )
        ):
            return [WithName(name, it).visit(deepcopy(node)) for it in listed.elts]
    return [node]


class WithName(ast.NodeTransformer):
    """Replaces a name by an expression."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name = name
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.copy_location(copy(self.value), node) if node.id == self.name else node
