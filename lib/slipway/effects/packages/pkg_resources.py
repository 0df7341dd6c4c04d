"""Finds packages that need pkg_resources, which setuptools had until version 81.

https://setuptools.pypa.io/en/stable/pkg_resources.html
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

from slipway.effects.files import walk_folders
from slipway.effects.reading import read_bytes

_IMPORT = re.compile(
    rb"^(?:import[ \t][^#;\n]*\bpkg_resources\b|from[ \t]+pkg_resources\b"
    rb"|__import__\(['\"]pkg_resources)",
    re.MULTILINE,
)
"""At the start of a line, so neither in a function nor in a `try`."""
_SKIPPED = frozenset(
    {
        *("__pycache__", "_distutils_hack", "pkg_resources", "setuptools"),
        *("docs", "examples", "test", "testing", "tests"),
    }
)
"""Folders whose modules an app does not import, and setuptools itself."""


def importer_without_pkg_resources(site_packages: Path) -> str | None:
    """Return the first module that imports pkg_resources; None if that is installed.

    It is the module's path in site-packages. An import that may fail, in a `try`, does not
    count. Most modules are only searched for a word: parsing all takes longer than installing.
    """
    if any(
        (site_packages / name).is_file()
        for name in ("pkg_resources/__init__.py", "pkg_resources.py")
    ):
        return None
    found = []
    for folder, folders, names in walk_folders(site_packages):
        folders[:] = [
            name for name in folders if name not in _SKIPPED and not name.endswith(".dist-info")
        ]
        for name in names:
            path = f"{folder}/{name}"
            if name.endswith(".py") and _imports_it(_content(path)):
                found.append(os.path.relpath(path, site_packages))
    return min(found, default=None)


def _content(path: str) -> bytes:
    try:
        return read_bytes(path)
    except OSError:
        return b""


def _imports_it(source: bytes) -> bool:
    if b"pkg_resources" not in source or not _IMPORT.search(source):
        return False
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # it may be for a newer Python than this one
    return any(_is_import(statement) for statement in statements)


def _is_import(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=names):
            modules = [one.name for one in names]
        case ast.ImportFrom(module=str(module), level=0):
            modules = [module]
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(args=[ast.Constant(value=str(module))]))
            )
        ):
            modules = [module]  # __import__("pkg_resources").declare_namespace(__name__)
        case _:
            return False
    return any(one.partition(".")[0] == "pkg_resources" for one in modules)
