"""Database URLs that start with postgres://, as Heroku writes them, in apps with SQLAlchemy.

SQLAlchemy accepts only postgresql:// since 1.4:
https://docs.sqlalchemy.org/en/20/changelog/changelog_14.html. Apps that know that replace the
start of the URL themselves, so it stays as the platform has set it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from slipway.domain.packaging_text import parse_version

OLD_SCHEME = "postgres://"
_FIRST_WITHOUT = "1.4"
_DRIVERS = {"psycopg": "psycopg", "asyncpg": "asyncpg", "pg8000": "pg8000"}
"""Packages -> their names in a URL, where psycopg2 is not installed, which needs none:
https://docs.sqlalchemy.org/en/20/dialects/postgresql.html"""
_PSYCOPG2 = frozenset({"psycopg2", "psycopg2-binary", "psycopg2cffi"})
_USES_SQLALCHEMY = re.compile(r"sqlalchemy|sqlmodel", re.IGNORECASE)
_WRITES_URL = re.compile(r"postgresql|cockroachdb|drivername|ql://|ql\+")
"""Text of an app that changes the URL, or makes one of its own."""
_NOT_LOADED = re.compile(r"Can't load plugin: sqlalchemy\.dialects:postgres(?:\.\w+)?\s*")


def rejecting_version(packages: Mapping[str, str]) -> str:
    """Return the version of SQLAlchemy if it does not accept OLD_SCHEME; else nothing."""
    version = packages.get("sqlalchemy", "")
    is_new = bool(version) and parse_version(version) >= parse_version(_FIRST_WITHOUT)
    return version if is_new else ""


def is_of_old_scheme(types: Iterable[str], text: str) -> bool:
    """Return whether an exception with these types is for a URL that starts with postgres."""
    is_of_plugin = "sqlalchemy.exc.NoSuchModuleError" in types
    return is_of_plugin and _NOT_LOADED.fullmatch(text) is not None


def names_of_old_urls(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables whose values start with OLD_SCHEME."""
    return tuple(
        name for name, text in sorted(variables.items()) if text.startswith(OLD_SCHEME)
    )


def first_use(
    modules: Iterable[tuple[str, str]], names: Collection[str], *, in_one_module: bool
) -> tuple[str, str] | None:
    """Return where the app reads a variable, as `file:line`, and its name.

    None if the app does not read any for SQLAlchemy, or may change the URL. `modules` are their
    files and texts. With `in_one_module`, only a module that uses SQLAlchemy itself counts.
    """
    mention = re.compile(rf"(?i)\b(?:{'|'.join(map(re.escape, names))})\b")
    upper = {name.upper(): name for name in names}
    found, uses_sqlalchemy = None, False
    for file, text in modules:
        if _WRITES_URL.search(text):
            return None
        uses_here = _USES_SQLALCHEMY.search(text) is not None
        uses_sqlalchemy |= uses_here
        use = mention.search(text)
        if use and found is None and (uses_here or not in_one_module):
            line = text.count("\n", 0, use.start()) + 1
            found = (f"{file}:{line}", upper[use[0].upper()])
    return found if uses_sqlalchemy else None


def new_scheme(packages: Collection[str]) -> str:
    """Return what a URL has to start with, for the driver that is installed."""
    driver = next((name for package, name in _DRIVERS.items() if package in packages), "")
    is_default = not driver or not _PSYCOPG2.isdisjoint(packages)
    return "postgresql://" if is_default else f"postgresql+{driver}://"


def expression(name: str, packages: Collection[str]) -> str:
    """Return what an app has to write where it reads a variable with a URL."""
    return f'os.environ["{name}"].replace("{OLD_SCHEME}", "{new_scheme(packages)}", 1)'
