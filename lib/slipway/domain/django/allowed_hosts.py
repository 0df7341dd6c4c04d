"""What the settings tell about an empty ALLOWED_HOSTS, with which Django refuses requests.

https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from slipway.domain.django.project import ReadText, imported_module, parsed_module

_SETTING = "ALLOWED_HOSTS"
_MOST_MODULES = 20
_INDIRECT = frozenset({"exec", "globals", "locals", "setattr", "vars", "__name__"})
"""Names by which a module can get settings that it does not have in its text."""


@dataclass(frozen=True, kw_only=True)
class EmptyHosts:
    """Where the settings leave ALLOWED_HOSTS empty."""

    is_certain: bool
    """Whether it is empty with all values of variables."""
    file: str
    """The module that sets it or, if none does, the settings module."""
    line: int
    """0 if no module of the settings sets it."""


def empty_hosts(settings: str, read: ReadText) -> EmptyHosts | None:
    """Find out why the setting is empty; None if the settings module cannot be read.

    `read` takes paths in the folder of manage.py.
    """
    start = parsed_module(settings, read)
    if start is None:
        return None
    file, line, is_certain = start[0], 0, True
    pending = [settings]
    for module in pending:
        parsed = parsed_module(module, read) if len(pending) < _MOST_MODULES else None
        if parsed is None:
            is_certain = False
            continue
        at, tree = parsed
        nodes = [*ast.walk(tree)]
        assigned = [it for it in nodes if isinstance(it, ast.stmt) and _assigns(it)]
        if assigned and not line:
            file, line = at, assigned[-1].lineno
        empty = [it for it in assigned if _has_no_host(it)]
        if sum(map(_is_about_it, nodes)) > len(empty) or any(map(_is_indirect, nodes)):
            is_certain = False
        stars = [it for it in nodes if isinstance(it, ast.ImportFrom)]
        origins = [imported_module(it, module, at) for it in stars if it.names[0].name == "*"]
        pending += [it for it in dict.fromkeys(origins) if it not in pending]
    return EmptyHosts(is_certain=is_certain, file=file, line=line)


def _assigns(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name == _SETTING
    return False


def _has_no_host(node: ast.stmt) -> bool:
    """Return whether a statement assigns a list without hosts, whatever variables are set."""
    value = getattr(node, "value", None)
    return isinstance(value, ast.List | ast.Tuple) and all(
        isinstance(it, ast.Constant) and not it.value for it in value.elts
    )


def _is_about_it(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name == _SETTING
        case ast.alias(name=name, asname=other):
            return _SETTING in (name, other)
        case ast.Constant(value=str(text)):
            return _SETTING in text and "\n" not in text  # not a docstring
    return False


def _is_indirect(node: ast.AST) -> bool:
    """Return whether a module may get settings from elsewhere, such as from a class."""
    match node:
        case ast.Call():
            named = (node.func, *node.args, *(it.value for it in node.keywords))
            return any(isinstance(it, ast.Name) and it.id in _INDIRECT for it in named)
        case ast.ClassDef() | ast.Attribute(attr="modules"):
            return True
    return False
