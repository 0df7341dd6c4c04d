"""What a module of an app binds and imports whenever it is imported, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from slipway.domain.python.syntax import parse_module

_MOST_MODULES = 60
"""Modules of the app that a target imports, at most."""
_MOST_TEXT = 1_000_000
"""Characters of these, at most."""
_OPEN = frozenset({"globals", "locals", "vars", "setattr", "exec", "eval", "delattr"})
"""Functions that may bind names that the source does not show."""
_CHANGES_IMPORTS = frozenset(
    {"path", "modules", "meta_path", "path_hooks", "__path__", "addsitedir", "extend_path"}
)
"""Attributes and names with which a module changes what is found after it."""


class Elsewhere(Enum):
    """What is known of a module that is not one of the app's."""

    INSTALLED = "installed"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class OwnModule:
    """A module of the app."""

    file: str
    """Relative to the app; the folder of a namespace package."""
    text: str
    is_package: bool = False


Find = Callable[[str], "OwnModule | Elsewhere"]
"""Finds a module by its dotted name, in the folders where a process will look."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """A module that is imported in any case."""

    module: str
    file: str
    line: int
    names: tuple[str, ...] = ()
    """What is imported from it."""

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


@dataclass(kw_only=True)
class Reading:
    """What reading has shown of a target."""

    is_certain: bool = True
    """Whether everything that is imported and bound is there; else only an import can tell."""
    missing: list[Import] = field(default_factory=list)
    """Imports of modules that are not there."""
    may_find_more: bool = False
    """Whether a module changes where Python looks for others."""


def read_target(module: str, attribute: str, find: Find) -> Reading:
    """Read what importing a module and looking up an attribute needs; "" needs no attribute."""
    return _Imports(find).target(module, attribute)


def read_script(file: str, text: str, find: Find) -> Reading:
    """Read what a script imports whenever it runs."""
    reader = _Imports(find)
    reader.visit("__main__", OwnModule(file=file, text=text))
    reader.reading.is_certain = not reader.reading.missing
    return reader.reading


class _Imports:
    def __init__(self, find: Find) -> None:
        self.find = find
        self.reading = Reading()
        self.seen: dict[str, _Module | None] = {}
        self.installed: set[str] = set()
        self.size = 0

    def target(self, name: str, attribute: str) -> Reading:
        self.require(Import(module=name, file="", line=0))
        found = self.seen.get(name)
        first = attribute.partition("(")[0]
        if found is None:
            # Only an import shows what an installed package has; of one without attributes, it
            # is enough that the package is there.
            self.reading.is_certain &= not attribute and "." not in name
        elif first and first not in found.names:
            self.reading.is_certain = False
        return self.reading

    def require(self, wanted: Import) -> None:
        """Follow an import through the app's own modules."""
        parts = wanted.module.split(".")
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            if name not in self.seen:
                self.look_for(name, wanted)
            if self.seen[name] is None and name not in self.installed:
                return
        module = self.seen[wanted.module]
        if module is None or module.is_open:
            return
        for name in wanted.names:
            if name in module.names or name == "*":
                continue
            below = f"{wanted.module}.{name}"
            if below not in self.seen and not isinstance(self.look_for(below), OwnModule):
                self.reading.is_certain = False

    def look_for(self, name: str, wanted: Import | None = None) -> OwnModule | Elsewhere:
        """Find a module for the first time; `wanted` is the import that needs it."""
        found = self.find(name)
        if isinstance(found, OwnModule):
            self.visit(name, found)
            return found
        self.seen[name] = None
        if found is Elsewhere.INSTALLED:
            self.installed.add(name)
        elif wanted:
            self.reading.is_certain = False
            if found is Elsewhere.MISSING:
                self.reading.missing.append(wanted)
        return found

    def visit(self, name: str, source: OwnModule) -> None:
        self.size += len(source.text)
        if len(self.seen) >= _MOST_MODULES or self.size > _MOST_TEXT:
            self.seen[name] = None
            return
        tree = parse_module(source.text)
        if tree is None:
            self.seen[name] = None
            self.reading.is_certain = False
            return
        self.seen[name] = module = _Module(name, source, tree)
        if module.changes_imports:
            self.reading.is_certain, self.reading.may_find_more = False, True
        for wanted in module.imports():
            self.require(wanted)


class _Module:
    """What a module of the app binds and imports."""

    def __init__(self, name: str, source: OwnModule, tree: ast.Module) -> None:
        self.name = name
        self.source = source
        self.tree = tree
        self.names = _surely_bound(tree.body)
        self.is_open = False
        """Whether it may bind names that its source does not show."""
        self.changes_imports = False
        for node in ast.walk(tree):
            self._notice(node)

    def imports(self) -> Iterator[Import]:
        """Yield the imports that run whenever the module is imported."""
        for node in self.tree.body:
            if isinstance(node, ast.Raise):
                return
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield self._import(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                names = tuple(alias.name for alias in node.names)
                if module:
                    yield self._import(module, node.lineno, names)

    def _import(self, module: str, line: int, names: tuple[str, ...] = ()) -> Import:
        return Import(module=module, file=self.source.file, line=line, names=names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        """Return the full name of a module that is imported from; empty if it has none."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        keep = len(parts) - node.level + self.source.is_package
        if keep < 1:
            return ""
        return ".".join([*parts[:keep], *([node.module] if node.module else [])])

    def _notice(self, node: ast.AST) -> None:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _OPEN:
                self.is_open = True
            case ast.FunctionDef(name="__getattr__") | ast.alias(name="*") | ast.Delete():
                self.is_open = True
            case ast.Attribute(value=ast.Name(id="sys" | "site" | "pkgutil"), attr=name):
                self.changes_imports |= name in _CHANGES_IMPORTS
            case ast.Name(id="__path__" | "__import__"):
                self.changes_imports = True
            case ast.ImportFrom(module="sys", names=names):
                self.changes_imports |= any(one.name in _CHANGES_IMPORTS for one in names)


def _is_main_guard(node: ast.stmt) -> bool:
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()])):
            return True
    return False


def _surely_bound(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that a block binds whenever it runs to its end."""
    found: set[str] = set()
    for node in body:
        match node:
            case ast.If() if not _is_main_guard(node):
                found |= _surely_bound(node.body) & _surely_bound(node.orelse)
            case ast.With() | ast.AsyncWith():
                found |= _bound_by(node) | _surely_bound(node.body)
            case ast.Try():
                ways = [_surely_bound([*node.body, *node.orelse])]
                ways += [
                    _surely_bound(one.body)
                    for one in node.handlers
                    if not isinstance(one.body[-1], ast.Raise)
                ]
                found |= set.intersection(*ways) | _surely_bound(node.finalbody)
            case ast.For() | ast.While() | ast.If():
                continue
            case _:
                found |= _bound_by(node)
    return found


def _bound_by(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds, apart from those in its blocks."""
    targets: list[ast.expr] = []
    match statement:
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            # `import a.b` binds `a`; what is imported from a module has no dots.
            return {one.asname or one.name.partition(".")[0] for one in aliases}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Assign(targets=several):
            targets = several
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.AugAssign(target=target):
            targets = [target]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            targets = [one.optional_vars for one in items if one.optional_vars]
    return {name for target in targets for name in _names_in(target)}


def _names_in(target: ast.expr) -> set[str]:
    """Return the names that an assignment to a target binds."""
    if isinstance(target, ast.Name):
        return {target.id}
    if isinstance(target, ast.Attribute | ast.Subscript):
        return set()
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
