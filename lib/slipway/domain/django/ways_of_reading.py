"""Finds the code that reads a variable, which shows what its value must look like."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from slipway.domain.django.exception_chain import Site
from slipway.domain.django.statements import blocks, flat, path_to
from slipway.domain.django.value_kinds import name_assigned, names_variable
from slipway.domain.python.syntax import parse_module
from slipway.errors.django import RequiredVariable

_MOST = 8000
"""The most characters of a statement, and of those that use its value."""
_USES = 20
"""The statements that use a value, at most."""
_UNLIKELY = re.compile(
    r"(?:__init__|base|common|defaults?|settings)$|.*(?:dev|local|test|debug|ci)",
    re.IGNORECASE,
)
"""Modules of a package of settings that are not those of production."""
_IMPORTS = ("import_module", "__import__", "import_string", "include", "optional")


@dataclass(kw_only=True)
class WaysOfReading:
    """The code of an app that reads its variables."""

    site: Site
    annotations: dict[str, str] = field(default_factory=dict)
    """Variables that a class of settings has -> their types."""
    places: list[str] = field(default_factory=list)
    """The `file:line` of those that a failed command was at, the innermost first."""
    _trees: dict[str, ast.Module] = field(default_factory=dict)

    def added_to(self, variable: RequiredVariable) -> RequiredVariable:
        """Add to a variable how it is read, and which values the code knows."""
        if variable.name in self.annotations:
            return replace(variable, read=f"value: {self.annotations[variable.name]}")
        file, statement = self._read(variable)
        if statement is None:
            return variable
        tree = self._tree(file)
        name = name_assigned(statement)
        after = [it for it in flat(tree.body) if it.lineno > statement.lineno]
        uses = _uses_of(_names_bound(statement), [it for it in after if _is_plain(it)])
        source = ast.unparse(_head(statement))[:_MOST]
        for text in (ast.unparse(_head(it)) for it in uses[:_USES]):
            source += f"\n{text}" if len(source) + len(text) < _MOST else ""
        choices = dict.fromkeys(self._choices(variable.name, name, file))
        likely = sorted(choices, key=lambda it: (bool(_UNLIKELY.match(it)), it[:4] != "prod"))
        return replace(variable, read=source, choices=tuple(likely))

    def _read(self, variable: RequiredVariable) -> tuple[str, ast.stmt | None]:
        """Return the statement that reads a variable, and its file."""
        places = [variable.place] if variable.place else []
        found: list[tuple[str, ast.stmt]] = []
        for place in (*places, *self.places):
            file, _, line = place.rpartition(":")
            path = path_to(self._tree(file).body, int(line))
            if path:
                others = flat(self._tree(file).body)
                same_line = (it for it in others if it.lineno == int(line) and _is_plain(it))
                found += [(file, it) for it in (path[-1], *same_line)]
        files = dict.fromkeys(file for file, _ in found)
        first = found[:1] if places else []
        # A library that reads all variables later fails at another line.
        found += [(it, node) for it in files for node in flat(self._tree(it).body)]
        named = ((it, node) for it, node in found if names_variable(_head(node), variable.name))
        return next(named, first[0] if first else ("", None))

    def _tree(self, file: str) -> ast.Module:
        if file not in self._trees:
            tree = parse_module(self.site.read(file) or "")
            self._trees[file] = tree or ast.Module(body=[], type_ignores=[])
        return self._trees[file]

    def _choices(self, variable: str, name: str, file: str) -> Iterator[str]:
        """Yield the values of a variable that a module knows."""

        def is_value(node: ast.AST) -> bool:
            return names_variable(node, variable) or bool(name and _uses(node, name))

        tables = {
            name_assigned(it): it.value
            for it in flat(self._tree(file).body)
            if isinstance(it, ast.Assign | ast.AnnAssign)
        }
        classes = {it.name: it for it in self._tree(file).body if isinstance(it, ast.ClassDef)}
        for node in ast.walk(self._tree(file)):
            match node:
                case ast.Compare(left=left, comparators=[other]) if is_value(left):
                    yield from _texts(other)
                case ast.Match(subject=subject, cases=cases) if is_value(subject):
                    yield from (text for case in cases for text in _texts(case.pattern))
                case ast.Subscript(value=ast.Name(id=owner), slice=index) if is_value(index):
                    yield from _keys(tables.get(owner), classes.get(owner))
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=owner), attr="get"),
                    args=[index, *_],
                ) if is_value(index):
                    yield from _keys(tables.get(owner), None)
                case ast.Call(func=ast.Name(id=owner), args=[argument]) if (
                    owner in classes and is_value(argument)
                ):
                    yield from _members(classes[owner])
                case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if (
                    called in _IMPORTS
                ):
                    for argument in filter(is_value, node.args):
                        yield from self._modules(argument, file)

    def _modules(self, argument: ast.expr, file: str) -> Iterator[str]:
        """Yield the names of the modules, one of which a value names."""
        start = _start_of(argument)
        package = file.rpartition("/")[0]
        if "/" in start:
            folder = f"{package}/{start.rpartition('/')[0]}"
        elif start.startswith(".") or not start:
            folder = f"{package}/{start.strip('.').replace('.', '/')}"
        else:
            folder = self.site.inside(start.rpartition(".")[0].replace(".", "/"))
        for entry in self.site.entries(folder.strip("/")):
            if entry.endswith(".py") and entry != "__init__.py":
                yield entry.removesuffix(".py")


def _start_of(node: ast.expr) -> str:
    """Return the text with which the value of an expression starts."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]) | ast.BinOp(left=first):
            return _start_of(first)
    return ""


def _head(statement: ast.stmt) -> ast.AST:
    """Return what a statement evaluates itself, without its blocks."""
    match statement:
        case ast.If(test=test) | ast.While(test=test):
            return test
        case ast.For(iter=iterated):
            return iterated
        case ast.Match(subject=subject):
            return subject
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Try():
            return ast.Pass()
    return statement


def _uses(node: ast.AST, name: str) -> bool:
    return any(isinstance(it, ast.Name) and it.id == name for it in ast.walk(node))


def _names_bound(statement: ast.stmt) -> set[str]:
    """Return the names to which a statement, or its block, assigns values."""
    found = set()
    for node in ast.walk(statement):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
                | ast.withitem(optional_vars=ast.Name(id=name))
            ):
                found.add(name)
    return found


def _uses_of(names: set[str], statements: list[ast.stmt]) -> list[ast.stmt]:
    """List the statements that use names, or names to which one of them assigns what it uses.

    In `services = json.loads(text)`, `cred = services["db"]`, that is `cred`.
    """
    found = []
    for statement in statements:
        used = {it.id for it in ast.walk(statement) if isinstance(it, ast.Name)}
        if names & used:
            found.append(statement)
            names |= _names_bound(statement)
    return found


def _texts(node: ast.AST) -> list[str]:
    constants = (it for it in ast.walk(node) if isinstance(it, ast.Constant))
    return [it.value for it in constants if isinstance(it.value, str) and it.value]


def _keys(table: ast.expr | None, enumeration: ast.ClassDef | None) -> list[str]:
    """List the keys of a dictionary, or the names of a class of an enumeration."""
    keys = table.keys if isinstance(table, ast.Dict) else []
    found = [it.value for it in keys if isinstance(it, ast.Constant)]
    members = flat(enumeration.body) if enumeration else ()
    return [it for it in (*found, *map(name_assigned, members)) if isinstance(it, str) and it]


def _members(enumeration: ast.ClassDef) -> list[str]:
    """List the values of a class of an enumeration."""
    values = (it.value for it in enumeration.body if isinstance(it, ast.Assign))
    return [text for it in values for text in _texts(it)]


def _is_plain(statement: ast.stmt) -> bool:
    return not blocks(statement) or isinstance(statement, ast.With)
