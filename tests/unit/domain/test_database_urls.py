"""An app with SQLAlchemy is told how to change a URL that starts with postgres://."""

from __future__ import annotations

import pytest

from slipway.domain.database_urls import (
    expression,
    first_use,
    is_of_old_scheme,
    names_of_old_urls,
    new_scheme,
    rejecting_version,
)

NAMES = ("DATABASE_URL", "HEROKU_POSTGRESQL_PINK_URL")
READS = 'import os\nURL = os.environ["DATABASE_URL"]\n'
ENGINE = "from flask_sqlalchemy import SQLAlchemy\n"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.3.24", ""), ("1.4", "1.4"), ("2.0.44", "2.0.44"), ("", "")],
)
def test_sqlalchemy_rejects_the_old_scheme_since_1_4(version: str, expected: str) -> None:
    assert rejecting_version({"sqlalchemy": version} if version else {}) == expected


def test_only_urls_with_the_old_scheme_are_named() -> None:
    urls = {"B": "postgres://b", "A": "postgres://a", "C": "postgresql://c", "D": "mysql://d"}
    assert names_of_old_urls(urls) == ("A", "B")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([READS + ENGINE], "0.py:2"),
        ([READS, ENGINE], "0.py:2"),
        (["x = 1\n", ENGINE + "class Settings:\n    database_url: str\n"], "1.py:3"),
        ([READS], None),
        ([ENGINE], None),
        ([READS + ENGINE, "URL = URL.replace('postgres://', 'postgresql://', 1)\n"], None),
        ([READS + ENGINE + "URL = URL.replace('://', 'ql://', 1)\n"], None),
        ([READS + ENGINE + "URL.set(drivername='x')\n"], None),
        ([ENGINE + "MY_DATABASE_URL = 1\n"], None),
    ],
)
def test_the_first_use_is_named_unless_the_app_may_change_the_url(
    texts: list[str], expected: str | None
) -> None:
    modules = [(f"{number}.py", text) for number, text in enumerate(texts)]
    found = first_use(modules, NAMES, in_one_module=False)
    assert found == (expected and (expected, "DATABASE_URL"))


def test_django_may_use_the_url_where_sqlalchemy_is_elsewhere() -> None:
    modules = [("settings.py", READS), ("reports.py", ENGINE)]
    assert first_use(modules, NAMES, in_one_module=True) is None
    modules.append(("stats.py", ENGINE + READS))
    assert first_use(modules, NAMES, in_one_module=True) == ("stats.py:3", "DATABASE_URL")


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
    written = f'os.environ["DATABASE_URL"].replace("postgres://", "{scheme}", 1)'
    assert expression("DATABASE_URL", packages) == written


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
