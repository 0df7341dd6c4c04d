"""Concludes the shape of a JSON document from the keys that code looks up in it.

The oldest Django settings for Cloud Foundry, for example, read VCAP_SERVICES as
`json.loads(os.environ["VCAP_SERVICES"])["mysql-5.1"][0]["credentials"]`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

_MOST_ENTRIES = 10
"""The largest number of an entry in a list."""
_PARSERS = ("loads", "load", "safe_load", "json")

Shape = dict[str | int, "Shape | ast.AST"]
"""Key, or number in a list -> what is below it, or the expression that looks it up."""


def json_shape(
    statements: Sequence[ast.stmt], names_document: Callable[[ast.AST], bool]
) -> Shape:
    """Return what statements look up in a document, which they may assign to names.

    `names_document` tells whether an expression names the text of the document, or its file.
    """
    document = _Document(names_document=names_document)
    shape: Shape = {}
    for statement in statements:
        document.assign(statement)
        for keys, node in document.lookups(statement):
            _add(shape, keys, node)
    return shape


def template_of(shape: Shape, member: Callable[[ast.AST], str]) -> str:
    """Write a template of a document; `member` returns that of a value that is looked up."""
    parts: list[str] = []
    is_list = all(isinstance(key, int) for key in shape)
    for key in range(max(map(int, shape)) + 1) if is_list else shape:
        below = shape.get(key, next(iter(shape.values())))
        text = template_of(below, member) if isinstance(below, dict) else f'"{member(below)}"'
        name = json.dumps(str(key).replace("$", "$$"))
        parts.append(text if is_list else f"{name}: {text}")
    return f"[{', '.join(parts)}]" if is_list else f"{{{', '.join(parts)}}}"


def _add(shape: Shape, keys: Sequence[str | int], node: ast.AST) -> None:
    for key in keys[:-1]:
        below = shape.get(key)
        if not isinstance(below, dict):
            below = shape[key] = {}
        shape = below
    shape.setdefault(keys[-1], node)


@dataclass(kw_only=True)
class _Document:
    """Knows what names stand for: a text or file with the document, or a part of it."""

    names_document: Callable[[ast.AST], bool]
    parts: dict[str, tuple[str | int, ...]] = field(default_factory=dict)
    """Name -> the keys that lead to the part of the document that it stands for."""
    sources: set[str] = field(default_factory=set)
    """Names of the document's text, its path or its open file."""

    def assign(self, statement: ast.stmt) -> None:
        """Learn what the names stand for to which a statement, or its block, assigns."""
        for node in ast.walk(statement):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                    | ast.withitem(
                        optional_vars=ast.Name(id=name), context_expr=ast.expr() as value
                    )
                ):
                    keys = self.keys_to(value)
                    if keys is not None:
                        self.parts[name] = keys
                    elif self._has_source(value):
                        self.sources.add(name)

    def lookups(self, statement: ast.stmt) -> Iterator[tuple[tuple[str | int, ...], ast.AST]]:
        """Yield the keys of each lookup, and the expression."""
        for node in ast.walk(statement):
            keys = self.keys_to(node) if not isinstance(node, ast.Name) else None
            if keys:
                yield keys, node

    def keys_to(self, node: ast.AST) -> tuple[str | int, ...] | None:
        """Return the keys that lead to what an expression is; None if it is something else."""
        match node:
            case ast.Name(id=name):
                return self.parts.get(name)
            case ast.Subscript(value=owner, slice=ast.Constant(value=str() | int() as key)):
                keys = self.keys_to(owner)
                return None if keys is None or not _is_usual(key) else (*keys, key)
            case ast.Call(
                func=ast.Attribute(value=owner, attr="get"),
                args=[ast.Constant(value=str(key)), *_],
            ):
                keys = self.keys_to(owner)
                return None if keys is None else (*keys, key)
            case ast.Call(func=ast.Attribute(attr=parser) | ast.Name(id=parser), args=[text]):
                return () if parser in _PARSERS and self._has_source(text) else None
        return None

    def _has_source(self, node: ast.AST) -> bool:
        if self.names_document(node):
            return True
        names = (it.id for it in ast.walk(node) if isinstance(it, ast.Name))
        return any(name in self.sources for name in names)


def _is_usual(key: str | int) -> bool:
    return isinstance(key, str) or (not isinstance(key, bool) and 0 <= key <= _MOST_ENTRIES)
