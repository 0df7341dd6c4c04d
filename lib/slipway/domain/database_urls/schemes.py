"""Database URLs that start with postgres://, as Heroku writes them, in apps with SQLAlchemy.

SQLAlchemy accepts only postgresql:// since 1.4:
https://docs.sqlalchemy.org/en/20/changelog/changelog_14.html. Apps that know that replace the
start of the URL themselves, so it stays as the platform has set it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

OLD_SCHEME = "postgres://"
PLAIN_SCHEME = "postgresql://"
"""SQLAlchemy takes its default driver for it."""
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
_ASYNC_DRIVERS = ("asyncpg", "psycopg")
_MAKE_ASYNC_ENGINES = frozenset({"create_async_engine", "async_engine_from_config"})
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


def is_for_async(functions: Iterable[str]) -> bool:
    """Return whether these functions of a traceback make an engine for asyncio."""
    return not _MAKE_ASYNC_ENGINES.isdisjoint(functions)


def names_with(scheme: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables whose values start with a scheme."""
    return tuple(name for name, text in sorted(variables.items()) if text.startswith(scheme))


def new_scheme(packages: Mapping[str, str], *, is_async: bool = False) -> str:
    """Return what a URL has to start with, for the driver that is installed.

    With `is_async`, it is for an engine of create_async_engine, which accepts only drivers of
    its own: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
    """
    accepted = _ASYNC_DRIVERS if is_async else tuple(dict.fromkeys(_DRIVERS.values()))
    installed = _installed(packages)
    drivers = [name for name in accepted if name in installed]
    default = _default_driver(packages)
    if default in drivers or (not drivers and not is_async):
        return PLAIN_SCHEME
    return f"postgresql+{(drivers or accepted)[0]}://"


def why_not_plain(packages: Mapping[str, str], *, is_async: bool = False) -> str:
    """Return why SQLAlchemy will fail with PLAIN_SCHEME, as a clause; else nothing.

    Nothing also if no driver is known, which may then be anywhere.
    """
    installed = _installed(packages)
    if not installed or new_scheme(packages, is_async=is_async) == PLAIN_SCHEME:
        return ""
    default = _default_driver(packages)
    if default in installed:
        return f"takes {default} for that, which create_async_engine does not accept"
    return f"takes {default} for that, which is not installed"


def may_reject_plain(packages: Mapping[str, str]) -> bool:
    """Return whether SQLAlchemy may fail with PLAIN_SCHEME because of the drivers."""
    has_async = not _installed(packages).isdisjoint(_ASYNC_DRIVERS)
    return bool(
        why_not_plain(packages) or (has_async and why_not_plain(packages, is_async=True))
    )


def expression(source: str, old: str, new: str) -> str:
    """Return what an app has to write instead of an expression that reads a variable."""
    return f'{source}.replace("{old}", "{new}", 1)'


def missing_driver(packages: Mapping[str, str], scheme: str) -> str:
    """Return the package that a scheme needs in addition; nothing if it is installed."""
    driver = scheme.partition("+")[2].removesuffix("://")
    return driver if driver and driver not in _installed(packages) else ""


def _installed(packages: Mapping[str, str]) -> frozenset[str]:
    """Return the drivers that are installed, as they are named in a URL."""
    return frozenset(name for package, name in _DRIVERS.items() if package in packages)


def _default_driver(packages: Mapping[str, str]) -> str:
    is_newest = _minor(packages.get("sqlalchemy", "")) >= _PSYCOPG_IS_DEFAULT
    return "psycopg" if is_newest else "psycopg2"
