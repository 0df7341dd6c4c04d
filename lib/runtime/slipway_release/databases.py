"""Waits until the databases respond."""

from __future__ import annotations

import importlib.util
import os
import time
from typing import Any, Iterator
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from slipway_release import bound_passwords
from slipway_release.connection_errors import CREDENTIALS, Trouble, trouble
from slipway_release.log import ReleaseFailed, say, shown

SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LONGEST_ATTEMPT = 10
"""Seconds for a server that does not respond at all."""
QUESTIONS = {
    "postgresql": "SELECT 1",
    "mysql": "SELECT 1",
    "sqlite": "PRAGMA schema_version",
}
DEFAULT_PORTS = {"postgresql": "5432", "mysql": "3306"}


def aliases() -> list[str]:
    """List the databases of DATABASES that have an engine, in order."""
    # Django itself adds a default database without one.
    without = ("", "django.db.backends.dummy")
    return [
        name
        for name in connections
        if connections.databases[name].get("ENGINE", "") not in without
    ]


def is_in_instance(alias: str) -> bool:
    """Return whether a database is in this instance, and each instance has its own.

    A file on a volume that instances share has a lock, so that it does not matter there.
    """
    return bool(connections[alias].vendor == "sqlite")


def file_of(alias: str) -> str | None:
    """Return the file of a database of SQLite; None if it is in memory, or on a server.

    https://www.sqlite.org/uri.html
    """
    if not is_in_instance(alias):
        return None
    return database_file(str(connections[alias].settings_dict["NAME"]))


def database_file(name: str) -> str | None:
    """Return the file that a name of SQLite means; None if that is in memory."""
    if not name.startswith("file:"):
        return None if name in ("", ":memory:") else name
    parts = urlsplit(name)
    path = unquote(parts.path)
    return None if path in ("", ":memory:") or "mode=memory" in parts.query else path


def wait(seconds: float) -> None:
    """Wait until every database responds; raise ReleaseFailed if one does not."""
    deadline = time.monotonic() + seconds
    for alias in aliases():
        load_driver(alias)
        _wait_for(alias, seconds, deadline)


def load_driver(alias: str) -> None:
    """Load the backend of a database; raise ReleaseFailed if that is impossible."""
    try:
        connections[alias]
    except ImproperlyConfigured as error:
        if "Error loading" in str(error):
            raise ReleaseFailed(without_driver(error)) from error
        raise ReleaseFailed(
            f"Django cannot use the database {shown(alias)}: {first_line(error)}\n"
            "Correct DATABASES in the settings."
        ) from error


def without_driver(error: Exception) -> str:
    """Say that a package is not installed that Django needs for a database."""
    if "MySQLdb" in str(error):
        has_other = importlib.util.find_spec("pymysql") is not None
        advice = (
            "PyMySQL is installed: write this at the top of the settings:\n"
            "    import pymysql; pymysql.install_as_MySQLdb()"
            if has_other
            else "Add `mysqlclient` to the requirements of the app."
        )
    elif "psycopg" in str(error):
        advice = "Add `psycopg[binary]` to the requirements of the app."
    else:
        advice = "Add the driver of the database to the requirements of the app."
    return f"Django cannot use a database of the settings: {first_line(error)}\n{advice}"


def first_line(error: Exception) -> str:
    return shown(str(error).strip().splitlines()[0])


def _wait_for(alias: str, seconds: float, deadline: float) -> None:
    started = time.monotonic()
    reasons: list[str] = []
    for pause in pauses():
        found = attempt(alias, deadline - time.monotonic())
        if found is None:
            break
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise ReleaseFailed(
                f"The {described(alias)} did not respond within {seconds:g} s: {found.reason}\n"
                "Check that it runs, and HOST and PORT in DATABASES, which often come from a "
                "variable such as DATABASE_URL. If it needs longer to start, set "
                "SLIPWAY_DATABASE_WAIT to more seconds."
            )
        if found.reason not in reasons:
            say(f"Waiting for the {described(alias)}: {found.reason}")
            reasons.append(found.reason)
        time.sleep(min(pause, remaining))
    if reasons:
        say(f"The {described(alias)} responded after {time.monotonic() - started:.1f} s")


def pauses(longest: float = LONGEST_PAUSE) -> Iterator[float]:
    """Yield the seconds between attempts, without an end."""
    pause = SHORTEST_PAUSE
    while True:
        yield min(pause, longest)
        pause *= 2


def attempt(alias: str, remaining: float) -> Trouble | None:
    """Connect to a database once; raise ReleaseFailed if waiting does not help."""
    connection = separate_connection(alias, remaining)
    try:
        connection.ensure_connection()
        if connection.vendor in QUESTIONS:
            # PgBouncer accepts connections before it has one to the server, and SQLite opens
            # any file.
            with connection.cursor() as cursor:
                cursor.execute(QUESTIONS[connection.vendor])
    except Exception as error:  # of any driver; `passing` raises what is not worth a wait
        return passing(alias, error)
    finally:
        close(connection)
    return None


def passing(alias: str, error: Exception) -> Trouble:
    """Return the trouble if it may pass; otherwise raise ReleaseFailed."""
    connection = connections[alias]
    found = trouble(error, connection.vendor)
    reason = without_password(found.reason, connection)
    if not found.advice:
        return Trouble(reason, "")
    advice = found.advice
    if advice == CREDENTIALS:
        password = str(connection.settings_dict["PASSWORD"] or "")
        advice = bound_passwords.advice(password, os.environ) or advice
    lines = [f"The {described(alias)} cannot be used: {reason}", advice]
    if connection.vendor == "sqlite":
        folder = os.path.dirname(os.path.abspath(str(connection.settings_dict["NAME"])))
        if not os.path.isdir(folder):
            lines.insert(1, f"The folder {shown(folder)} does not exist.")
        elif not os.access(folder, os.W_OK | os.X_OK):
            lines.insert(1, f"The folder {shown(folder)} is not writable.")
    raise ReleaseFailed("\n".join(lines)) from error


def separate_connection(alias: str, seconds: float = LONGEST_ATTEMPT) -> Any:
    """Copy the connection of a database, not yet connected, for the caller alone.

    An attempt to connect is bounded, and a connection that waits is kept alive, if the settings
    do not say otherwise. `seconds` is how long the attempt may take, about.
    """
    connection = connections[alias].copy()
    options = connection.settings_dict["OPTIONS"]
    # A pool would hide the reason of a failure, and may have only one connection.
    options.pop("pool", None)
    if connection.vendor in DEFAULT_PORTS:
        # Two seconds are the least that libpq accepts.
        options.setdefault("connect_timeout", max(2, min(LONGEST_ATTEMPT, round(seconds))))
    if connection.vendor == "postgresql":
        options.setdefault("keepalives_idle", 60)
    return connection


def close(connection: Any) -> None:
    """Close a connection that may be broken."""
    try:
        connection.close()
    except Exception:  # whatever the driver raises; the server has closed it then
        connection.connection = None


def described(alias: str) -> str:
    """Name a database and where it is: `database default at db.example.com:5432`."""
    connection = connections[alias]
    given = connection.settings_dict
    port = str(given["PORT"] or DEFAULT_PORTS.get(connection.vendor, ""))
    host = str(given["HOST"])
    if connection.vendor == "sqlite":
        place = f" at {given['NAME']}"
    elif given["OPTIONS"].get("service"):
        place = f" of the service {given['OPTIONS']['service']}"
    elif host.startswith("/"):
        place = f" at {host}"
    elif host:
        place = f" at {host}:{port}" if port else f" at {host}"
    elif connection.vendor in DEFAULT_PORTS:
        place = " at a local socket (HOST is empty)"
    else:
        place = ""
    return f"database {shown(alias)}{shown(place)}"


def without_password(text: str, connection: Any) -> str:
    """Mask the password of a database, if it is not a word that stands for something else."""
    given = connection.settings_dict
    password = str(given["PASSWORD"] or "")
    if len(password) < 4 or password in (given["USER"], given["NAME"], given["HOST"]):
        return text
    return text.replace(password, "****")
