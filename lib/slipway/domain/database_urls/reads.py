"""Finds where an app gives SQLAlchemy the URL in a variable as it is.

A module that has a part of the scheme of such a URL in its code is taken to correct its URLs,
and all that other modules have from elsewhere. A URL is unchanged if SQLAlchemy gets the very
expression that reads the variable, or a name that stands for nothing else. Everything that is
less clear than that counts as changed, because a wrong warning is worse than none.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from slipway.domain.database_urls.corrections import Scheme, may_have_scheme, schemes_in
from slipway.domain.python.syntax import parse_module

_USES_SQLALCHEMY = re.compile(r"sqlalchemy|sqlmodel", re.IGNORECASE)
_SYNC = re.compile(r"\b(?:create_engine|engine_from_config|SQLAlchemy)\(")
_ASYNC = re.compile(r"\b(?:create_async_engine|async_engine_from_config|AsyncEngine)\(")
_MAKERS = frozenset({"create_engine", "create_async_engine"})
_OF_ALEMBIC = "set_main_option"
_KEYS = frozenset({"SQLALCHEMY_DATABASE_URI", "sqlalchemy.url"})
"""Where Flask-SQLAlchemy and Alembic look for a URL."""
_FOR_ALL_MODULES = (
    r"""env\w{0,20}\[\s*(?:["']NAME["']|\w+)\s*\]\s*=(?!=)"""
    r"""|(?:putenv|setdefault)\(\s*["']NAME["']|environ\.update\(|registry\.register\("""
    r"|(?:\*\*\s?|dict\()(?:os\.)?environ\b[^})]{0,200}NAME"
)
"""What changes the variable NAME for the whole app, or gives SQLAlchemy another scheme."""
_SCHEMES = ("postgres://", "postgresql://")
_READERS = re.compile(r"(?:os\.)?(?:getenv|environ\.(?:get|pop))|env(?:\.str)?|config")
_FIELD_TYPES = re.compile(r"(?:\b(?:str|PostgresDsn|AnyUrl|Optional|None)\b|[^\w.])+")
"""Those of pydantic that leave a URL as it is."""
_LONGEST_SOURCE = 100

Names = Mapping[str, ast.expr | bool]
"""Names -> the expression that reads the URL for them; True if that is elsewhere; False if they
may have another value."""


class Engines(Enum):
    """The kinds of engines that an app makes."""

    SYNC = "create_engine"
    ASYNC = "create_async_engine"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class UrlUse:
    """A line of an app because of which SQLAlchemy gets a URL that it may not accept."""

    file: str
    line: int
    variable: str
    source: str = ""
    """The expression that has the URL of the variable, in which a password is left out."""
    engines: Engines = Engines.SYNC
    is_changed: bool = False
    """Whether this line replaces postgres:// with postgresql://, without a driver."""


def uses_of(
    modules: Mapping[str, str], old: Collection[str], plain: Collection[str]
) -> list[UrlUse]:
    """Return where an app uses URLs, each line once.

    `modules` are the texts of its files, by their paths. `old` and `plain` are the variables
    whose URLs start with postgres:// and with postgresql://.
    """
    if not any(map(_USES_SQLALCHEMY.search, modules.values())):
        return []
    mention = re.compile("|".join(map(re.escape, (*old, *plain))), re.IGNORECASE)
    trees: dict[str, ast.Module] = {}
    for file, text in modules.items():
        if may_have_scheme(text) or mention.search(text):
            tree = parse_module(text)
            if tree:
                trees[file] = tree
            elif may_have_scheme(text):  # another Python may be able to read it
                return []
    schemes = [(file, *one) for file, tree in trees.items() for one in schemes_in(tree)]
    correcting = {file for file, _, _ in schemes}
    mentioned = [name for name in old if any(name in text for text in modules.values())]
    found = _changed(schemes, mentioned[0]) if mentioned else []
    for name in old if correcting else (*old, *plain):
        found += _unchanged(modules, trees, name, correcting)
    of_app = _engines([*modules.values()]) or Engines.SYNC
    engines = {
        file: _engines([modules[file]]) or of_app for file in {one.file for one in found}
    }
    found = [replace(one, engines=engines[one.file]) for one in found]
    unique = {(one.file, one.line): one for one in reversed(found)}
    return sorted(unique.values(), key=lambda one: (one.file, one.line))


def _changed(schemes: Sequence[tuple[str, int, Scheme]], variable: str) -> list[UrlUse]:
    """Return the lines that replace the old scheme; none if one changes URLs in another way."""
    if any(scheme is Scheme.OTHER for _, _, scheme in schemes):
        return []
    return [
        UrlUse(file=file, line=line, variable=variable, is_changed=True)
        for file, line, scheme in schemes
        if scheme is Scheme.PLAIN
    ]


def _unchanged(
    modules: Mapping[str, str],
    trees: Mapping[str, ast.Module],
    variable: str,
    correcting: Collection[str],
) -> Iterator[UrlUse]:
    """Yield the first line of each module with which SQLAlchemy gets the URL as it is.

    If there are modules that correct URLs, only what no module can correct later counts.
    """
    changes = re.compile(_FOR_ALL_MODULES.replace("NAME", re.escape(variable)))
    if any(map(changes.search, modules.values())):
        return
    names = {file: _names(tree, variable) for file, tree in trees.items()}
    elsewhere: dict[str, ast.expr | bool] = {}
    for name in () if correcting else (variable, variable.lower()):
        values = [of_module[name] for of_module in names.values() if name in of_module]
        if values and all(values):
            elsewhere[name] = True
    may_change = any(posixpath.basename(file) == "env.py" for file in correcting)
    for file, tree in trees.items():
        if file in correcting:
            continue
        known = {**elsewhere, **names[file]}
        passed = _passed_at_once(tree, may_change=may_change) if correcting else _passed(tree)
        reads = filter(None, (_origin(one, variable, known) for one in passed))
        read = min(reads, key=lambda one: one.lineno, default=None)
        if read:
            source = _source(modules[file], read, variable)
            yield UrlUse(file=file, line=read.lineno, variable=variable, source=source)


def _passed(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the expressions that SQLAlchemy gets as URLs."""
    yield from _passed_at_once(tree, may_change=False)
    for node in ast.walk(tree):
        pairs = _assigned(node)
        if isinstance(node, ast.Dict):
            pairs = [(key, one) for key, one in zip(node.keys, node.values, strict=True) if key]
        elif isinstance(node, ast.Call) and _name(node.func).startswith("set"):
            pairs = [*pairwise(node.args)]
        elif isinstance(node, ast.keyword) and node.arg in _KEYS:
            yield node.value
        yield from (value for key, value in pairs if _name(key) in _KEYS)


def _passed_at_once(tree: ast.Module, *, may_change: bool) -> Iterator[ast.expr]:
    """Yield those that it gets as they are written.

    `may_change` tells whether an env.py may change what Alembic gets.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _MAKERS:
            yield from node.args[:1]
            yield from (one.value for one in node.keywords if one.arg == "url")
        elif isinstance(node, ast.Call) and _name(node.func) == _OF_ALEMBIC and not may_change:
            yield from (value for key, value in pairwise(node.args) if _name(key) in _KEYS)


def _names(tree: ast.Module, variable: str) -> Names:
    """Return what the names stand for that a module assigns."""
    found: dict[str, ast.expr | bool] = {}
    others: Counter[str] = Counter()  # how often each gets neither the URL nor a constant
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            others[node.arg] += 1
        elif isinstance(getattr(node, "ctx", None), ast.Store):
            others[_name(node)] += 1
        for target, value in _assigned(node):
            read = _origin(value, variable, {})
            if read:
                found.setdefault(_name(target), read)
            is_kept = read or _origin(value, variable, {_name(target): True})
            if is_kept or isinstance(value, ast.Constant):
                others[_name(target)] -= 1
        for field in _fields(node) if isinstance(node, ast.ClassDef) else ():
            if _name(field.target).lower() == variable.lower():
                found[_name(field.target)] = True
                others[_name(field.target)] -= field.value is None
    return {name: not count and found.get(name, False) for name, count in others.items()}


def _fields(of: ast.ClassDef) -> list[ast.AnnAssign]:
    """Return the fields of pydantic's settings that have the names of their variables."""
    is_settings = any("Settings" in _name(base) for base in of.bases)
    if not is_settings or "env_prefix" in ast.unparse(of):
        return []
    fields = [one for one in of.body if isinstance(one, ast.AnnAssign)]
    return [one for one in fields if _FIELD_TYPES.fullmatch(ast.unparse(one.annotation))]


def _origin(node: ast.expr, variable: str, names: Names) -> ast.expr | None:
    """Return the read or the name from which an expression has an unchanged URL."""
    if _reads(node, variable):
        return node
    if isinstance(node, ast.Name | ast.Attribute):
        is_known = isinstance(node, ast.Name) or node.attr.lower() == variable.lower()
        origin = is_known and names.get(_name(node))
        return node if origin is True else origin or None
    parts: list[ast.expr] = []
    if isinstance(node, ast.BoolOp):
        parts = node.values[:1]
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left]
    elif isinstance(node, ast.JoinedStr):
        parts = [one.value for one in node.values[:1] if isinstance(one, ast.FormattedValue)]
    elif isinstance(node, ast.Call) and _name(node.func) == "str":
        parts = node.args
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        parts = [node.func.value] if _keeps_scheme(node.func.attr, node.args) else []
    return next(filter(None, (_origin(one, variable, names) for one in parts)), None)


def _keeps_scheme(method: str, arguments: Sequence[ast.expr]) -> bool:
    """Return whether a method of texts leaves the start of a URL as it is."""
    if method in ("strip", "rstrip") and not arguments:
        return True
    old = arguments[0] if method == "replace" and arguments else None
    if not (isinstance(old, ast.Constant) and isinstance(old.value, str)):
        return False
    return not any(old.value in scheme or scheme in old.value for scheme in _SCHEMES)


def _reads(node: ast.expr, variable: str) -> bool:
    """Return whether an expression reads an environment variable, and does nothing else."""
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript) and _name(node.value) == "environ":
        key = node.slice
    elif (
        isinstance(node, ast.Call) and node.args and _READERS.fullmatch(ast.unparse(node.func))
    ):
        converts = any(one.arg != "default" for one in node.keywords)
        key = None if converts else node.args[0]
    return isinstance(key, ast.Constant) and key.value == variable


def _assigned(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """Return what a node assigns to, each with the value."""
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value:
        return [(node.target, node.value)]
    return []


def _name(node: ast.AST) -> str:
    """Return the last name of a dotted expression, or a key that is written out."""
    if isinstance(node, ast.Subscript):
        return _name(node.slice)
    if isinstance(node, ast.Constant):
        return str(node.value)
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _engines(texts: Collection[str]) -> Engines | None:
    """Return which engines some modules make; None if they make none."""
    is_async = any(map(_ASYNC.search, texts))
    is_sync = any(_SYNC.search(text) and "AsyncEngine(" not in text for text in texts)
    if is_async:
        return Engines.BOTH if is_sync else Engines.ASYNC
    return Engines.SYNC if is_sync else None


def _source(text: str, read: ast.expr, variable: str) -> str:
    """Return the expression that has the URL, with a default that has `replace`."""
    if isinstance(read, ast.Attribute):
        return f"str({ast.unparse(read)})"
    source = ast.get_source_segment(text, read) or ""
    if not source or "\n" in source:
        source = ast.unparse(read)
    if not isinstance(read, ast.Call):
        return source
    function = ast.unparse(read.func)
    defaults = [*read.args[1:], *(one.value for one in read.keywords)]
    if not defaults or (isinstance(defaults[0], ast.Constant) and defaults[0].value is None):
        may_be_none = _name(read.func) in ("get", "getenv", "pop")
        return f'{function}("{variable}", "")' if may_be_none else source
    if "@" in source or len(source) > _LONGEST_SOURCE:  # a password, or not worth its place
        return f'{function}("{variable}", ...)'
    return source
