"""The names that the statements of a module or of a function bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from slipway.domain.django.project import imported_module
from slipway.domain.django.statements import flat
from slipway.domain.web.frameworks import CONSTRUCTORS

_MOST_STARS = 8
"""How many of the last modules from which everything is imported are looked at."""


@dataclass(frozen=True)
class Binding:
    """A statement that gives a name a value."""

    node: ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    line: int
    is_first_of_pair: bool = False
    is_unread: bool = False
    """Whether the value is not followed; then `node` does not stand for it."""


@dataclass(kw_only=True)
class Scope:
    """The names of a module or of a function."""

    imports: dict[str, str] = field(default_factory=dict)
    """Name -> full name of what it stands for."""
    stars: list[str] = field(default_factory=list)
    """The modules from which everything is imported."""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    certain: set[str] = field(default_factory=set)
    """The names that the last statement that binds them gives a value in any case."""
    parent: Scope | None = None

    def full_name(self, node: ast.expr) -> str:
        """Return the full name of what an expression names; empty if it is not imported."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        scope: Scope | None = self
        while scope is not None:
            if node.id in scope.imports:
                return ".".join([scope.imports[node.id], *parts])
            if node.id in scope.bindings:
                return ""
            for star in scope.stars:
                full = ".".join([star, node.id, *parts])
                if full in CONSTRUCTORS:
                    return full
            scope = scope.parent
        return ""


def scope_of(
    body: list[ast.stmt],
    module: str,
    file: str,
    parent: Scope | None = None,
    *,
    is_ordered: bool = True,
) -> Scope:
    """Return the names that statements bind; those of several functions have no order."""
    scope = Scope(parent=parent)
    always = {*body} if is_ordered else set[ast.stmt]()
    for node in executed(body):
        if isinstance(node, ast.Delete) and node in always:
            _delete(scope, node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = None
            if isinstance(node, ast.ImportFrom):
                origin = imported_module(node, module, file)
            for alias in node.names:
                _import(scope, alias, origin)
        for name, binding in bindings_of(node):
            _bind(scope, name, binding, is_certain=node in always)
    return scope


def _bind(scope: Scope, name: str, binding: Binding, *, is_certain: bool) -> None:
    scope.certain.discard(name)
    if is_certain:
        scope.certain.add(name)
        if isinstance(binding.node, ast.Constant) and not binding.is_unread:
            scope.bindings.pop(name, None)
            scope.imports.pop(name, None)
    scope.bindings.setdefault(name, []).append(binding)


def _delete(scope: Scope, statement: ast.Delete) -> None:
    for target in statement.targets:
        if isinstance(target, ast.Name):
            scope.bindings.pop(target.id, None)
            scope.imports.pop(target.id, None)


def _import(scope: Scope, alias: ast.alias, origin: str | None) -> None:
    """Add a name of an import; `origin` is the module after `from`."""
    if origin is None:
        local = alias.asname or alias.name.partition(".")[0]
        scope.imports[local] = alias.name if alias.asname else local
        scope.certain.discard(local)
    elif alias.name == "*":
        scope.stars = [*scope.stars, origin][-_MOST_STARS:]
    else:
        scope.imports[alias.asname or alias.name] = f"{origin}.{alias.name}"
        scope.certain.discard(alias.asname or alias.name)


def executed(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module that an import may run, but not those in classes."""
    for node in body:
        match node:
            case ast.If(test=test, orelse=other) if tests_name(test):
                yield from executed(other)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node
            case _:
                yield node
                for name in ("body", "handlers", "orelse", "finalbody", "cases"):
                    for part in getattr(node, name, None) or []:
                        inner = [part] if isinstance(part, ast.stmt) else part.body
                        yield from executed(inner)


def tests_name(test: ast.expr) -> bool:
    """Return whether a condition is `__name__ == "__main__"`, alone or with others."""
    return any(isinstance(it, ast.Name) and it.id == "__name__" for it in ast.walk(test))


def bindings_of(node: ast.stmt) -> Iterator[tuple[str, Binding]]:
    """Yield the names to which a statement gives values."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _assigned(target, value, node.lineno)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _assigned(target, value, node.lineno)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars:
                    yield from _assigned(item.optional_vars, item.context_expr, node.lineno)
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _unread(target, node.lineno)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, Binding(node, node.lineno)
        case ast.ClassDef(name=name):
            yield name, Binding(node, node.lineno)
        case _:
            return


def _assigned(target: ast.expr, value: ast.expr, line: int) -> Iterator[tuple[str, Binding]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, Binding(value, line)
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            for one, its_value in zip(targets, values, strict=True):
                yield from _assigned(one, its_value, line)
        case (ast.Tuple() | ast.List()) as several, _:
            match several.elts:
                case [ast.Name(id=first), *others]:
                    yield first, Binding(value, line, is_first_of_pair=True)
                case others:
                    pass
            for other in others:
                yield from _unread(other, line)
        case _:
            return


def _unread(target: ast.expr, line: int) -> Iterator[tuple[str, Binding]]:
    """Yield names whose values are not followed."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, Binding(ast.Constant(value=None), line, is_unread=True)


def reached(scope: Scope, nodes: list[ast.expr]) -> Iterator[ast.AST]:
    """Yield the parts of expressions, and of those that their names stand for."""
    seen: set[str] = set()
    waiting = [*nodes]
    while waiting:
        for part in ast.walk(waiting.pop()):
            yield part
            if isinstance(part, ast.Name) and part.id not in seen:
                seen.add(part.id)
                bindings = scope.bindings.get(part.id, [])
                waiting += [one.node for one in bindings if isinstance(one.node, ast.expr)]


def functions_in(body: list[ast.stmt]) -> Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the functions that a module defines, by name."""
    return {
        node.name: node
        for node in flat(body)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
