"""What the modules of an app bind, as far as reading them tells: web applications above all."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from slipway.domain.django.project import imported_module
from slipway.domain.django.statements import evaluated_at
from slipway.domain.python.syntax import parse_module
from slipway.domain.web.frameworks import (
    AIOHTTP,
    ASGI,
    CONSTRUCTORS,
    DASH_SERVER,
    METHODS,
    MOUNTING,
    RETURNING_PAIR,
    WSGI,
    Framework,
)
from slipway.domain.web.scopes import (
    Binding,
    Scope,
    bindings_of,
    executed,
    reached,
    scope_of,
    tests_name,
)

ReadText = Callable[[str], "str | None"]
"""Returns the text of a file, by its path in the folder from which modules are imported."""

FACTORIES = ("create_app", "make_app")
"""The names that Flask looks for: https://flask.palletsprojects.com/en/stable/cli/."""

_DEEPEST = 12
"""How many steps from a name to the call that makes its value are followed."""
_MOST_BINDINGS = 8
"""How many of the last statements that bind a name are read."""
_MOST_APPLICATIONS = 20
"""Of how many applications in a module it is found out which mounts another."""
_ENTRY_NAMES = frozenset({"app", "application"})
_ASSIGNED = re.compile(r"^([A-Za-z_]\w*)[ \t]*=(?!=)", re.M)
_ASSIGNED_CALL = re.compile(r"^([A-Za-z_]\w*)[ \t]*=[ \t]*(?:\w+\.)*(\w+)\(", re.M)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An application that a module makes."""

    framework: Framework
    file: str
    """The file with the call that makes it, in the folder from which modules are imported."""
    line: int
    is_coroutine: bool = False
    """Whether it is a function that has to be awaited for it."""


@dataclass(kw_only=True, eq=False)
class Module:
    """A module of the app, read from its file."""

    name: str
    """Its full name."""
    file: str
    text: str
    tree: ast.Module | None
    """None if this Python cannot parse it."""

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.tree.body if self.tree else [], self.name, self.file)

    @cached_property
    def imported(self) -> frozenset[str]:
        """The modules that it may import, at any place; names in them are among the modules."""
        found: set[str] = set()
        for node in ast.walk(self.tree) if self.tree else ():
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = imported_module(node, self.name, self.file)
                found.add(origin)
                found.update(f"{origin}.{alias.name}" for alias in node.names)
        return frozenset(found)

    @property
    def relative_level(self) -> int:
        """How many packages its relative imports need around it; 0 if it has none."""
        nodes = ast.walk(self.tree) if self.tree else ()
        return max((it.level for it in nodes if isinstance(it, ast.ImportFrom)), default=0)

    @property
    def is_certain(self) -> bool:
        """Whether its names are exactly those that its statements bind."""
        if self.tree is None:
            return False
        return not self.scope.stars and not any(map(_is_dynamic, ast.walk(self.tree)))

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it binds, in the order of its statements."""
        if self.tree is None:
            return tuple(dict.fromkeys(_ASSIGNED.findall(self.text)))
        return tuple(self.scope.bindings | self.scope.imports)


def _is_dynamic(node: ast.AST) -> bool:
    """Return whether a part of a module may bind names that its statements do not show."""
    match node:
        case ast.Name(id="globals" | "locals" | "exec" | "setattr" | "vars"):
            return True
        case ast.FunctionDef(name="__getattr__") | ast.Attribute(attr="modules"):
            return True
        case ast.Global() | ast.NamedExpr():
            return True
        case _:
            return False


@dataclass(kw_only=True)
class Modules:
    """The modules of an app that are imported from the same folder."""

    read: ReadText
    known: dict[str, Module | None] = field(default_factory=dict)
    _returns: dict[tuple[str, int], Instance | None] = field(default_factory=dict)
    """What a function returns, by its file and line."""

    def get(self, name: str) -> Module | None:
        """Return a module by its full name; None if the folder does not have it."""
        if name in self.known:
            return self.known[name]
        found = None
        path = name.replace(".", "/")
        if re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name):
            for file in (f"{path}/__init__.py", f"{path}.py"):
                text = self.read(file)
                if text is not None:
                    found = Module(name=name, file=file, text=text, tree=parse_module(text))
                    break
        self.known[name] = found
        return found

    def in_file(self, file: str) -> Module | None:
        """Return the module of a file, if it has been read."""
        return next((it for it in self.known.values() if it and it.file == file), None)

    def instance(self, module: Module, name: str) -> Instance | None:
        """Return the application that a name of a module stands for."""
        if module.tree is None:
            return _by_text(module).get(name)
        return self._named(module, module.scope, name, _DEEPEST)

    def made(self, module: Module, scope: Scope, node: ast.expr) -> Instance | None:
        """Return the application that an expression in a module makes."""
        return self._made(module, scope, node, _DEEPEST)

    def factory(
        self, module: Module, name: str, *, with_arguments: bool = False
    ) -> Instance | None:
        """Return the application that a function returns if it is called without arguments.

        `with_arguments` is for those that need arguments.
        """
        binding = module.scope.bindings.get(name, [None])[-1]
        if binding is not None:
            node = binding.node
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                return None
            if _needs_arguments(node.args) is not with_arguments:
                return None
            made = self._returned(module, node, _DEEPEST)
            if made and isinstance(node, ast.AsyncFunctionDef):
                return _awaited(made)
            return made
        full = module.scope.imports.get(name, "")
        found = self.split(full)
        if found is None or found[0] is module:
            return None
        return self.factory(*found, with_arguments=with_arguments)

    def bound(self, module: Module, name: str) -> bool | None:
        """Return whether a module has a name; None if reading does not tell."""
        if name in module.names or self.instance(module, name):
            return True
        is_package = module.file.endswith("__init__.py")
        if is_package and self.get(f"{module.name}.{name}"):
            return True
        for star in module.scope.stars:
            theirs = self.get(star)
            if theirs is not None and theirs is not module and name in theirs.names:
                return True
        return False if module.is_certain else None

    def imports_of(self, module: Module) -> frozenset[str]:
        """Return the files of the app that importing a module may import."""
        found: dict[str, None] = {}
        waiting = [module]
        while waiting:
            for name in sorted(waiting.pop().imported):
                theirs = self.get(name)
                if theirs is not None and theirs.file not in found:
                    found[theirs.file] = None
                    waiting.append(theirs)
        return frozenset(found)

    def _named(
        self, module: Module, scope: Scope, name: str, steps: int, before: int = 0
    ) -> Instance | None:
        """Follow a name; `before` is the line of the statement that uses it, if one does."""
        if steps <= 0:
            return None
        for binding in reversed(scope.bindings.get(name, [])[-_MOST_BINDINGS:]):
            made = None
            if not before or binding.line < before:
                made = self._value(module, scope, binding, steps - 1, name)
            if made:
                return made
        if name in scope.imports:
            return self._imported(module, name, scope.imports[name], steps)
        if name in scope.bindings:
            return None
        found = [theirs for theirs in map(self.get, scope.stars) if theirs is not module]
        for theirs in found:
            made = self._named(theirs, theirs.scope, name, steps - 1) if theirs else None
            if made:
                return made
        return self._named(module, scope.parent, name, steps - 1) if scope.parent else None

    def _imported(self, module: Module, name: str, full: str, steps: int) -> Instance | None:
        found = self.split(full)
        if found is None or (found[0] is module and found[1] == name):
            return None
        return self._named(found[0], found[0].scope, found[1], steps - 1)

    def split(self, full: str) -> tuple[Module, str] | None:
        """Return the module of the app with a full name, and the name in it."""
        origin, _, name = full.rpartition(".")
        module = self.get(origin) if origin else None
        return (module, name) if module and module.tree is not None else None

    def _value(
        self, module: Module, scope: Scope, binding: Binding, steps: int, name: str
    ) -> Instance | None:
        node = binding.node
        if isinstance(node, ast.ClassDef):
            return None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            framework = _plain(node)
            if framework and scope is module.scope:
                return Instance(framework=framework, file=module.file, line=node.lineno)
            return None
        if binding.is_first_of_pair:
            is_pair = isinstance(node, ast.Call) and (
                scope.full_name(node.func) in RETURNING_PAIR
            )
            if not is_pair:
                return None
        return self._made(module, scope, node, steps, (name, binding.line))

    def _made(
        self,
        module: Module,
        scope: Scope,
        node: ast.expr,
        steps: int,
        target: tuple[str, int] = ("", 0),
    ) -> Instance | None:
        """Return what an expression makes; `target` is the name that it is assigned to."""
        if steps <= 0:
            return None
        match node:
            case ast.Name(id=name):
                is_own = name == target[0]
                return self._named(module, scope, name, steps, target[1] if is_own else 0)
            case ast.IfExp(body=first, orelse=second):
                made = self._made(module, scope, first, steps - 1)
                return made or self._made(module, scope, second, steps - 1)
            case ast.Attribute(value=owner, attr=attribute):
                return self._attribute(module, scope, owner, attribute, steps)
            case ast.Call():
                return self._called(module, scope, node, steps, target)
        return None

    def _attribute(
        self, module: Module, scope: Scope, owner: ast.expr, attribute: str, steps: int
    ) -> Instance | None:
        full = scope.full_name(ast.Attribute(value=owner, attr=attribute))
        found = self.split(full) if full else None
        if found:
            return self._named(found[0], found[0].scope, found[1], steps - 1)
        made = self._made(module, scope, owner, steps - 1)
        if made and (made.framework.name, attribute) in _INNER:
            inner = _INNER[made.framework.name, attribute]
            return Instance(framework=inner, file=made.file, line=made.line)
        return None

    def _called(
        self,
        module: Module,
        scope: Scope,
        call: ast.Call,
        steps: int,
        target: tuple[str, int],
    ) -> Instance | None:
        full = scope.full_name(call.func)
        framework = CONSTRUCTORS.get(full)
        if framework is None and isinstance(call.func, ast.Attribute):
            framework = METHODS.get(call.func.attr)
        if framework:
            return Instance(framework=framework, file=module.file, line=call.lineno)
        made = self._of_own(module, call, full, steps)
        if made:
            return made
        # `app = WhiteNoise(app)`: what wraps an application has its interface.
        if target[0] in _ENTRY_NAMES:
            keywords = [one.value for one in call.keywords if one.arg in ("app", "application")]
            for argument in [*call.args[:1], *keywords]:
                made = self._made(module, scope, argument, steps - 1, target)
                if made:
                    return Instance(
                        framework=made.framework, file=module.file, line=call.lineno
                    )
        return None

    def _of_own(self, module: Module, call: ast.Call, full: str, steps: int) -> Instance | None:
        """Return what a function or class of the app makes."""
        found = self.split(full) if full else None
        if found is None and isinstance(call.func, ast.Name):
            found = module, call.func.id
        if found is None:
            return None
        owner, name = found
        for _ in range(steps):  # a package may import its factory from a module
            if name in owner.scope.bindings or name not in owner.scope.imports:
                break
            further = self.split(owner.scope.imports[name])
            if further is None:
                return self._imported_class(owner.scope.imports[name], module, call)
            owner, name = further
        bindings = owner.scope.bindings.get(name)
        if not bindings:
            return None
        node = bindings[-1].node
        if isinstance(node, ast.FunctionDef):
            return self._returned(owner, node, steps - 1)
        if isinstance(node, ast.ClassDef):
            framework = self._framework_of_class(owner, node, steps - 1)
            if framework:
                return Instance(framework=framework, file=module.file, line=call.lineno)
        return None

    @staticmethod
    def _imported_class(full: str, module: Module, call: ast.Call) -> Instance | None:
        framework = CONSTRUCTORS.get(full)
        if framework is None:
            return None
        return Instance(framework=framework, file=module.file, line=call.lineno)

    def _framework_of_class(
        self, module: Module, node: ast.ClassDef, steps: int
    ) -> Framework | None:
        if steps <= 0:
            return None
        for method in node.body:
            if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                framework = _plain(method, skip_self=True)
                if framework and method.name == "__call__":
                    return framework
        found = (self._framework_of_base(module, node, base, steps) for base in node.bases)
        return next(filter(None, found), None)

    def _framework_of_base(
        self, module: Module, node: ast.ClassDef, base: ast.expr, steps: int
    ) -> Framework | None:
        full = module.scope.full_name(base)
        if full in CONSTRUCTORS:
            return CONSTRUCTORS[full]
        found = self.split(full) if full else None
        if found is None and isinstance(base, ast.Name):
            found = module, base.id
        bindings = found[0].scope.bindings.get(found[1]) if found else None
        if found is None or not bindings:
            return None
        theirs = bindings[-1].node
        if not isinstance(theirs, ast.ClassDef) or theirs is node:
            return None
        return self._framework_of_class(found[0], theirs, steps - 1)

    def _returned(
        self, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef, steps: int
    ) -> Instance | None:
        """Return the application that a function of the app returns."""
        place = module.file, node.lineno
        if steps <= 0 or place in self._returns:
            return self._returns.get(place)
        self._returns[place] = None  # a function may call itself
        scope = scope_of(node.body, module.name, module.file, module.scope)
        for name in _parameters(node.args):
            scope.bindings.setdefault(name, [])
        for statement in executed(node.body):
            if isinstance(statement, ast.Return) and statement.value is not None:
                made = self._made(module, scope, statement.value, steps - 1, ("app", 0))
                if made:
                    self._returns[place] = made
                    return made
        return None


_INNER: Mapping[tuple[str, str], Framework] = {
    ("Dash", "server"): DASH_SERVER,
    ("Flask", "wsgi_app"): CONSTRUCTORS["flask.Flask"],
    ("Connexion", "app"): CONSTRUCTORS["flask.Flask"],
}
"""Applications that are an attribute of another one."""


def _awaited(made: Instance) -> Instance | None:
    """Return what a coroutine makes; only Gunicorn's worker of aiohttp awaits one."""
    if made.framework is not AIOHTTP:
        return None
    return Instance(framework=made.framework, file=made.file, line=made.line, is_coroutine=True)


def _by_text(module: Module) -> Mapping[str, Instance]:
    """Find applications in a module that this Python cannot parse."""
    found: dict[str, Instance] = {}
    for match in _ASSIGNED_CALL.finditer(module.text):
        for full, framework in CONSTRUCTORS.items():
            package, _, name = full.partition(".")
            is_imported = name.rpartition(".")[2] == match[2] and re.search(
                rf"^[ \t]*(?:from|import)[ \t]+{package}\b", module.text, re.M
            )
            if is_imported:
                line = module.text.count("\n", 0, match.start()) + 1
                made = Instance(framework=framework, file=module.file, line=line)
                found.setdefault(match[1], made)
    return found


def applications(modules: Modules, module: Module) -> dict[str, Instance]:
    """Return the applications that a module binds itself, by name, in their order."""
    if module.tree is None:
        return dict(_by_text(module))
    found = {}
    for name in module.scope.bindings:
        made = modules.instance(module, name)
        if made:
            found[name] = made
    return found


def imported_applications(modules: Modules, module: Module) -> dict[str, Instance]:
    """Return the applications that a module imports from another module of the app."""
    found = {}
    for name in module.scope.imports:
        made = modules.instance(module, name)
        if made:
            found[name] = made
    for star in module.scope.stars:
        theirs = modules.get(star)
        if theirs is not None and theirs is not module:
            found = {**applications(modules, theirs), **found}
    return found


def outermost(module: Module, names: list[str]) -> list[str]:
    """Return the applications of a module that no other of them mounts or wraps."""
    if module.tree is None or not 2 <= len(names) <= _MOST_APPLICATIONS:
        return names
    parts: dict[str, list[ast.expr]] = {name: [] for name in names}
    for name in names:
        bindings = module.scope.bindings.get(name, [])
        parts[name] += [one.node for one in bindings if isinstance(one.node, ast.expr)]
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=function, args=[ast.Name(id=owner), *others]) if (
                owner in parts and module.scope.full_name(function) in MOUNTING
            ):
                parts[owner] += others
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner))) if owner in parts:
                parts[owner] += [*node.args, *(one.value for one in node.keywords)]
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner))], value=value) if (
                owner in parts
            ):
                parts[owner].append(value)
    inside = {name: _mentioned(module.scope, parts[name]) - {name} for name in names}
    kept = [
        name
        for name in names
        if not any(name in inside[other] and other not in inside[name] for other in names)
    ]
    return kept or names


def _mentioned(scope: Scope, nodes: list[ast.expr]) -> set[str]:
    """Return the names that expressions use, directly or through other names."""
    return {part.id for part in reached(scope, nodes) if isinstance(part, ast.Name)}


def assigned(text: str, names: Collection[str]) -> dict[str, str | None]:
    """Return the texts that a module assigns to some names; None if only running it tells."""
    found: dict[str, str | None] = {}
    tree = parse_module(text)
    for node in executed(tree.body if tree else []):
        for name, binding in bindings_of(node):
            if name in names:
                match binding.node:
                    case ast.Constant(value=str(text)):
                        found[name] = text
                    case _:
                        found[name] = None
    return found


def uses(module: Module, name: str) -> bool:
    """Return whether a module adds to an application that it imports: `@app.route("/")`."""
    for node in executed(module.tree.body if module.tree else []):
        decorators = getattr(node, "decorator_list", [])
        for part in [*decorators, *([] if decorators else [node])]:
            for inner in ast.walk(part) if part is not node else evaluated_at(node):
                match inner:
                    case ast.Attribute(value=ast.Name(id=owner)) if owner == name:
                        return True
    return False


def _plain(
    node: ast.FunctionDef | ast.AsyncFunctionDef, *, skip_self: bool = False
) -> Framework | None:
    """Return the interface of a function that is an application itself."""
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if skip_self:
        names = names[1:]
    if isinstance(node, ast.AsyncFunctionDef):
        return ASGI if names == ["scope", "receive", "send"] else None
    is_wsgi = len(names) == 2 and names[0] in ("environ", "env") and "response" in names[1]
    return WSGI if is_wsgi else None


def _needs_arguments(arguments: ast.arguments) -> bool:
    positional = [*arguments.posonlyargs, *arguments.args]
    return len(positional) > len(arguments.defaults) or None in arguments.kw_defaults


def _parameters(arguments: ast.arguments) -> Iterator[str]:
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield one.arg


def scope_of_all(module: Module) -> Scope:
    """Return the names that a module binds at any place, also in its functions."""
    body = module.tree.body if module.tree else []
    everything = [*body]
    for node in ast.walk(module.tree) if module.tree else ():
        match node:
            case ast.FunctionDef(body=inner) | ast.AsyncFunctionDef(body=inner):
                everything += inner
            case ast.If(test=test, body=inner) if tests_name(test):
                everything += inner
    return scope_of(everything, module.name, module.file, is_ordered=False)
