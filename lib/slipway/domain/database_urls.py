"""Database URLs that start with postgres://, as Heroku writes them, in apps with SQLAlchemy.

SQLAlchemy accepts only postgresql:// since 1.4:
https://docs.sqlalchemy.org/en/20/changelog/changelog_14.html. Apps that know that replace the
start of the URL themselves, so it stays as the platform has set it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

OLD_SCHEME = "postgres://"
_FIRST_WITHOUT = (1, 4)
_PSYCOPG_IS_DEFAULT = (2, 1)
_DRIVERS = {
    "psycopg2": "psycopg2",
    "psycopg2-binary": "psycopg2",
    "psycopg": "psycopg",
    "psycopg2cffi": "psycopg2cffi",
    "asyncpg": "asyncpg",
    "pg8000": "pg8000",
}
"""Packages -> their names in a URL; the default, psycopg2 until 2.1, needs none:
https://docs.sqlalchemy.org/en/21/changelog/migration_21.html"""
_USES_SQLALCHEMY = re.compile(r"sqlalchemy|sqlmodel", re.IGNORECASE)
_WRITES_URL = re.compile(r"postgresql|cockroachdb|drivername|ql://|ql\+")
"""Text of an app that changes the URL, or makes one of its own."""
_NOT_LOADED = re.compile(r"Can't load plugin: sqlalchemy\.dialects:postgres(?:\.\w+)?\s*")


def rejecting_version(packages: Mapping[str, str]) -> str:
    """Return the version of SQLAlchemy if it does not accept OLD_SCHEME; else nothing."""
    version = packages.get("sqlalchemy", "")
    return version if _minor(version) >= _FIRST_WITHOUT else ""


def _minor(version: str) -> tuple[int, ...]:
    found = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", version)
    return (int(found[1]), int(found[2])) if found else ()


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


def new_scheme(packages: Mapping[str, str]) -> str:
    """Return what a URL has to start with, for the driver that is installed."""
    is_newest = _minor(packages.get("sqlalchemy", "")) >= _PSYCOPG_IS_DEFAULT
    default = "psycopg" if is_newest else "psycopg2"
    drivers = [name for package, name in _DRIVERS.items() if package in packages]
    is_default = not drivers or default in drivers
    return "postgresql://" if is_default else f"postgresql+{drivers[0]}://"


def expression(name: str, packages: Mapping[str, str]) -> str:
    """Return what an app has to write where it reads a variable with a URL."""
    return f'os.environ["{name}"].replace("{OLD_SCHEME}", "{new_scheme(packages)}", 1)'
