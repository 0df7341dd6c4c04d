"""Tells whether a database that cannot be reached may be reached later, from its error.

The drivers report errors of connecting in different ways:

- psycopg and psycopg2 have only a text, which libpq writes, or the server. An SQLSTATE is
  there only after the connection is made.
- mysqlclient and PyMySQL have the number of the error and a text.
- sqlite3 has a text.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from slipway_release.log import shown, without_credentials


@dataclass(frozen=True)
class Trouble:
    reason: str
    """For a log: one line."""
    advice: str
    """What to do, if waiting does not help; empty if it may help."""


CREDENTIALS = "Correct USER and PASSWORD in DATABASES. They often come from DATABASE_URL."
ACCESS = "Let the user of the database connect from here: its server decides that."
DATABASE = "Create the database, or correct NAME in DATABASES."
ENCRYPTION = "Correct the options of TLS in DATABASES (`sslmode` and others)."
OPTIONS = "Correct OPTIONS in DATABASES."
OTHER = "Correct DATABASES in the settings."

POSTGRESQL = (
    # The words are those of libpq (fe-connect.c, fe-secure-openssl.c), of the server
    # (auth.c, postinit.c) and of PgBouncer (client.c, janitor.c).
    (
        r"authentication failed|no password supplied|empty password|password is required",
        CREDENTIALS,
    ),
    (
        r"no such user|role \".*\" does not exist|role \".*\" is not permitted to log in",
        CREDENTIALS,
    ),
    (r"database \".*\" does not exist|no such database", DATABASE),
    (
        r"does not support SSL|SSL required|SSL connection is required|certificate|sslmode",
        ENCRYPTION,
    ),
    (r"channel binding|no encryption|does not support GSS|gssencmode|TLS required", ENCRYPTION),
    (
        r"pg_hba\.conf|permission denied for database|not currently accepting connections",
        ACCESS,
    ),
    (r"unsupported startup parameter|unrecognized configuration parameter", OPTIONS),
    (
        r"invalid (?:connection|integer|value|port|dsn|URI)|missing \"=\"|bouncer config",
        OPTIONS,
    ),
    (r"authentication method|invalid value for parameter", OPTIONS),
)
MYSQL = {
    # https://mariadb.com/docs/server/reference/error-codes
    1044: ACCESS,
    1045: CREDENTIALS,
    1049: DATABASE,
    1130: ACCESS,
    1251: CREDENTIALS,
    1275: CREDENTIALS,
    1524: CREDENTIALS,
    1698: CREDENTIALS,
    1820: CREDENTIALS,
    1862: CREDENTIALS,
    2026: ENCRYPTION,
    2049: CREDENTIALS,
    2054: CREDENTIALS,
    2058: CREDENTIALS,
    2059: CREDENTIALS,
    2061: CREDENTIALS,
    3118: ACCESS,
    3159: ENCRYPTION,
    4151: ACCESS,
}
"""The numbers of errors that waiting does not change."""
PASSING_IN_SQLITE = ("locked", "busy")
OTHERS = r"ORA-01017|ORA-12505|ORA-12154|ORA-28000|[Ll]ogin failed|DPY-4000"
"""Texts of other drivers; of Oracle's and of Microsoft's."""
BEFORE_THE_REASON = re.compile(
    r".*\b(?:FATAL|ERROR|PANIC|failed|could not connect to server):\s+(?=\S)"
)
NUMBER_OF_SYSTEM = re.compile(r"\((?:\[Errno (-?\d+)\] )?([^()]+)\)\s*$")


def trouble(error: BaseException, vendor: str) -> Trouble:
    """Judge an error that was raised on connecting; a vendor is what Django calls it.

    An unknown one of a class that is for troubles of connections may pass.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    may_pass = bool(kinds & {"OperationalError", "InterfaceError", "OSError", "PoolTimeout"})
    text = without_credentials(str(error)).strip()
    if vendor == "mysql":
        return _of_mysql(error, text, may_pass=may_pass)
    if vendor == "sqlite":
        may_pass = may_pass and any(word in text for word in PASSING_IN_SQLITE)
        return Trouble(_line(text), "" if may_pass else _advice_of_sqlite(text))
    if vendor == "postgresql":
        return _of_postgresql(text, may_pass=may_pass)
    if re.search(OTHERS, text):
        return Trouble(_line(text), CREDENTIALS)
    return Trouble(_reason(text), "" if may_pass else OTHER)


def _of_postgresql(text: str, *, may_pass: bool) -> Trouble:
    # A name may have several addresses, with a line for each.
    for pattern, advice in POSTGRESQL:
        for line in text.splitlines():
            if re.search(pattern, line):
                return Trouble(_reason(line), advice)
    return Trouble(_reason(text), "" if may_pass else OTHER)


def _of_mysql(error: BaseException, text: str, *, may_pass: bool) -> Trouble:
    number = error.args[0] if error.args else None
    if not isinstance(number, int) or len(error.args) < 2:
        return Trouble(_line(text), "" if may_pass else OTHER)
    text = without_credentials(str(error.args[1]))
    advice = MYSQL.get(number, "" if may_pass else OTHER)
    found = NUMBER_OF_SYSTEM.search(text)
    if found and number in (2002, 2003, 2005):
        rest = found[2]
        text = os.strerror(int(rest)) if rest.isdecimal() and len(rest) < 4 else rest
    return Trouble(_line(text), advice)


def _advice_of_sqlite(text: str) -> str:
    if "unable to open" in text:
        return "Create its folder in the app, or correct NAME in DATABASES."
    return "Correct NAME in DATABASES: the file has to be a database of SQLite."


def _reason(text: str) -> str:
    """Return what happened, without what was tried: `connection refused`."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return _line(BEFORE_THE_REASON.sub("", first, count=1))


def _line(text: str) -> str:
    first = next((line.strip() for line in text.splitlines() if line.strip()), "unknown error")
    if first[1:2].islower():
        first = first[0].lower() + first[1:]
    return shown(first[:300]).rstrip(".")
