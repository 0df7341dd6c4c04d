"""Finds code of an app that corrects the scheme of a URL, or makes a URL of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import Enum

_MAY_HAVE_SCHEME = re.compile(
    r"""["'][^"'\n]*(?:postgres|cockroachdb|ql[:+"']|\+(?:psycopg|asyncpg|pg8000))|drivername"""
)
_SCHEME = re.compile(
    r"(?<![\w.])(?:postgres(?:ql)?|cockroachdb)(?![\w.-])"
    r"|^\w*ql(?=[:+])|^ql$|^\+(?:psycopg|asyncpg|pg8000)|^drivername$"
)
_PLAIN = re.compile(r"postgresql(?::(?://)?)?")
_WHOLE_URL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://+\w")
"""A default, for example. An app that corrects a URL writes its start alone."""


class Scheme(Enum):
    """What a part of a scheme in the code of an app shows."""

    OLD = "The app knows that URLs start with postgres://."
    PLAIN = "The app replaces that with postgresql://."
    OTHER = "The app changes URLs in another way."


def may_have_scheme(text: str) -> bool:
    """Return whether a module may have a part of a scheme, without parsing it."""
    return _MAY_HAVE_SCHEME.search(text) is not None


def schemes_in(tree: ast.Module) -> Iterator[tuple[int, Scheme]]:
    """Yield the lines of a module that have a part of a scheme, and what each shows.

    Docstrings, messages and whole URLs do not count, nor what is compared with postgresql.
    """
    done: set[int] = set()
    for node in ast.walk(tree):  # which yields a node before what is in it
        if isinstance(node, ast.Expr):
            done.add(id(node.value))
        elif isinstance(node, ast.Compare) or _is_call_of(node, "startswith"):
            new = (one for one in ast.walk(node) if _text(one).startswith("postgresql"))
            done.update(map(id, new))
        elif isinstance(node, ast.Call) and _is_call_of(node, "replace"):
            start, new_start = [*node.args, node, node][:2]
            if _text(start).startswith("postgres") and _PLAIN.fullmatch(_text(new_start)):
                done.update((id(start), id(new_start)))
                yield new_start.lineno, Scheme.PLAIN
        elif isinstance(node, ast.keyword) and node.arg == "drivername":
            yield node.value.lineno, Scheme.OTHER
        elif isinstance(node, ast.Constant) and id(node) not in done:
            text = _text(node)
            if _SCHEME.search(text) and not _is_prose_or_url(text):
                is_new = "ql" in text or "postgres" not in text
                yield node.lineno, Scheme.OTHER if is_new else Scheme.OLD


def _is_prose_or_url(text: str) -> bool:
    return len(text.split()) > 1 or _WHOLE_URL.match(text) is not None


def _is_call_of(node: ast.AST, method: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method
    )


def _text(node: ast.AST) -> str:
    """Return a string that is written out; else nothing."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""
