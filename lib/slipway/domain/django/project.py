"""Facts about a Django project, read from its source without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from slipway.domain.python.syntax import parse_module
from slipway.domain.web.launch import WebApplication

_VARIABLE = "DJANGO_SETTINGS_MODULE"
# For files that this Python cannot parse (Python 2, project templates).
_SETTINGS_TEXT = re.compile(rf"""["']{_VARIABLE}["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")

ReadText = Callable[[str], "str | None"]
"""Returns the text of a file, by its path in the project's folder; None if it is missing."""


@dataclass(frozen=True, kw_only=True)
class DjangoProject:
    """A manage.py, with its settings module and web application."""

    manage: str
    """Relative to the app: `manage.py`, `backend/manage.py`."""
    settings: str | None
    """The settings module that collectstatic and the web process use."""
    settings_origin: str | None
    """The file or variable that names it."""
    web: WebApplication | None
    """Its WSGI application; None if its files do not name exactly one."""
    asgi: WebApplication | None = None
    """What ASGI_APPLICATION names, if it is set."""

    @property
    def folder(self) -> str:
        """The folder of manage.py relative to the app; empty for the app's root."""
        return self.manage.rpartition("/")[0]

    @property
    def needs_variable(self) -> bool:
        """Whether the app needs the variable DJANGO_SETTINGS_MODULE when it starts."""
        # Without it, manage.py may use other settings than the web process, and Django's own
        # factory none at all.
        is_factory = self.web is not None and self.web.target.endswith("()")
        return self.settings_origin != self.manage or is_factory

    @property
    def settings_text(self) -> str:
        """The settings module, as part of a sentence."""
        if self.settings is None:
            return "which names no settings module"
        return f"settings module {self.settings} (from {self.settings_origin})"


_MOST_MODULES = 100
"""Settings that import each other, at most."""


def is_manage(text: str) -> bool:
    """Return whether a manage.py is Django's, not another framework's."""
    return _VARIABLE in text or "execute_manager" in text


def settings_named_in(text: str) -> str | None:
    """Return the default settings module in a manage.py or wsgi.py."""
    tree = parse_module(text)
    if tree is None:
        found = _SETTINGS_TEXT.search(text)
        return found[1] if found else None
    named = [module for node in ast.walk(tree) for module in _settings_in(node)]
    return next(iter(named), None)


def _settings_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(
            func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=name), value]
        ) if name == _VARIABLE:
            yield from _constant(value)
        case ast.Assign(
            targets=[ast.Subscript(slice=ast.Constant(value=name))], value=value
        ) if name == _VARIABLE:
            yield from _constant(value)


def _constant(node: ast.expr) -> Iterator[str]:
    """Yield a string constant, or the constant default of `os.environ.get(..., default)`."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Call(args=[_, ast.Constant(value=str(text))]):
            yield text
        case _:
            return


def application_setting(settings: str, name: str, read: ReadText) -> tuple[str, str] | None:
    """Return what a settings module names as `package.module:attribute`, and its file.

    `name` is WSGI_APPLICATION or ASGI_APPLICATION.
    """
    found = _last_assignment(settings, read, name, {})
    if found is None:
        return None
    dotted, file = found
    module, _, attribute = dotted.rpartition(".")
    if not _MODULE.fullmatch(dotted) or not module:
        return None
    return f"{module}:{attribute}", file


def root_urlconf(settings: str, read: ReadText) -> str | None:
    """Return the module that a settings module names as ROOT_URLCONF."""
    found = _last_assignment(settings, read, "ROOT_URLCONF", {})
    return found[0] if found and _MODULE.fullmatch(found[0]) else None


def _last_assignment(
    module: str, read: ReadText, name: str, known: dict[str, tuple[str, str] | None]
) -> tuple[str, str] | None:
    """Return the constant that a module has for a name; `known` has those of other modules.

    A module that is still being read counts as empty: Python imports it only once, too.
    """
    if module in known:
        return known[module]
    known[module] = None
    source = module_source(module, read) if len(known) < _MOST_MODULES else None
    if source is None:
        return None
    file, text = source
    tree = parse_module(text)
    found = None
    for node in _statements(tree.body if tree else []):
        match node:
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                origin = imported_module(node, module, file)
                found = _last_assignment(origin, read, name, known) or found
            case (
                ast.Assign(targets=[ast.Name(id=target)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
            ) if target == name:
                found = next(((text, file) for text in _constant(value)), None)
    known[module] = found
    return found


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements in the order of execution, also from `if` and `try` blocks."""
    for node in body:
        match node:
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), orelse=other):
                yield from _statements(other)
            case ast.If(body=inner, orelse=other):
                yield from _statements([*inner, *other])
            case ast.Try(body=inner, orelse=other, finalbody=last):
                yield from _statements([*inner, *other, *last])
            case _:
                yield node


def imported_module(node: ast.ImportFrom, module: str, file: str) -> str:
    """Return the absolute name of the module in `from .base import *`."""
    if not node.level:
        return node.module or ""
    package = module.split(".")
    is_package = file.endswith("/__init__.py")
    parents = package[: len(package) - node.level + (1 if is_package else 0)]
    return ".".join([*parents, *([node.module] if node.module else [])])


def module_source(module: str, read: ReadText) -> tuple[str, str] | None:
    """Return the path of a module's file in the project's folder, and its text."""
    path = module.replace(".", "/")
    for file in (f"{path}.py", f"{path}/__init__.py"):
        text = read(file)
        if text is not None:
            return file, text
    return None


def parsed_module(module: str, read: ReadText) -> tuple[str, ast.Module] | None:
    """Return the path of a module's file, and its syntax tree; None if either is missing."""
    source = module_source(module, read)
    tree = parse_module(source[1]) if source else None
    return (source[0], tree) if source and tree else None
