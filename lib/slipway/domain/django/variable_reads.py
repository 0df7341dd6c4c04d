"""Recognizes the expressions that read environment variables.

Knows the spellings of `os`, and of libraries that read settings by name: django-environ,
environs, python-decouple and starlette.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from slipway.domain.django.project import (
    ReadText,
    imported_module,
    module_source,
    parsed_module,
)
from slipway.domain.django.statements import flat
from slipway.errors.django import RequiredVariable

_OS = {"os.environ": "environ", "os.getenv": "getenv", "os": "os"}
_ENVS = {"environ.Env": "env", "environ.FileAwareEnv": "env", "environs.Env": "env"}
_CONFIGS = {
    "decouple.config": "config",
    "decouple.AutoConfig": "config class",
    "decouple.Config": "config class",
    "starlette.config.Config": "config class",
}
_KINDS: Mapping[str, str] = {
    **_OS,
    **{name: f"{kind} class" for name, kind in _ENVS.items()},
    "environs.env": "env",
    **_CONFIGS,
}
_EXAMPLES = {
    **dict.fromkeys(("", "str", "get_value"), '"the default"'),
    **dict.fromkeys(("int", "float", "decimal"), "0"),
    "bool": "False",
    **dict.fromkeys(("list", "tuple", "dict", "json"), "[]"),
}
"""Default values in a message, by the method of django-environ or environs."""
_ADDRESSES = {
    **dict.fromkeys(("db", "db_url"), "DATABASE_URL"),
    **dict.fromkeys(("cache", "cache_url"), "CACHE_URL"),
    **dict.fromkeys(("email", "email_url"), "EMAIL_URL"),
    **dict.fromkeys(("search", "search_url"), "SEARCH_URL"),
    **dict.fromkeys(("channels", "channels_url"), "CHANNELS_URL"),
}
"""What methods of django-environ read if no name is given."""
MOST_MODULES = 30
"""The modules that are followed, at most."""
LOADS_A_FILE = ("load_dotenv", "read_env", "read_dotenv")
"""Functions that set variables from a file."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """An expression that reads a variable."""

    variable: str
    line: int
    default: str = ""
    """The same expression with a default, to write instead; empty if it is not known."""
    is_required: bool = True
    """Whether it raises an exception if the variable is not set; otherwise it is None."""
    has_default: bool = False
    file: str = ""
    """The file with it, if that is not the one that is followed."""

    def within(self, call: ast.Call | None) -> Read:
        """Return it with a default that suits the call to which it is passed."""
        if call is None:
            return self
        is_number = isinstance(call.func, ast.Name) and call.func.id in ("int", "float")
        default = self.default.replace('"the default"', '"0"') if is_number else ""
        return replace(self, default=default)

    def required(self, file: str) -> RequiredVariable:
        """Return the variable for an error; `file` is the one that is followed."""
        place = f"{self.file or file}:{self.line}"
        return RequiredVariable(name=self.variable, place=place, default=self.default)


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the names in a module stand for, as far as they read variables."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    """Expression, such as `os.environ` or `env`, -> what it is."""
    defaults: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Name of an `Env` -> the variables that have defaults there."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Name -> what precedes the names of the variables that it reads."""
    helper: ast.Call | None = None
    """A call that is known to read a variable; calls of its shape read others."""

    def read_by(self, node: ast.AST) -> Read | None:
        """Return what an expression reads; None if it is not known to read a variable."""
        match node:
            case ast.Subscript(value=owner, slice=ast.Constant(value=str(name))):
                if self.kind_of(owner) == "environ":
                    source = ast.unparse(owner)
                    default = f'{source}.get("{name}", "the default")'
                    return Read(variable=name, line=node.lineno, default=default)
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                return self._called(node, function, name)
            case ast.Call(func=ast.Attribute(value=owner, attr=method), args=[], keywords=[]):
                name = _ADDRESSES.get(method, "")
                if name and self.kind_of(owner) == "env":
                    return Read(variable=name, line=node.lineno)
        return None

    def kind_of(self, node: ast.expr) -> str:
        text = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        head, _, rest = text.partition(".")
        if self.kinds.get(head) == "os" and rest in ("environ", "getenv"):
            return rest
        return self.kinds.get(text, "")

    def _called(self, node: ast.Call, function: ast.expr, name: str) -> Read | None:
        method = function.attr if isinstance(function, ast.Attribute) else ""
        owner = function.value if isinstance(function, ast.Attribute) else function
        has_default = len(node.args) > 1 or any(it.arg == "default" for it in node.keywords)
        if self.kind_of(function) == "getenv" or (
            self.kind_of(owner) == "environ" and method in ("get", "pop")
        ):
            default = f'{ast.unparse(function)}("{name}", "the default")'
            is_required = method == "pop" and not has_default
            return Read(
                variable=name,
                line=node.lineno,
                default=default,
                is_required=is_required,
                has_default=has_default,
            )
        kind, source = self.kind_of(owner), ast.unparse(owner)
        if kind == "env" and method not in (*LOADS_A_FILE, "prefixed"):
            # The second positional argument of a call without a method is a cast.
            has_default = any(it.arg == "default" for it in node.keywords) or (
                bool(method) and len(node.args) > 1
            )
            variable = self.prefixes.get(source, "") + name
            example = _EXAMPLES.get(method, "")
            return Read(
                variable=variable,
                line=node.lineno,
                default=f'{ast.unparse(function)}("{name}", default={example})'
                if example and not node.keywords and len(node.args) == 1
                else "",
                is_required=not (
                    has_default or variable in self.defaults.get(source, frozenset())
                ),
            )
        if kind == "config" and method in ("", "get"):
            is_plain = len(node.args) == 1 and not node.keywords
            return Read(
                variable=self.prefixes.get(source, "") + name,
                line=node.lineno,
                default=f'{ast.unparse(function)}("{name}", default="the default")'
                if is_plain
                else "",
                is_required=not has_default,
            )
        if self.helper is not None and _shape(node) == _shape(self.helper):
            return Read(variable=name, line=node.lineno)
        return None

    def bound(self, node: ast.stmt) -> Names:
        """Return what the names stand for after an import or assignment."""
        found: Mapping[str, str] = {}
        match node:
            case ast.Import() | ast.ImportFrom():
                found = _imported(node)
            case ast.Assign(targets=[target], value=ast.Call(func=function) as call):
                return self._assigned(ast.unparse(target), self.kind_of(function), call)
            case ast.Assign(
                targets=[ast.Attribute(value=owner, attr="prefix")],
                value=ast.Constant(value=str(prefix)),
            ):
                prefixes = {**self.prefixes, ast.unparse(owner): prefix}
                return replace(self, prefixes=prefixes)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                kind = self.kind_of(value)
                found = {name: kind} if kind else {}
        return replace(self, kinds={**self.kinds, **found})

    def prefixed(self, node: ast.expr) -> Names:
        """Return the names in `with env.prefixed("MAIL_")`, which environs has."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=owner, attr="prefixed"),
                args=[ast.Constant(value=str(prefix))],
            ):
                source = ast.unparse(owner)
                whole = self.prefixes.get(source, "") + prefix
                return replace(self, prefixes={**self.prefixes, source: whole})
        return self

    def _assigned(self, name: str, kind: str, call: ast.Call) -> Names:
        if not kind.endswith(" class"):
            return self
        kinds = {**self.kinds, name: kind.removesuffix(" class")}
        words = {it.arg: it.value for it in call.keywords if it.arg}
        prefix = words.get("prefix", words.get("env_prefix"))
        text = prefix.value if isinstance(prefix, ast.Constant) else ""
        prefixes = {**self.prefixes, name: text} if isinstance(text, str) else self.prefixes
        # environ.Env(DEBUG=(bool, False)) gives DEBUG a default.
        given = {word for word, value in words.items() if isinstance(value, ast.Tuple)}
        defaults = {**self.defaults, name: frozenset(given)}
        return replace(self, kinds=kinds, prefixes=prefixes, defaults=defaults)


def _shape(call: ast.Call) -> tuple[str, int, tuple[str | None, ...]]:
    words = tuple(sorted(it.arg or "**" for it in call.keywords))
    return ast.unparse(call.func), len(call.args), words


def _imported(node: ast.Import | ast.ImportFrom) -> Mapping[str, str]:
    """Map expressions, as an import lets a module write them, to what they are."""
    found: dict[str, str] = {}
    for alias in node.names:
        if isinstance(node, ast.Import):
            origin, local = alias.name, alias.asname or alias.name
        else:
            origin, local = f"{node.module}.{alias.name}", alias.asname or alias.name
        for full, kind in _KINDS.items():
            if full == origin or full.startswith(f"{origin}."):
                found[local + full.removeprefix(origin)] = kind
    return found


@dataclass(kw_only=True)
class ModuleNames:
    """What the names in the modules of an app stand for."""

    read: ReadText
    """Returns the text of a file, by its path in the folder of manage.py."""
    names: dict[str, Names] = field(default_factory=dict)
    """Module -> its names at its end."""

    def of(self, module: str, before: int = 0) -> Names:
        """Return what the names of a module stand for, up to a line if one is given."""
        if module in self.names and not before:
            return self.names[module]
        self.names.setdefault(module, Names())
        names, parsed = Names(), parsed_module(module, self.read)
        if parsed:
            file, tree = parsed
            for node in flat(tree.body):
                if before and node.lineno > before:
                    break
                names = self.after(node, names, module, file)
        if not before:
            self.names[module] = names
        return names

    def after(self, node: ast.stmt, names: Names, module: str, file: str) -> Names:
        """Return what the names of a module stand for after one of its statements."""
        names = names.bound(node)
        if not isinstance(node, ast.ImportFrom):
            return names
        origin = imported_module(node, module, file)
        if len(self.names) > MOST_MODULES or module_source(origin, self.read) is None:
            return names
        theirs = self.of(origin)
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
