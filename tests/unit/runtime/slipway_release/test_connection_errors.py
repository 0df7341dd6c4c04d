"""Tests whether waiting helps, for errors as the drivers of databases raise them."""

from __future__ import annotations

import pytest
from slipway_release.connection_errors import trouble


class OperationalError(Exception):
    """As Django names what a driver raises for trouble with a connection."""


class DatabaseError(Exception):
    pass


CONNECTION = 'connection to server at "10.0.0.7", port 5432 failed:'

PASSING = {
    # psycopg
    f"connection failed: {CONNECTION} Connection refused\n\tIs the server running on that host "
    "and accepting TCP/IP connections?": "connection refused",
    f"connection failed: {CONNECTION} FATAL:  the database system is starting up": (
        "the database system is starting up"
    ),
    f"connection failed: {CONNECTION} FATAL:  the database system is shutting down": (
        "the database system is shutting down"
    ),
    f"{CONNECTION} FATAL:  the database system is not yet accepting connections\n"
    "DETAIL:  Consistent recovery state has not been yet reached.": (
        "the database system is not yet accepting connections"
    ),
    f"{CONNECTION} FATAL:  sorry, too many clients already": "sorry, too many clients already",
    f'{CONNECTION} FATAL:  too many connections for role "harbour"': (
        'too many connections for role "harbour"'
    ),
    "failed to resolve host 'db': [Errno -2] Name or service not known": (
        "failed to resolve host 'db': [Errno -2] Name or service not known"
    ),
    "connection timeout expired": "connection timeout expired",
    # psycopg2, of an old and a newer libpq
    "could not connect to server: Connection refused\n\tIs the server running on host "
    '"10.0.0.7" and accepting\n\tTCP/IP connections on port 5432?\n': "connection refused",
    'could not translate host name "db" to address: Temporary failure in name resolution\n': (
        'could not translate host name "db" to address: Temporary failure in name resolution'
    ),
    f"{CONNECTION} Network is unreachable\n": "network is unreachable",
    f"{CONNECTION} timeout expired\n": "timeout expired",
    f"{CONNECTION} server closed the connection unexpectedly\n\tThis probably means the server "
    "terminated abnormally": "server closed the connection unexpectedly",
    'connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed: No such file or '
    "directory\n\tIs the server running locally?": "no such file or directory",
    # PgBouncer
    f"{CONNECTION} FATAL:  server login has been failing, cached error: connect failed "
    "(server_login_retry)": (
        "server login has been failing, cached error: connect failed (server_login_retry)"
    ),
    f"{CONNECTION} FATAL:  no more connections allowed (max_client_conn)": (
        "no more connections allowed (max_client_conn)"
    ),
    "SSL SYSCALL error: EOF detected": "SSL SYSCALL error: EOF detected",
}
LASTING = {
    f'{CONNECTION} FATAL:  password authentication failed for user "harbour"\n'
    f'{CONNECTION} FATAL:  no pg_hba.conf entry for host "10.0.0.9"': (
        'password authentication failed for user "harbour"',
        "PASSWORD",
    ),
    f"{CONNECTION} fe_sendauth: no password supplied": (
        "fe_sendauth: no password supplied",
        "PASSWORD",
    ),
    f"{CONNECTION} FATAL:  SASL authentication failed": ("SASL authentication failed", "USER"),
    f'{CONNECTION} FATAL:  database "harbour" does not exist': (
        'database "harbour" does not exist',
        "Create the database",
    ),
    f'{CONNECTION} FATAL:  role "harbour" does not exist': (
        'role "harbour" does not exist',
        "USER",
    ),
    f'{CONNECTION} FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "harbour", no '
    "encryption": (
        'no pg_hba.conf entry for host "10.0.0.9", user "harbour", no encryption',
        "sslmode",
    ),
    f"{CONNECTION} server does not support SSL, but SSL was required": (
        "server does not support SSL, but SSL was required",
        "sslmode",
    ),
    f"{CONNECTION} SSL error: certificate verify failed": (
        "SSL error: certificate verify failed",
        "sslmode",
    ),
    # The first of two addresses refuses, and the second one is that of the server.
    'connection to server at "localhost" (::1), port 5432 failed: Connection refused\n\tIs the '
    "server running on that host and accepting TCP/IP connections?\n"
    'connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL:  password '
    'authentication failed for user "x"': (
        'password authentication failed for user "x"',
        "PASSWORD",
    ),
    f"{CONNECTION} FATAL:  unsupported startup parameter: search_path": (
        "unsupported startup parameter: search_path",
        "OPTIONS",
    ),
}


@pytest.mark.parametrize("text", PASSING)
def test_postgresql_is_waited_for(text: str) -> None:
    found = trouble(OperationalError(text), "postgresql")
    assert (found.reason, found.advice) == (PASSING[text], "")


@pytest.mark.parametrize("text", LASTING)
def test_postgresql_is_not_waited_for(text: str) -> None:
    found = trouble(OperationalError(text), "postgresql")
    reason, advice = LASTING[text]
    assert found.reason == reason
    assert advice in found.advice


@pytest.mark.parametrize(
    ("number", "text", "reason"),
    [
        # PyMySQL
        (
            2003,
            "Can't connect to MySQL server on '10.0.0.7' ([Errno 111] Connection refused)",
            "connection refused",
        ),
        (
            2003,
            "Can't connect to MySQL server on 'db' ([Errno -2] Name or service not known)",
            "name or service not known",
        ),
        (2003, "Can't connect to MySQL server on '10.0.0.7' (timed out)", "timed out"),
        (2013, "Lost connection to MySQL server during query", None),
        # mysqlclient, with the libraries of MySQL and of MariaDB
        (2003, "Can't connect to MySQL server on '10.0.0.7:3306' (111)", "connection refused"),
        (2002, "Can't connect to server on '10.0.0.7' (115)", "operation now in progress"),
        (2005, "Unknown server host 'db' (-2)", "-2"),
        (1040, "Too many connections", "too many connections"),
        (1053, "Server shutdown in progress", "server shutdown in progress"),
    ],
)
def test_mysql_is_waited_for(number: int, text: str, reason: str | None) -> None:
    found = trouble(OperationalError(number, text), "mysql")
    assert found.advice == ""
    assert found.reason == (reason or text[0].lower() + text[1:])


@pytest.mark.parametrize(
    ("number", "text", "advice"),
    [
        (1045, "Access denied for user 'harbour'@'10.0.0.9' (using password: YES)", "PASSWORD"),
        (1049, "Unknown database 'harbour'", "Create the database"),
        (1044, "Access denied for user 'harbour'@'%' to database 'harbour'", "connect"),
        (1130, "Host '10.0.0.9' is not allowed to connect to this MariaDB server", "connect"),
        (
            2026,
            "SSL connection error: SSL is required but the server doesn't support it",
            "TLS",
        ),
        (2059, "Authentication plugin 'caching_sha2_password' cannot be loaded", "PASSWORD"),
    ],
)
def test_mysql_is_not_waited_for(number: int, text: str, advice: str) -> None:
    found = trouble(OperationalError(number, text), "mysql")
    assert found.reason == text[0].lower() + text[1:] or text.startswith("SSL")
    assert advice in found.advice


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (OperationalError("database is locked"), ""),
        (OperationalError("unable to open database file"), "Create its folder"),
        (DatabaseError("file is not a database"), "has to be a database of SQLite"),
    ],
)
def test_sqlite_is_waited_for_only_while_it_is_locked(error: Exception, advice: str) -> None:
    found = trouble(error, "sqlite")
    assert found.reason == str(error)
    assert (advice in found.advice) if advice else not found.advice


def test_another_kind_of_error_is_not_waited_for() -> None:
    error = RuntimeError("'cryptography' package is required for caching_sha2_password")
    assert trouble(error, "mysql").advice
    assert trouble(DatabaseError("PostgreSQL 14 or later is required (found 9.6)."), "").advice


def test_another_database_is_waited_for_unless_it_refuses_the_user() -> None:
    assert trouble(OperationalError("ORA-12541: TNS:no listener"), "oracle").advice == ""
    assert trouble(OperationalError("ORA-01017: invalid username/password"), "oracle").advice


def test_hostile_characters_and_credentials_are_not_shown() -> None:
    text = f'{CONNECTION} FATAL:  database "a\x1b[2J" does not exist'
    assert trouble(OperationalError(text), "postgresql").reason == (
        'database "a\\x1b[2J" does not exist'
    )
    text = 'invalid dsn: missing "=" after "postgres://harbour:tide%20@db/harbour"'
    assert trouble(OperationalError(text), "postgresql").reason == (
        'invalid dsn: missing "=" after "postgres://****@db/harbour"'
    )
