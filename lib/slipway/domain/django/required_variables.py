"""Finds the environment variables that settings require, without running them."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from slipway.domain.django.project import ReadText, imported_module, parsed_module
from slipway.domain.django.statements import blocks, certain, for_each_name, path_to, remaining
from slipway.domain.django.variable_reads import (
    LOADS_A_FILE,
    MOST_MODULES,
    ModuleNames,
    Names,
    Read,
)
from slipway.errors.django import RequiredVariable

_EXITS = ("exit", "_exit")
_NAMES_OF_VALUES = {
    "DatabaseURLValue": "DATABASE_URL",
    "CacheURLValue": "CACHE_URL",
    "EmailURLValue": "EMAIL_URL",
    "SearchURLValue": "SEARCH_URL",
}
"""Classes of django-configurations that read the same variable for any setting."""


class _Stopped(Exception):
    """What follows is not certain to run, or may see other variables."""


@dataclass(kw_only=True)
class _Tracer:
    """Follows modules of an app as Python runs them."""

    names: ModuleNames
    available: Collection[str]
    """The variables that are set."""
    found: dict[str, RequiredVariable] = field(default_factory=dict)
    """The required variables that are not set, in the order in which they are read."""
    _set_by_code: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)

    def follow(self, module: str, line: int, helper: ast.Call | None = None) -> None:
        """Collect what a module reads from the statement at a line on."""
        parsed = parsed_module(module, self.names.read)
        if parsed is None:
            return
        file, tree = parsed
        self.begun.add(module)
        run = _Run(self, module, file, replace(self.names.of(module, line), helper=helper))
        run.block(remaining(tree.body, line))

    def note(self, read: Read, file: str) -> None:
        if read.is_required and not self.is_set(read.variable):
            self.found.setdefault(read.variable, read.required(file))

    def is_set(self, variable: str) -> bool:
        return variable in self.available or variable in self._set_by_code

    def sets(self, variable: str) -> None:
        self._set_by_code.add(variable)

    def is_new(self, module: str) -> bool:
        is_new = module not in self.begun and len(self.begun) < MOST_MODULES
        self.begun.add(module)
        return is_new


@dataclass
class _Run:
    """Goes through the statements of one module that are certain to run."""

    tracer: _Tracer
    module: str
    file: str
    names: Names

    def block(self, body: list[ast.stmt]) -> None:
        for node in body:
            match node:
                case ast.Import() | ast.ImportFrom():
                    self._import(node)
                case ast.ClassDef(body=inner):
                    self.block(inner)
                case ast.With(items=items, body=inner):
                    self._with([item.context_expr for item in items], inner)
                case ast.Try(handlers=[], body=inner, finalbody=last):
                    self.block([*inner, *last])
                case ast.Raise():
                    raise _Stopped
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Try():
                    pass
                case _:
                    heads = (getattr(node, it, None) for it in ("test", "iter", "subject"))
                    self._expression(next((it for it in heads if it is not None), node))
            self.names = self.tracer.names.after(node, self.names, self.module, self.file)

    def _with(self, managers: list[ast.expr], body: list[ast.stmt]) -> None:
        before = self.names.prefixes
        for manager in managers:
            self._expression(manager)
            self.names = self.names.prefixed(manager)
        self.block(body)
        self.names = replace(self.names, prefixes=before)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        modules = (
            [imported_module(node, self.module, self.file)]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
        if isinstance(node, ast.ImportFrom):
            modules += [f"{modules[0]}.{alias.name}" for alias in node.names]
        for module in modules:
            parsed = parsed_module(module, self.tracer.names.read)
            if parsed and self.tracer.is_new(module):
                file, tree = parsed
                _Run(self.tracer, module, file, Names()).block(tree.body)

    def _expression(self, node: ast.AST) -> None:
        passed_to: dict[int, ast.Call] = {}
        for part in certain(node):
            match part:
                case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)) if (
                    called in (*LOADS_A_FILE, *_EXITS)
                ):
                    raise _Stopped
                case ast.Call(
                    func=ast.Attribute(value=owner, attr="setdefault"),
                    args=[ast.Constant(value=str(name)), *_],
                ) if self.names.kind_of(owner) == "environ":
                    self.tracer.sets(name)
                case ast.Subscript(
                    value=owner, slice=ast.Constant(value=str(name)), ctx=ast.Store()
                ) if self.names.kind_of(owner) == "environ":
                    self.tracer.sets(name)
                case _:
                    self._read(part, passed_to)

    def _read(self, node: ast.AST, passed_to: dict[int, ast.Call]) -> None:
        read = self.names.read_by(node)
        if read is not None:
            self.tracer.note(read.within(passed_to.get(id(node))), self.file)
            return
        needed: list[ast.expr] = []
        if isinstance(node, ast.Attribute):
            needed = [node.value]
        elif isinstance(node, ast.Call):
            passed_to.update((id(argument), node) for argument in node.args)
            is_number = isinstance(node.func, ast.Name) and node.func.id in ("int", "float")
            needed = node.args[:1] if is_number else []
        for part in needed:
            value = self.names.read_by(part)
            if value is not None and not value.has_default:
                required = replace(value, is_required=True)
                call = node if isinstance(node, ast.Call) else None
                self.tracer.note(required.within(call), self.file)


def required_after(
    stack: list[tuple[str, int]],
    read: ReadText,
    available: Collection[str],
    helper: ast.Call | None = None,
) -> tuple[RequiredVariable, ...]:
    """List the variables that modules are certain to read and that are not set.

    `stack` has the modules that were being imported when one was missing, outermost first, each
    with its line; `helper` is the call of the innermost one that reads a variable.
    """
    tracer = _Tracer(names=ModuleNames(read=read), available=available)
    tracer.begun.update(module for module, _ in stack)
    try:
        for number, (module, line) in enumerate(reversed(stack)):
            tracer.follow(module, line, helper if number == 0 else None)
    except (_Stopped, RecursionError):
        pass
    return tuple(tracer.found.values())


def required_at(
    module: str, line: int, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List the variables that the statement at a line requires and that are not set.

    A loop over names, around it or in it, has stopped at the first one that is missing.
    """
    parsed = parsed_module(module, read)
    if parsed is None:
        return ()
    file, tree = parsed
    path = path_to(tree.body, line)
    if not path or blocks(path[-1]):
        return ()
    tracer = _Tracer(names=ModuleNames(read=read), available=available)
    names = tracer.names.of(module, line)
    managers = [it for outer in path if isinstance(outer, ast.With) for it in outer.items]
    for manager in managers:
        names = names.prefixed(manager.context_expr)
    nodes: list[ast.AST] = [path[-1]]
    for outer in (it for it in path if isinstance(it, ast.For)):
        nodes = [it for node in nodes for it in for_each_name(node, outer)]
    for part in [it for node in nodes for it in ast.walk(node)]:
        match part:
            case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner):
                nodes += for_each_name(inner, part.generators[0])
            case ast.DictComp(value=inner):
                nodes += for_each_name(inner, part.generators[0])
    for part in (it for node in nodes for it in certain(node)):
        found = names.read_by(part)
        if found is not None:
            tracer.note(replace(found, default=""), file)
    return tuple(tracer.found.values())


def required_by_configuration(
    module: str, name: str, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List the unset variables that a class of django-configurations requires.

    https://django-configurations.readthedocs.io/en/stable/values/
    """
    parsed = parsed_module(module, read)
    if parsed is None:
        return ()
    file, tree = parsed
    classes = {it.name: it for it in tree.body if isinstance(it, ast.ClassDef)}
    pending, found = [name], {}
    for one in pending:
        node = classes.get(one)
        if node is None:
            continue
        bases = [it.id for it in node.bases if isinstance(it, ast.Name)]
        pending += [it for it in bases if it not in pending]
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=setting)], value=ast.Call() as value):
                    variable = _required_by_value(setting, value)
                    if variable and variable not in available:
                        place = f"{file}:{statement.lineno}"
                        found[variable] = RequiredVariable(name=variable, place=place)
    return tuple(found.values())


def _required_by_value(setting: str, value: ast.Call) -> str:
    """Name the variable that `values.SecretValue()` and the like require; empty if none."""
    words = {
        it.arg: it.value.value for it in value.keywords if isinstance(it.value, ast.Constant)
    }
    kind = ast.unparse(value.func).rpartition(".")[2]
    if kind != "SecretValue" and words.get("environ_required") is not True:
        return ""
    usual = _NAMES_OF_VALUES.get(kind)
    prefix = str(words.get("environ_prefix", "" if usual else "DJANGO") or "")
    name = str(words.get("environ_name") or usual or setting.upper())
    return f"{prefix}_{name}" if prefix else name
