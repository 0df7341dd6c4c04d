"""Finds where an app passes the URL of a database to SQLAlchemy, and whether it changes it.

Each file is judged by itself, and for each variable, because apps often read the same variable
in several places: the web process, a worker, and Alembic's env.py. Where it is not clear what
happens to a URL, for example in a function of an installed package, nothing is found.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from slipway.domain.database_urls.changes import Change, SearchedModules, last_name
from slipway.domain.database_urls.flow import Flow, arguments

_USES_SQLALCHEMY = re.compile(r"sqlalchemy|sqlmodel", re.IGNORECASE)
_SYNC = re.compile(r"\b(?:create_engine|engine_from_config|SQLAlchemy)\(")
_ASYNC = re.compile(r"\b(?:create_async_engine|async_engine_from_config|AsyncEngine)\(")
_LONGEST_SOURCE = 100


class Engines(Enum):
    """The kinds of engines that an app makes."""

    SYNC = "create_engine"
    ASYNC = "create_async_engine"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class UrlUse:
    """A line of an app with which SQLAlchemy gets the URL in a variable."""

    file: str
    line: int
    variable: str
    source: str
    """The expression that reads the variable, in which a password is left out."""
    engines: Engines = Engines.SYNC
    is_changed: bool = False
    """Whether the URL starts with postgresql://, without a driver, because of this line."""


def uses_of(
    modules: Mapping[str, str], names: Collection[str], *, in_one_module: bool
) -> list[UrlUse]:
    """Return where an app uses the URLs in variables, at most once for a file and a variable.

    `modules` are the texts of its files, by their paths. With `in_one_module`, only a module
    that uses SQLAlchemy itself counts.
    """
    if not any(map(_USES_SQLALCHEMY.search, modules.values())):
        return []
    app = SearchedModules(modules)
    found = [use for name in names for use in _uses(app, name, in_one_module=in_one_module)]
    of_app = _engines([*modules.values()]) or Engines.SYNC
    found = [replace(use, engines=_engines([modules[use.file]]) or of_app) for use in found]
    unique = {(one.file, one.line, one.is_changed): one for one in reversed(found)}
    return sorted(unique.values(), key=lambda one: (one.file, one.line))


def _uses(app: SearchedModules, name: str, *, in_one_module: bool) -> Iterator[UrlUse]:
    mention = re.compile(rf"(?i)\b{re.escape(name)}\b")
    found = [
        Flow.of(app, file, name) for file, text in app.texts.items() if mention.search(text)
    ]
    if any(flow.changes_environment for flow in found):
        return
    for flow in found:
        uses_sqlalchemy = _USES_SQLALCHEMY.search(app.texts[flow.file]) is not None
        if not flow.reads or (in_one_module and not uses_sqlalchemy):
            continue
        if flow.may_go_elsewhere and not flow.makes_engine:
            continue
        change = flow.change or _change_elsewhere(app, flow)
        read = flow.reads[0]
        use = UrlUse(
            file=flow.file,
            line=read.lineno,
            variable=name,
            source=_source(app.texts[flow.file], read, name),
        )
        if change is None:
            yield use
        elif change.is_plain:
            yield replace(use, file=change.file, line=change.line, is_changed=True)


def _change_elsewhere(app: SearchedModules, flow: Flow) -> Change | None:
    """Return what changes the URL in a module that gets it from the module of a flow."""
    if not flow.exports:
        return None
    mention = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(flow.exports)))})\b")
    for file, text in app.texts.items():
        if file != flow.file and mention.search(text):
            change = Flow.of(app, file, flow.variable, flow.exports).change
            if change:
                return change
    return None


def _engines(texts: Collection[str]) -> Engines | None:
    """Return which engines some modules make; None if they make none."""
    is_async = any(map(_ASYNC.search, texts))
    is_sync = any(_SYNC.search(text) and "AsyncEngine(" not in text for text in texts)
    if is_async:
        return Engines.BOTH if is_sync else Engines.ASYNC
    return Engines.SYNC if is_sync else None


def _source(text: str, read: ast.expr | ast.AnnAssign, variable: str) -> str:
    """Return the expression that reads a variable, with a default that has `replace`."""
    if isinstance(read, ast.AnnAssign):
        return f"str(settings.{last_name(read.target)})"
    source = ast.get_source_segment(text, read) or ""
    if not source or "\n" in source:
        source = ast.unparse(read)
    if not isinstance(read, ast.Call):
        return source
    function, defaults = ast.unparse(read.func), arguments(read)[1:]
    if not defaults or (isinstance(defaults[0], ast.Constant) and defaults[0].value is None):
        may_be_none = last_name(read.func) in ("get", "getenv", "pop")
        return f'{function}("{variable}", "")' if may_be_none else source
    if "@" in source or len(source) > _LONGEST_SOURCE:  # a password, or not worth its place
        return f'{function}("{variable}", ...)'
    return source
