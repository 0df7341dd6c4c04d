"""Follows the URL of a database through a module of an app."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from slipway.domain.database_urls.changes import (
    WRITES_URL,
    Change,
    SearchedModules,
    called_by,
    last_name,
)

_READER = re.compile(r"(?i)env|secret|(?:^|\.)config$")
_NOT_READERS = frozenset(
    "setenv putenv delenv unsetenv setdefault load_dotenv read_env db db_url dj_db_url".split()
)
_MAKERS = frozenset({"create_engine", "create_async_engine"})
"""What they return is no URL."""
_OF_SQLALCHEMY = frozenset({"SQLALCHEMY_DATABASE_URI", "set_main_option"})
"""What is for SQLAlchemy only: a key of Flask-SQLAlchemy, and a method of Alembic."""
_DEFINES = re.compile(
    r"(?m)^(?:\s*(?:async[ \t]+def|def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=[^=])"
)
_MOST_ROUNDS = 4
_LOGS = frozenset("print debug info warning error exception log critical".split())
_PASS_ON = frozenset(
    "sqlalchemy sqlmodel flask_sqlalchemy flask_migrate flask quart fastapi starlette os "
    "alembic environs environ decouple pydantic pydantic_settings dotenv typing".split()
)
"""Modules whose functions pass a URL on as it is."""


@dataclass(kw_only=True)
class Flow:
    """What a module does with the URL in a variable."""

    app: SearchedModules
    file: str
    variable: str
    imported: frozenset[str] = frozenset()
    """Names that stand for the URL in another module. With these, what this module reads itself
    does not matter."""
    reads: list[ast.expr | ast.AnnAssign] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Variables, attributes and keys that have the URL."""
    exports: set[str] = field(default_factory=set)
    change: Change | None = None
    changes_environment: bool = False
    may_go_elsewhere: bool = False
    """Whether functions get the URL that are not known to pass it to SQLAlchemy."""
    makes_engine: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)
    """The names that the module imports -> their modules; empty for those of the app."""

    @classmethod
    def of(
        cls, app: SearchedModules, file: str, variable: str, imported: Collection[str] = ()
    ) -> Flow:
        """Follow the URL through a module."""
        tree = app.tree(file)
        flow = cls(
            app=app,
            file=file,
            variable=variable,
            imported=frozenset(imported),
            origins=dict(_origins(tree)) if tree else {},
        )
        if tree is None:
            # Another Python may be able to read it.
            flow.changes_environment = WRITES_URL.search(app.texts[file]) is not None
            return flow
        for _ in range(_MOST_ROUNDS):  # a function may use what is assigned below it
            before = len(flow.names)
            flow.reads.clear()
            flow._follow(tree.body, "", is_settings=False)
            if len(flow.names) == before:
                break
        return flow

    def _follow(self, body: list[ast.stmt], function: str, *, is_settings: bool) -> None:
        for statement in body:
            if isinstance(statement, ast.ClassDef):
                bases = [last_name(base) for base in statement.bases]
                named = [statement.name, *bases]
                is_pydantic = bool(bases) and any("Settings" in one for one in named)
                self._follow(statement.body, function, is_settings=is_pydantic)
            elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                if is_settings:
                    self._validator(statement)
                self._follow(statement.body, statement.name, is_settings=False)
            elif isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            else:
                self._statement(statement, function, is_settings=is_settings)
                for inner in _bodies(statement):
                    self._follow(inner, function, is_settings=False)

    def _statement(self, statement: ast.stmt, function: str, *, is_settings: bool) -> None:
        """Follow the URL through one statement, without the statements within it."""
        if isinstance(statement, ast.For | ast.AsyncFor):
            if any(self._is_url(node) for node in ast.walk(statement.iter)):
                self._name(statement.target, function)
            return
        if is_settings and isinstance(statement, ast.AnnAssign):
            self._field(statement)
        for value in _heads(statement):
            self._look_for_changes(statement, value)
            count = len(self.reads)
            has_url = self._passes(value)
            if isinstance(statement, ast.Expr) and _is_log(value):
                del self.reads[count:]
            elif has_url and isinstance(statement, ast.Assign):
                for target in statement.targets:
                    self._name(target, function)
            elif has_url and isinstance(statement, ast.AnnAssign | ast.AugAssign):
                self._name(statement.target, function)
            elif has_url and isinstance(statement, ast.Return) and function:
                self.names.add(function)
                self.exports.add(function)

    def _look_for_changes(self, statement: ast.stmt, value: ast.expr) -> None:
        """Record code of a statement that changes the URL."""
        nodes = list(_values(value))
        if not any(map(self._is_url, nodes)):
            return
        if self.imported and any(_is_text(node, self.variable) for node in nodes):
            return
        if any(WRITES_URL.search(text) for text in map(_text, nodes)):
            change: Change | None = Change.at(self.app, self.file, statement)
        else:
            change = self._change_by_name(nodes)
        self.change = self.change or change
        targets = getattr(statement, "targets", [])
        if change and any("environ" in ast.unparse(one) for one in targets):
            self.changes_environment = True

    def _change_by_name(self, nodes: list[ast.AST]) -> Change | None:
        """Return the change of what is named along with the URL, or gets it."""
        without = {
            id(node.func)
            for node in nodes
            if isinstance(node, ast.Call)
            and not any(self._is_url(one) for part in arguments(node) for one in ast.walk(part))
        }
        for node in nodes:
            if isinstance(node, ast.Name | ast.Attribute) and id(node) not in without:
                if self._is_url(node) or hasattr(str, last_name(node)):
                    continue
                root = _root(node)
                if root in self.origins and not self._is_of_app(root):
                    continue
                change = self.app.changer(last_name(node))
                if change:
                    return change
        return None

    def _validator(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Record a function of pydantic that changes a field."""
        names = {self.variable.lower(), "*", *(one.lower() for one in self.names)}
        strings = [
            node.value.lower()
            for decorator in function.decorator_list
            for node in ast.walk(decorator)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if names.intersection(strings):
            self.change = self.change or self._change_in(function)

    def _change_in(self, function: ast.stmt) -> Change | None:
        if WRITES_URL.search(self.app.source(self.file, function)):
            return Change.at(self.app, self.file, function)
        return next(filter(None, map(self.app.changer, called_by(function))), None)

    def _field(self, statement: ast.AnnAssign) -> None:
        """Recognize a field of pydantic's settings that has the URL."""
        name = last_name(statement.target)
        wanted = self.variable.lower()
        strings = ast.walk(statement.value) if statement.value else ()
        if name.lower() == wanted or any(_is_text(one, wanted, lower=True) for one in strings):
            self.reads.append(statement)
            self.names.add(name)
            self.exports.add(name)
            text = ast.unparse(statement.annotation)
            types = re.findall(r"[A-Za-z_]\w*", text)
            change = next(filter(None, map(self.app.changer, types)), None)
            self.change = self.change or change

    def _name(self, target: ast.expr, function: str) -> None:
        """Let what an assignment sets stand for the URL."""
        for node in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
            if isinstance(node, ast.Subscript):
                key = node.slice
                name = str(key.value) if isinstance(key, ast.Constant) else ""
            else:
                name = last_name(node)
            if name:
                self.names.add(name)
                self.makes_engine |= name in _OF_SQLALCHEMY
                # A plain name in a function is unknown outside it.
                if not (function and isinstance(node, ast.Name)):
                    self.exports.add(name)

    def _is_url(self, node: ast.AST) -> bool:
        """Return whether a single node stands for the URL, or names the variable."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str) and (
                node.value == self.variable
                or node.value in self.names
                or node.value in self.imported
            )
        if isinstance(node, ast.Attribute):
            return node.attr in self.names or node.attr in self.imported
        if isinstance(node, ast.Name):
            is_imported = node.id in self.imported and self._is_of_app(node.id)
            return node.id in self.names or is_imported
        return False

    def _passes(self, node: ast.AST) -> bool:
        """Return whether the value of an expression has the URL; record where it is read."""
        if isinstance(node, ast.Compare | ast.Lambda):
            return False
        if isinstance(node, ast.expr) and _is_read(node, self.variable):
            self.reads.append(node)
            return not self.imported
        if isinstance(node, ast.Call):
            return self._call_passes(node)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            part = node.slice if isinstance(node, ast.Subscript) else node
            if self._is_url(part) and not _is_text(part, self.variable):
                return True
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            found = [self._item_passes(key, value) for key, value in pairs]
        else:
            found = [self._passes(child) for child in ast.iter_child_nodes(node)]
        if isinstance(node, ast.NamedExpr) and any(found):
            self.names.add(node.target.id)
        return any(found)

    def _item_passes(self, key: ast.expr | None, value: ast.expr) -> bool:
        has_url = self._passes(value)
        if has_url and isinstance(key, ast.Constant):
            self.names.add(str(key.value))
            self.exports.add(str(key.value))
        return has_url

    def _call_passes(self, call: ast.Call) -> bool:
        count = len(self.reads)
        passed = [self._passes(one) for one in arguments(call)]
        has_url = any(passed)
        if last_name(call.func) in _MAKERS:
            self.makes_engine |= has_url
            return False
        if has_url and not self._is_known(call.func):
            self.may_go_elsewhere = True
            del self.reads[count:]
            return False
        self.makes_engine |= has_url and last_name(call.func) in _OF_SQLALCHEMY
        for keyword in call.keywords:
            if keyword.arg and has_url and self._passes_quietly(keyword.value):
                self.names.add(keyword.arg)
                self.exports.add(keyword.arg)
                self.makes_engine |= keyword.arg in _OF_SQLALCHEMY
        return has_url or self._passes(call.func)

    def _passes_quietly(self, node: ast.expr) -> bool:
        count = len(self.reads)
        has_url = self._passes(node)
        del self.reads[count:]
        return has_url

    def _is_known(self, function: ast.expr) -> bool:
        """Return whether a function is known to pass the URL on."""
        root = _root(function)
        if root not in self.origins:
            return True
        if self._is_of_app(root):
            return any(self.app.definitions(last_name(function)))
        return self.origins[root].partition(".")[0] in _PASS_ON

    def _is_of_app(self, name: str) -> bool:
        origin = self.origins.get(name, self.origins.get("*", "-"))
        top = origin.partition(".")[0]
        return top == "" or top in self.app.modules


def _origins(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that a module imports, and their modules; nothing precedes the app's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield one.asname or one.name.partition(".")[0], one.name
        elif isinstance(node, ast.ImportFrom):
            module = "" if node.level else node.module or ""
            for one in node.names:
                yield one.asname or one.name, module


def _bodies(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Return the blocks of a statement."""
    parts: list[object] = [statement]
    parts += getattr(statement, "handlers", [])
    parts += getattr(statement, "cases", [])
    found = [
        getattr(part, name, None) for part in parts for name in ("body", "orelse", "finalbody")
    ]
    return [one for one in found if isinstance(one, list) and one]


def _heads(statement: ast.stmt) -> list[ast.expr]:
    """Return the expressions of a statement whose values matter."""
    if isinstance(statement, ast.With | ast.AsyncWith):
        return [item.context_expr for item in statement.items]
    if isinstance(statement, ast.If | ast.While):
        return [node for node in ast.walk(statement.test) if isinstance(node, ast.NamedExpr)]
    value = getattr(statement, "value", None)
    return [value] if isinstance(value, ast.expr) else []


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of an expression that may be part of its value.

    These are neither the keys of a dictionary, nor what something is compared with.
    """
    yield node
    if isinstance(node, ast.Compare):
        return
    children: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Dict):
        children = [*node.values]
    elif isinstance(node, ast.Call) and last_name(node.func) == "startswith":
        children = [node.func]
    for child in children:
        yield from _values(child)


def _text(node: ast.AST) -> str:
    """Return a string or name of a single node."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return (node.arg or "") if isinstance(node, ast.keyword) else last_name(node)


def arguments(call: ast.Call) -> list[ast.expr]:
    """Return the values that a call passes."""
    return [*call.args, *(one.value for one in call.keywords)]


def _is_read(node: ast.expr, variable: str) -> bool:
    """Return whether an expression reads an environment variable."""
    if isinstance(node, ast.Subscript):
        return _is_text(node.slice, variable) and "env" in _dotted(node.value).lower()
    if isinstance(node, ast.Call) and node.args and _is_text(node.args[0], variable):
        is_reader = _READER.search(_dotted(node.func)) is not None
        return is_reader and last_name(node.func) not in _NOT_READERS
    return False


def _is_text(node: ast.AST, text: str, *, lower: bool = False) -> bool:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return (node.value.lower() if lower else node.value) == text


def _is_log(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in _LOGS


def _root(node: ast.expr) -> str:
    """Return the first name of a dotted expression."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return _dotted(node.func)
    return last_name(node)
