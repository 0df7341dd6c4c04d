"""Finds the environment variables that settings require, without running them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace

from slipway.domain.django.project import ReadText, imported_module, module_source, parse_module
from slipway.domain.django.variable_reads import LOADS_A_FILE, Names, Read
from slipway.errors.django import RequiredVariable

_EXITS = ("exit", "_exit")
_MOST_MODULES = 30


class _Stopped(Exception):
    """What follows is not certain to run, or may see other variables."""


@dataclass(kw_only=True)
class Reader:
    """Follows modules of an app as Python runs them."""

    read: ReadText
    """Returns the text of a file, by its path in the folder of manage.py."""
    available: Collection[str]
    """The variables that are set."""
    found: dict[str, RequiredVariable] = field(default_factory=dict)
    """The required variables that are not set, in the order in which they are read."""
    names: dict[str, Names] = field(default_factory=dict)
    """Module -> what its names stand for."""
    _set_by_code: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)

    def names_of(self, module: str, before: int = 0) -> Names:
        """Return what the names of a module stand for, up to a line if one is given."""
        if module in self.names and not before:
            return self.names[module]
        self.names.setdefault(module, Names())
        source = module_source(module, self.read)
        tree = parse_module(source[1]) if source else None
        names = Names()
        for node in _flat(tree.body if tree else []):
            if before and node.lineno > before:
                break
            names = self.after(node, names, module, source[0] if source else "")
        if not before:
            self.names[module] = names
        return names

    def after(self, node: ast.stmt, names: Names, module: str, file: str) -> Names:
        names = names.bound(node)
        if not isinstance(node, ast.ImportFrom):
            return names
        origin = imported_module(node, module, file)
        if len(self.names) > _MOST_MODULES or module_source(origin, self.read) is None:
            return names
        theirs = self.names_of(origin)
        kinds = dict(names.kinds)
        defaults, prefixes = dict(names.defaults), dict(names.prefixes)
        for alias in node.names:
            for name, kind in theirs.kinds.items():
                if alias.name in ("*", name.partition(".")[0]):
                    local = name if alias.name == "*" else (alias.asname or alias.name)
                    kinds[local] = kind
                    defaults[local] = theirs.defaults.get(name, frozenset())
                    prefixes[local] = theirs.prefixes.get(name, "")
        return replace(names, kinds=kinds, defaults=defaults, prefixes=prefixes)

    def follow(self, module: str, line: int, helper: ast.Call | None = None) -> None:
        """Collect what a module reads from the statement at a line on."""
        source = module_source(module, self.read)
        tree = parse_module(source[1]) if source else None
        if source is None or tree is None:
            return
        self.begun.add(module)
        run = _Run(self, module, source[0], replace(self.names_of(module, line), helper=helper))
        run.block(_remaining(tree.body, line))

    def note(self, read: Read, file: str) -> None:
        if read.is_required and not self.is_set(read.variable):
            self.found.setdefault(read.variable, _required(read, file))

    def is_set(self, variable: str) -> bool:
        return variable in self.available or variable in self._set_by_code

    def sets(self, variable: str) -> None:
        self._set_by_code.add(variable)

    def is_new(self, module: str) -> bool:
        is_new = module not in self.begun and len(self.begun) < _MOST_MODULES
        self.begun.add(module)
        return is_new


@dataclass
class _Run:
    """Goes through the statements of one module that are certain to run."""

    reader: Reader
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
            self.names = self.reader.after(node, self.names, self.module, self.file)

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
            source = module_source(module, self.reader.read)
            tree = parse_module(source[1]) if source and self.reader.is_new(module) else None
            if source and tree:
                _Run(self.reader, module, source[0], Names()).block(tree.body)

    def _expression(self, node: ast.AST) -> None:
        passed_to: dict[int, ast.Call] = {}
        for part in _certain(node):
            match part:
                case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)) if (
                    called in (*LOADS_A_FILE, *_EXITS)
                ):
                    raise _Stopped
                case ast.Call(
                    func=ast.Attribute(value=owner, attr="setdefault"),
                    args=[ast.Constant(value=str(name)), *_],
                ) if self.names.kind_of(owner) == "environ":
                    self.reader.sets(name)
                case ast.Subscript(
                    value=owner, slice=ast.Constant(value=str(name)), ctx=ast.Store()
                ) if self.names.kind_of(owner) == "environ":
                    self.reader.sets(name)
                case _:
                    self._read(part, passed_to)

    def _read(self, node: ast.AST, passed_to: dict[int, ast.Call]) -> None:
        read = self.names.read_by(node)
        if read is not None:
            self.reader.note(read.within(passed_to.get(id(node))), self.file)
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
                self.reader.note(required.within(call), self.file)


def _certain(node: ast.AST) -> Iterator[ast.AST]:
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
        yield from _certain(part)


def _remaining(body: list[ast.stmt], line: int) -> list[ast.stmt]:
    """Return the statements that would run from a line on; the blocks around it are entered."""
    found: list[ast.stmt] = []
    for node in body:
        if (node.end_lineno or node.lineno) < line:
            continue
        blocks = _blocks(node) if node.lineno <= line else []
        inner = next((it for it in blocks if it[0].lineno <= line <= _end(it)), None)
        if inner is None or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node)
        elif isinstance(node, ast.With):
            rest = ast.With(items=node.items, body=_remaining(inner, line))
            found.append(ast.copy_location(rest, node))
        else:
            found += _remaining(inner, line)
    return found


def _end(body: list[ast.stmt]) -> int:
    return body[-1].end_lineno or body[-1].lineno


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    named = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    nested = [*getattr(node, "handlers", []), *getattr(node, "cases", [])]
    return [it for it in (*named, *(one.body for one in nested)) if isinstance(it, list) and it]


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those in blocks, but not in functions."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for block in _blocks(node):
                yield from _flat(block)


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
    reader = Reader(read=read, available=available)
    reader.begun.update(module for module, _ in stack)
    try:
        for number, (module, line) in enumerate(reversed(stack)):
            reader.follow(module, line, helper if number == 0 else None)
    except (_Stopped, RecursionError):
        pass
    return tuple(reader.found.values())


def required_at(
    module: str, line: int, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List the variables that the statement at a line requires and that are not set.

    A loop over names, around it or in it, has stopped at the first one that is missing.
    """
    source = module_source(module, read)
    tree = parse_module(source[1]) if source else None
    path = _path_to(tree.body, line) if tree else []
    if source is None or not path or _blocks(path[-1]):
        return ()
    reader = Reader(read=read, available=available)
    names = reader.names_of(module, line)
    nodes: list[ast.AST] = [path[-1]]
    for outer in path:
        if isinstance(outer, ast.For):
            nodes = [it for node in nodes for it in _for_each_name(node, outer)]
    for part in [it for node in nodes for it in ast.walk(node)]:
        match part:
            case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner):
                nodes += _for_each_name(inner, part.generators[0])
            case ast.DictComp(value=inner):
                nodes += _for_each_name(inner, part.generators[0])
    for part in (it for node in nodes for it in _certain(node)):
        found = names.read_by(part)
        if found is not None:
            reader.note(replace(found, default=""), source[0])
    return tuple(reader.found.values())


def _for_each_name(node: ast.AST, loop: ast.For | ast.comprehension) -> list[ast.AST]:
    """Write a node once for each of the names that a loop lists."""
    match loop:
        case (
            ast.For(target=ast.Name(id=name), iter=ast.Tuple() | ast.List() as listed)
            | ast.comprehension(
                target=ast.Name(id=name), iter=ast.Tuple() | ast.List() as listed
            )
        ):
            changed = [_WithName(name, it).visit(deepcopy(node)) for it in listed.elts]
            return [*changed]
    return [node]


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


def unset_behind(
    use: Use, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List variables that are not set, or empty, and whose values the failing line needs.

    `os.environ.get("HOSTS").split(",")` fails only because HOSTS is not set. `available` are
    the variables that are set and not empty.
    """
    source = module_source(use.module, read)
    tree = parse_module(source[1]) if source else None
    if source is None or tree is None:
        return ()
    reader = Reader(read=read, available=available)
    path = _path_to(tree.body, use.line)
    functions = [it for it in path if isinstance(it, ast.FunctionDef)]
    if functions:
        _bind(functions[-1], use.caller)

    def of_setting(name: str) -> list[Read]:
        return _reads_of_setting(name, use.settings, read) if use.settings else []

    values = _Values(
        names=reader.names_of(use.module, use.line),
        tree=tree,
        line=use.line,
        local=tuple(functions[-1].body) if functions else (),
        of_setting=of_setting,
    )
    statement = path[-1] if path else None
    if isinstance(statement, ast.Assert):
        reads = values.that_make_false(statement.test)
    elif statement is None:
        return ()
    elif use.is_raised:
        reads = values.that_lead_to(path)
    else:
        nodes = [*_evaluated_at(statement)]
        reads = [it for node in nodes for it in values.needed_by(node, use.attribute)]
    unset = {it.variable: it for it in reads if it.variable not in available}
    return tuple(_required(it, source[0]) for it in unset.values())


def _bind(function: ast.FunctionDef, caller: str) -> None:
    """Write the constants with which a function was called in place of its parameters."""
    try:
        statements = ast.parse(caller).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in (it for one in statements for it in ast.walk(one)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
                name == function.name
            ):
                names = [it.arg for it in function.args.args if it.arg not in ("self", "cls")]
                bound = [*zip(names, node.args, strict=False)]
                bound += [(it.arg, it.value) for it in node.keywords if it.arg]
                for parameter, value in bound:
                    if isinstance(value, ast.Constant):
                        _WithName(parameter, value).visit(function)
                return


def variables_of(
    setting: str, module: str, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List the unset variables from which a module, or one that it imports, takes a setting."""
    reads = _reads_of_setting(setting, module, read)
    return tuple(_required(it, it.file) for it in reads if it.variable not in available)


def _reads_of_setting(setting: str, module: str, read: ReadText) -> list[Read]:
    pending = [module]
    for name in pending:
        source = module_source(name, read)
        tree = parse_module(source[1]) if source else None
        if source is None or tree is None or not tree.body:
            continue
        names = Reader(read=read, available=()).names_of(name)
        found = _Values(names=names, tree=tree, line=_end(tree.body) + 1).assigned(setting)
        if found is not None:
            return [replace(it, file=source[0]) for it in found]
        stars = [
            imported_module(node, name, source[0])
            for node in _flat(tree.body)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]
        pending += [it for it in stars if it not in pending and len(pending) < _MOST_MODULES]
    return []


def _required(read: Read, file: str) -> RequiredVariable:
    place = f"{read.file or file}:{read.line}"
    return RequiredVariable(name=read.variable, place=place, default=read.default)


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
        for node in (*_flat(self.tree.body), *_flat([*self.local])):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=target)], value=ast.expr() as value)
                    | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
                ) if target == name and node.lineno < self.line:
                    read = self.names.read_by(value)
                    found = [read] if read else []
        return found

    def reads(self, node: ast.AST) -> list[Read]:
        """Return what an expression is: a read, or a name to which one was assigned."""
        read = self.names.read_by(node)
        if read:
            return [read]
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
            case ast.Subscript(value=owner):
                parts = [owner]
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
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.that_make_true(operand)
            case ast.BoolOp(op=ast.And(), values=values):
                return [read for value in values for read in self.that_make_false(value)]
            case ast.Compare(left=left, ops=[ast.In()], comparators=[container]):
                return self._membership(left, container)
            case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()]):
                return self.reads(left)
        return self.reads(test)

    def that_make_true(self, test: ast.expr) -> list[Read]:
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.that_make_false(operand)
            case ast.BoolOp(op=ast.Or(), values=values):
                return [read for value in values for read in self.that_make_true(value)]
            case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[container]):
                return self._membership(left, container)
            case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()]):
                return self.reads(left)
        return []

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
            match outer:
                case ast.For(target=ast.Name(id=name), iter=ast.Tuple() | ast.List() as listed):
                    tests = [_with_name(test, name, element) for element in listed.elts]
                    return ast.BoolOp(op=ast.Or(), values=tests)
        return test

    def _membership(self, left: ast.expr, container: ast.expr) -> list[Read]:
        if isinstance(left, ast.Constant) and self.names.kind_of(container) == "environ":
            source = ast.unparse(container)
            expression = ast.parse(f"{source}[{left.value!r}]", mode="eval").body
            read = self.names.read_by(expression)
            return [replace(read, line=left.lineno, default="")] if read else []
        return []


class _WithName(ast.NodeTransformer):
    """Replaces a name by an expression."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name = name
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.copy_location(copy(self.value), node) if node.id == self.name else node


def _with_name(test: ast.expr, name: str, value: ast.expr) -> ast.expr:
    copied: ast.expr = ast.parse(ast.unparse(test), mode="eval").body
    changed: ast.expr = _WithName(name, value).visit(copied)
    return ast.fix_missing_locations(ast.copy_location(changed, test))


def _path_to(body: list[ast.stmt], line: int) -> list[ast.stmt]:
    """Return the statements at a line, from the outermost to the innermost."""
    for node in body:
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            inner = next((it for it in _blocks(node) if it[0].lineno <= line <= _end(it)), [])
            return [node, *_path_to(inner, line)]
    return []


def _evaluated_at(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement, without those in its blocks."""
    if not _blocks(statement):
        yield from ast.walk(statement)
        return
    for name in ("test", "iter", "items", "subject"):
        part = getattr(statement, name, None)
        for node in part if isinstance(part, list) else [part] if part else []:
            yield from ast.walk(node)
    if isinstance(statement, ast.For):
        yield statement


def required_by_configuration(
    module: str, name: str, read: ReadText, available: Collection[str]
) -> tuple[RequiredVariable, ...]:
    """List the unset variables that a class of django-configurations requires.

    https://django-configurations.readthedocs.io/en/stable/values/
    """
    source = module_source(module, read)
    tree = parse_module(source[1]) if source else None
    classes = {
        it.name: it for it in (tree.body if tree else []) if isinstance(it, ast.ClassDef)
    }
    pending, found = [name], {}
    for one in pending:
        node = classes.get(one)
        if node is None or source is None:
            continue
        bases = [it.id for it in node.bases if isinstance(it, ast.Name)]
        pending += [it for it in bases if it not in pending]
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=setting)], value=ast.Call() as value):
                    variable = _required_by_value(setting, value)
                    if variable and variable not in available:
                        place = f"{source[0]}:{statement.lineno}"
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
    prefix = str(words.get("environ_prefix", "DJANGO") or "")
    name = str(words.get("environ_name") or setting.upper())
    return f"{prefix}_{name}" if prefix else name
