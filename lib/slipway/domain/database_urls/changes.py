"""Finds code of an app that changes the URL of a database."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from slipway.domain.python.syntax import parse_module

WRITES_URL = re.compile(r"postgresql|cockroachdb|drivername|ql://|ql\+|\bql\b")
"""Code that changes the URL, or makes one of its own."""
_WRITES_PLAIN = re.compile(r"""postgresql(?=:|["'])""")
_NAMES_DRIVER = re.compile(
    r"""ql\+|\+(?:psycopg|asyncpg|pg8000)|drivername=(?!["']postgresql["'])"""
)
_DEFINES = re.compile(
    r"(?m)^(?:[ \t]*(?:async[ \t]+def|def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=[^=])"
)
_MOST_PARSED = 100
_DEEPEST = 3


@dataclass(frozen=True, kw_only=True)
class Change:
    """Code that may change a URL."""

    file: str
    line: int
    is_plain: bool
    """Whether it is known to write postgresql:// without a driver."""

    @classmethod
    def at(cls, app: SearchedModules, file: str, node: ast.stmt) -> Change:
        lines = app.source(file, node).splitlines()
        plain = [number for number, line in enumerate(lines) if _WRITES_PLAIN.search(line)]
        return cls(
            file=file,
            line=node.lineno + (plain[0] if plain else 0),
            is_plain=bool(plain) and not _NAMES_DRIVER.search(app.texts[file]),
        )


class SearchedModules:
    """The modules of an app, which are parsed only if they matter."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        paths = map(PurePosixPath, texts)
        self.modules = {part.removesuffix(".py") for path in paths for part in path.parts}
        self._trees: dict[str, ast.Module | None] = {}
        self._lines: dict[str, list[str]] = {}
        self._defined: dict[str, dict[str, list[ast.stmt]]] = {}
        self._changers: dict[str, Change | None] = {}

    @cached_property
    def _defining(self) -> Mapping[str, Collection[str]]:
        """Name of a function, class or constant -> the files that may define it."""
        found: dict[str, dict[str, None]] = {}
        for file, text in self.texts.items():
            for match in _DEFINES.finditer(text):
                found.setdefault(match[1] or match[2], {})[file] = None
        return found

    def tree(self, file: str) -> ast.Module | None:
        """Return the syntax tree of a file; None if it cannot be parsed, or after too many."""
        if file not in self._trees and len(self._trees) < _MOST_PARSED:
            self._trees[file] = parse_module(self.texts[file])
        return self._trees.get(file)

    def changer(self, name: str, depth: int = 0) -> Change | None:
        """Return what a function, class or constant of the app has that changes a URL."""
        if name in self._changers or depth > _DEEPEST:
            return self._changers.get(name)
        self._changers[name] = None  # it may call itself
        for file, node in self.definitions(name):
            if WRITES_URL.search(self.source(file, node)):
                self._changers[name] = Change.at(self, file, node)
                break
            changes = (self.changer(one, depth + 1) for one in called_by(node))
            self._changers[name] = next(filter(None, changes), None)
            if self._changers[name]:
                break
        return self._changers[name]

    def definitions(self, name: str) -> Iterator[tuple[str, ast.stmt]]:
        """Yield where the app defines functions, classes and constants of a name."""
        for file in self._defining.get(name, ()):
            if file not in self._defined:
                self._defined[file] = _definitions(self.tree(file))
            for node in self._defined[file].get(name, ()):
                yield file, node

    def source(self, file: str, node: ast.stmt) -> str:
        """Return the lines of a statement."""
        if file not in self._lines:
            self._lines[file] = self.texts[file].splitlines()
        return "\n".join(self._lines[file][node.lineno - 1 : node.end_lineno])


def last_name(node: ast.AST) -> str:
    """Return the last name of a dotted expression."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def called_by(node: ast.AST) -> list[str]:
    """Return the last names of the functions that are called in some code."""
    calls = (one for one in ast.walk(node) if isinstance(one, ast.Call))
    return sorted({last_name(one.func) for one in calls} - {""})


def _definitions(tree: ast.Module | None) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for node in ast.walk(tree) if tree else ():
        for name in _defined_by(node):
            if isinstance(node, ast.stmt):
                found.setdefault(name, []).append(node)
    return found


def _defined_by(node: ast.AST) -> list[str]:
    """Return the names of functions, classes and constants that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign) and _is_constant(node.value):
        return [one.id for one in node.targets if isinstance(one, ast.Name)]
    if isinstance(node, ast.AnnAssign) and node.value and _is_constant(node.value):
        return [last_name(node.target)]
    return []


def _is_constant(node: ast.expr) -> bool:
    """Return whether an expression is the same whatever the environment has."""
    return isinstance(node, ast.Lambda) or not any(
        isinstance(one, ast.Call | ast.Subscript) for one in ast.walk(node)
    )
