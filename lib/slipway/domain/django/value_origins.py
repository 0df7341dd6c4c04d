"""Finds the environment variables from which values in a module of the app come."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from slipway.domain.django.project import ReadText, imported_module, parsed_module
from slipway.domain.django.statements import (
    WithName,
    evaluated_at,
    flat,
    for_each_name,
    last_line,
    path_to,
)
from slipway.domain.django.variable_reads import MOST_MODULES, ModuleNames, Names, Read
from slipway.domain.python.syntax import statement_of
from slipway.errors.django import RequiredVariable


@dataclass(frozen=True, kw_only=True)
class Use:
    """Where an exception was raised, in a module of the app."""

    module: str
    line: int
    attribute: str | None
    """The attribute that None does not have, if that is the error."""
    is_raised: bool
    """Whether the module raises it with `raise` or `assert`, or exits."""
    caller: str = ""
    """The statement that called the function with the line, if the app has it."""
    settings: str = ""
    """The settings module."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the function with the line that are names of variables."""


def unset_behind(
    use: Use, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List variables that are not set, or empty, and whose values the failing line needs.

    `os.environ.get("HOSTS").split(",")` fails only because HOSTS is not set. `available` are
    the variables that are set and not empty.
    """
    located = _located(use, read)
    if located is None:
        return ()
    file, values, path = located
    statement = path[-1] if path else None
    if isinstance(statement, ast.Assert):
        reads = values.that_make_false(statement.test)
    elif statement is None:
        return ()
    elif use.is_raised:
        reads = values.that_lead_to(path)
    else:
        nodes = [*evaluated_at(statement)]
        reads = [it for node in nodes for it in values.needed_by(node, use.attribute)]
    unset = {it.variable: it for it in reads if it.variable not in available}
    return tuple(it.required(file) for it in unset.values())


def document_without_key(use: Use, key: str, read: ReadText) -> tuple[RequiredVariable, ...]:
    """Return the variable with the JSON document in which the failing line looks up a key.

    `json.loads(os.environ.get("PLANS", "{}"))["small"]` fails if PLANS is not set.
    """
    located = _located(use, read)
    if located is None or not located[2]:
        return ()
    file, values, path = located
    owners = [
        node.value
        for node in evaluated_at(path[-1])
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and node.slice.value == key
    ]
    reads = {it.variable: it for owner in owners for it in values.of_document(owner)}
    return tuple(replace(it, default="").required(file) for it in reads.values())


def _located(use: Use, read: ReadText) -> tuple[str, _Values, list[ast.stmt]] | None:
    """Return the file of the failing line, its values, and the statements around it."""
    parsed = parsed_module(use.module, read)
    if parsed is None:
        return None
    file, tree = parsed
    path = path_to(tree.body, use.line)
    functions = [it for it in path if isinstance(it, ast.FunctionDef)]
    if functions:
        _bind(functions[-1], use.caller)
        for parameter, value in use.names.items():
            WithName(parameter, ast.Constant(value)).visit(functions[-1])

    def of_setting(name: str) -> list[Read]:
        return _reads_of_setting(name, use.settings, read) if use.settings else []

    values = _Values(
        names=ModuleNames(read=read).of(use.module, use.line),
        tree=tree,
        line=use.line,
        local=tuple(functions[-1].body) if functions else (),
        of_setting=of_setting,
    )
    return file, values, path


def _bind(function: ast.FunctionDef, caller: str) -> None:
    """Write the constants with which a function was called in place of its parameters."""
    statement = statement_of(caller)
    for node in ast.walk(statement) if statement else ():
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
                name == function.name
            ):
                names = [it.arg for it in function.args.args if it.arg not in ("self", "cls")]
                bound = [*zip(names, node.args, strict=False)]
                bound += [(it.arg, it.value) for it in node.keywords if it.arg]
                for parameter, value in bound:
                    if isinstance(value, ast.Constant):
                        WithName(parameter, value).visit(function)
                return


def variables_of(
    setting: str, module: str, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List the unset variables from which a module, or one that it imports, takes a setting."""
    reads = _reads_of_setting(setting, module, read)
    return tuple(it.required(it.file) for it in reads if it.variable not in available)


def _reads_of_setting(setting: str, module: str, read: ReadText) -> list[Read]:
    pending = [module]
    for name in pending:
        parsed = parsed_module(name, read)
        if parsed is None or not parsed[1].body:
            continue
        file, tree = parsed
        names = ModuleNames(read=read).of(name)
        found = _Values(names=names, tree=tree, line=last_line(tree.body) + 1).assigned(setting)
        if found is not None:
            return [replace(it, file=file) for it in found]
        stars = [
            imported_module(node, name, file)
            for node in flat(tree.body)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]
        pending += [it for it in stars if it not in pending and len(pending) < MOST_MODULES]
    return []


@dataclass(frozen=True, kw_only=True)
class _Values:
    """Which variables the values of expressions in a module come from."""

    names: Names
    tree: ast.Module
    line: int
    local: tuple[ast.stmt, ...] = ()
    """The body of the function that has the line."""
    of_setting: Callable[[str], list[Read]] = lambda _: []
    """Returns what a setting of Django is read from."""

    def assigned(self, name: str) -> list[Read] | None:
        """Return what the last assignment before the line reads; None if there is none."""
        found = None
        for node in (*flat(self.tree.body), *flat([*self.local])):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=target)], value=ast.expr() as value)
                    | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
                ) if target == name and node.lineno < self.line:
                    found = self.direct(value)
        return found

    def direct(self, node: ast.AST) -> list[Read]:
        """Return what an expression reads itself; `read or ""` is empty if the read is."""
        read = self.names.read_by(node)
        match node:
            case ast.BoolOp(op=ast.Or(), values=[*values, ast.Constant(value=last)]) if (
                not last
            ):
                return [it for value in values for it in self.direct(value)]
            case ast.Call(
                func=ast.Name(id="str" | "int" | "float" | "len")
                | ast.Attribute(attr="strip" | "lower" | "upper" | "encode")
            ) if read is None:
                given = node.args[0] if isinstance(node.func, ast.Name) and node.args else None
                inner = node.func.value if isinstance(node.func, ast.Attribute) else given
                return self.direct(inner) if inner is not None else []
        return [read] if read else []

    def reads(self, node: ast.AST) -> list[Read]:
        """Return what an expression is: a read, or a name to which one was assigned."""
        reads = self.direct(node)
        if reads:
            return reads
        match node:
            case ast.Name(id=name):
                return self.assigned(name) or []
            case (
                ast.Attribute(value=ast.Name(id="settings"), attr=name)
                | ast.Call(
                    func=ast.Name(id="getattr"),
                    args=[ast.Name(id="settings"), ast.Constant(value=str(name)), *_],
                )
            ):
                imports = (it for it in ast.walk(self.tree) if isinstance(it, ast.ImportFrom))
                is_django = any(it.module == "django.conf" for it in imports)
                return self.of_setting(name) if is_django else []
        return []

    def of_document(self, node: ast.expr) -> list[Read]:
        """Return what a JSON document is read from, which may have a name."""
        match node:
            case ast.Call(
                func=ast.Attribute(attr="loads") | ast.Name(id="loads"), args=[text, *_]
            ):
                return self.reads(text)
            case ast.Name(id=name):
                value = self._last_value(name)
                is_call = isinstance(value, ast.Call)
                return self.of_document(value) if value is not None and is_call else []
        return []

    def needed_by(self, node: ast.AST, attribute: str | None) -> list[Read]:
        """Return the reads whose values an expression cannot do without."""
        parts: list[ast.AST] = []
        match node:
            case ast.Attribute(value=owner, attr=name) if attribute is not None:
                parts = [owner] if name == attribute else []
            case _ if attribute is not None:
                parts = []
            case ast.Call(args=args):
                parts = [*args] if self.names.read_by(node) is None else []
            case ast.Subscript(value=owner, slice=index):
                parts = [owner, index]
            case ast.FormattedValue(value=value):
                parts = [value]
            case ast.BinOp(left=left, right=right):
                parts = [left, right]
            case ast.comprehension(iter=iterated) | ast.For(iter=iterated):
                parts = [iterated]
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[container]):
                parts = [container]
        call = node if isinstance(node, ast.Call) else None
        return [read.within(call) for part in parts for read in self.reads(part)]

    def that_make_false(self, test: ast.expr) -> list[Read]:
        match test:
            case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp() as each]):
                tests = for_each_name(each.elt, self.literal(each.generators[0]))
                return [read for it in tests for read in self.that_make_false(it)]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.that_make_true(operand)
            case ast.BoolOp(op=ast.And(), values=values):
                return [read for value in values for read in self.that_make_false(value)]
            case ast.Compare(left=left, ops=[ast.In()], comparators=[container]):
                return self._membership(left, container) or self.reads(left)
            case ast.Compare(left=left, comparators=others):
                return [read for part in (left, *others) for read in self.reads(part)]
        return self.reads(test)

    def that_make_true(self, test: ast.expr) -> list[Read]:
        match test:
            case ast.Call(func=ast.Name(id="any"), args=[ast.GeneratorExp() as each]):
                tests = for_each_name(each.elt, self.literal(each.generators[0]))
                return [read for it in tests for read in self.that_make_true(it)]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.that_make_false(operand)
            case ast.BoolOp(op=ast.Or(), values=values):
                return [read for value in values for read in self.that_make_true(value)]
            case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[container]):
                return self._membership(left, container) or self.reads(left)
            case ast.Compare(left=left, ops=[ast.Is() | ast.Eq() | ast.Lt() | ast.LtE()]):
                return self.reads(left)
        return self.listed(test)

    def listed(self, node: ast.expr) -> list[Read]:
        """Return the reads that a list of missing names, such as `missing`, is made of."""
        match self._last_value(node.id) if isinstance(node, ast.Name) else node:
            case ast.ListComp(generators=[loop]) | ast.SetComp(generators=[loop]):
                tests = [
                    it for test in loop.ifs for it in for_each_name(test, self.literal(loop))
                ]
                found = [read for it in tests for read in self.that_make_true(it)]
                return [replace(it, line=loop.iter.lineno, default="") for it in found]
            case ast.BinOp(left=names, op=ast.Sub(), right=others):
                value = self._last_value(names.id) if isinstance(names, ast.Name) else names
                texts = [it for it in ast.walk(value or names) if isinstance(it, ast.Constant)]
                owners = (it for it in ast.walk(others) if isinstance(it, ast.expr))
                owner = next(
                    (it for it in owners if self.names.kind_of(it) == "environ"), others
                )
                return [it for text in texts for it in self._membership(text, owner)]
        return []

    def literal(self, loop: ast.comprehension) -> ast.comprehension:
        """Write the list that a name stands for in place of it."""
        if not isinstance(loop.iter, ast.Name):
            return loop
        value = self._last_value(loop.iter.id)
        return ast.comprehension(loop.target, value, loop.ifs, 0) if value is not None else loop

    def _last_value(self, name: str) -> ast.expr | None:
        found = None
        for node in (*flat(self.tree.body), *flat([*self.local])):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    found = value if node.lineno < self.line else found
        return found

    def that_lead_to(self, path: list[ast.stmt]) -> list[Read]:
        """Return the reads that make the condition around the last of these statements true."""
        for outer, inner in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
            if isinstance(outer, ast.If):
                is_then = any(inner is node for node in outer.body)
                test = self._for_each(outer.test, path)
                reads = self.that_make_true(test) if is_then else self.that_make_false(test)
                if test is outer.test:
                    return reads
                return [replace(it, line=outer.lineno, default="") for it in reads]
        return []

    def _for_each(self, test: ast.expr, path: list[ast.stmt]) -> ast.expr:
        """Write a condition on `name` in `for name in ("A", "B"):` for all of the names.

        The loop has stopped at one of them, and the others may be missing, too.
        """
        for outer in path:
            tests = for_each_name(test, outer) if isinstance(outer, ast.For) else [test]
            if tests != [test]:
                return ast.BoolOp(op=ast.Or(), values=tests)
        return test

    def _membership(self, left: ast.expr, container: ast.expr) -> list[Read]:
        if isinstance(left, ast.Constant) and self.names.kind_of(container) == "environ":
            source = ast.unparse(container)
            expression = ast.parse(f"{source}[{left.value!r}]", mode="eval").body
            read = self.names.read_by(expression)
            return [replace(read, line=left.lineno, default="")] if read else []
        return []
