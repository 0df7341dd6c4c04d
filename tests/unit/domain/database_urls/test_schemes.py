"""An app with SQLAlchemy is told how to change a URL that starts with postgres://."""

from __future__ import annotations

import pytest

from slipway.domain.database_urls.schemes import (
    expression,
    is_of_old_scheme,
    may_reject_plain,
    missing_driver,
    names_with,
    new_scheme,
    rejecting_version,
    why_not_plain,
)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.3.24", ""), ("1.4", "1.4"), ("2.0.44", "2.0.44"), ("", "")],
)
def test_sqlalchemy_rejects_the_old_scheme_since_1_4(version: str, expected: str) -> None:
    assert rejecting_version({"sqlalchemy": version} if version else {}) == expected


def test_only_urls_with_the_old_scheme_are_named() -> None:
    urls = {"B": "postgres://b", "A": "postgres://a", "C": "postgresql://c", "D": "mysql://d"}
    assert names_with("postgres://", urls) == ("A", "B")
    assert names_with("postgresql://", urls) == ("C",)


@pytest.mark.parametrize(
    ("version", "drivers", "scheme"),
    [
        ("2.0.44", ["psycopg2-binary"], "postgresql://"),
        ("2.0.44", ["psycopg2", "psycopg"], "postgresql://"),
        ("2.0.44", ["psycopg"], "postgresql+psycopg://"),
        ("2.0.44", ["asyncpg"], "postgresql+asyncpg://"),
        ("1.4.1", ["pg8000"], "postgresql+pg8000://"),
        ("2.0.44", [], "postgresql://"),
        ("2.1.0b1", ["psycopg"], "postgresql://"),
        ("2.1.3", ["psycopg2-binary"], "postgresql+psycopg2://"),
        ("2.1.3", ["psycopg2", "psycopg"], "postgresql://"),
    ],
)
def test_the_new_scheme_is_for_the_driver_that_is_installed(
    version: str, drivers: list[str], scheme: str
) -> None:
    packages = {"sqlalchemy": version, **dict.fromkeys(drivers, "3.0")}
    assert new_scheme(packages) == scheme
    written = f'url.replace("postgres://", "{scheme}", 1)'
    assert expression("url", "postgres://", scheme) == written


@pytest.mark.parametrize(
    ("version", "drivers", "scheme", "missing"),
    [
        ("2.0.44", ["psycopg2-binary", "asyncpg"], "postgresql+asyncpg://", ""),
        ("2.0.44", ["psycopg2", "psycopg"], "postgresql+psycopg://", ""),
        ("2.0.44", ["psycopg2"], "postgresql+asyncpg://", "asyncpg"),
        ("2.0.44", [], "postgresql+asyncpg://", "asyncpg"),
        ("2.1.0", ["psycopg", "asyncpg"], "postgresql://", ""),
        ("2.1.0", ["psycopg2"], "postgresql+asyncpg://", "asyncpg"),
    ],
)
def test_an_async_engine_gets_a_driver_that_it_accepts(
    version: str, drivers: list[str], scheme: str, missing: str
) -> None:
    packages = {"sqlalchemy": version, **dict.fromkeys(drivers, "3.0")}
    assert new_scheme(packages, is_async=True) == scheme
    assert missing_driver(packages, scheme) == missing


@pytest.mark.parametrize(
    ("version", "drivers", "why", "why_async", "may_fail"),
    [
        ("2.0.44", ["psycopg2"], "", "psycopg2 for that, which create_async", False),
        ("2.0.44", ["psycopg2", "asyncpg"], "", "psycopg2 for that, which create_async", True),
        ("2.0.44", ["asyncpg"], "psycopg2 for that, which is not", "psycopg2 for", True),
        ("2.1.9", ["psycopg2"], "psycopg for that, which is not", "psycopg for", True),
        ("2.1.9", ["psycopg"], "", "", False),
        ("2.1.9", [], "", "", False),
    ],
)
def test_a_url_without_a_driver_needs_the_default_of_this_sqlalchemy(
    version: str, drivers: list[str], why: str, why_async: str, *, may_fail: bool
) -> None:
    packages = {"sqlalchemy": version, **dict.fromkeys(drivers, "3.0")}
    assert why in why_not_plain(packages)
    assert bool(why) == bool(why_not_plain(packages))
    assert why_async in why_not_plain(packages, is_async=True)
    assert bool(why_async) == bool(why_not_plain(packages, is_async=True))
    assert may_reject_plain(packages) is may_fail


def test_the_exception_for_the_old_scheme_is_known() -> None:
    types = ("sqlalchemy.exc.NoSuchModuleError", "sqlalchemy.exc.ArgumentError")
    for text, is_known in {
        "Can't load plugin: sqlalchemy.dialects:postgres": True,
        "Can't load plugin: sqlalchemy.dialects:postgres.asyncpg": True,
        "Can't load plugin: sqlalchemy.dialects:postgresql.x": False,
        "Can't load plugin: sqlalchemy.dialects:cockroachdb": False,
    }.items():
        assert is_of_old_scheme(types, text) is is_known
    assert not is_of_old_scheme(("builtins.Exception",), text)
