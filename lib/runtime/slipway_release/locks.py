"""The lock that lets one release step work, of many that start at once.

Each database has its own lock, because two apps may share one of several databases:

- PostgreSQL: an advisory lock of a transaction, in a connection of its own. PgBouncer in
  transaction mode keeps that connection for as long as the transaction is open.
- MySQL and MariaDB: GET_LOCK in a connection of its own.
- SQLite: flock on a file next to the database.

A lock ends with the process that holds it. A process that waits asks again and again: a
statement that waits in PostgreSQL has a snapshot, which stops CREATE INDEX CONCURRENTLY.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from contextlib import contextmanager
from math import inf
from typing import Any, Iterator, Sequence

from django.db import connections
from django.db.utils import Error

from slipway_release import databases
from slipway_release.connection_errors import trouble
from slipway_release.log import ReleaseFailed, say, shown

KEY = 5_720_283_107_455_811_186
"""Of the advisory lock; a number that nobody else is likely to use."""
LONGEST_PAUSE = 1.0
SECONDS_BETWEEN_LINES = 30
LONGEST_OUTAGE = 60
"""Seconds that a database may be unreachable while the release step waits for the lock."""
MOST_REFUSALS = 3
STATEMENT_MODE = "transaction blocks not allowed in statement pooling mode"


class Lock:
    """The locks of databases, which this process holds."""

    def __init__(self) -> None:
        self.is_exclusive = True
        """Whether every one of the databases has a lock."""
        self.taken: list[_DatabaseLock] = []

    def check(self) -> None:
        """Raise ReleaseFailed if the lock is lost."""
        for one in self.taken:
            try:
                is_held = one.is_held()
                reason = "the database has given it away"
            except Error as error:
                is_held = False
                reason = trouble(error, connections[one.alias].vendor).reason
            if not is_held:
                raise ReleaseFailed(
                    f"The lock in the database {shown(one.alias)} is lost: {reason}\n"
                    "Another release step may work now, so this one stops before the next "
                    "migration. Run it again: it continues where this one stopped."
                )


@contextmanager
def locked(aliases: Sequence[str]) -> Iterator[Lock]:
    """Hold the lock of each of these databases; wait while another release step holds one.

    Databases are locked in the order of their names, and only once each.
    """
    lock = Lock()
    identities: set[tuple[str, ...]] = set()
    try:
        for alias in sorted(aliases):
            kind = KINDS.get(connections[alias].vendor)
            if kind is None:
                lock.is_exclusive = False
                say(
                    f"The database {shown(alias)} has no lock that the release step can use "
                    f"({shown(connections[alias].display_name)}): only one may run at a time."
                )
                continue
            one = kind(alias)
            lock.taken.append(one)
            if not _acquire(one, identities):
                lock.taken.remove(one)
                one.release()
            lock.is_exclusive = lock.is_exclusive and one.is_exclusive
            identities.add(one.identity)
        if lock.taken:
            say(
                f"Checking the migrations of the {_named([one.alias for one in lock.taken])} "
                "(other release steps wait until this one ends)"
            )
        yield lock
    finally:
        for one in reversed(lock.taken):
            one.release()


def _named(aliases: Sequence[str]) -> str:
    noun = "database" if len(aliases) == 1 else "databases"
    return f"{noun} {', '.join(map(shown, aliases))}"


def _acquire(one: _DatabaseLock, identities: set[tuple[str, ...]]) -> bool:
    """Wait for the lock of a database; return False if this process has it by another name."""
    reached = time.monotonic()
    said = -inf
    for pause in databases.pauses(LONGEST_PAUSE):
        now = time.monotonic()
        try:
            is_held = one.acquire()
            reached = now
        except Error as error:
            is_held = False
            found = databases.passing(one.alias, error)
            if now - reached > LONGEST_OUTAGE:
                raise ReleaseFailed(
                    f"The {databases.described(one.alias)} does not respond any more: "
                    f"{found.reason}"
                ) from error
        if is_held or one.identity in identities:
            return is_held
        # A waiting process leaves its connection to the one that works.
        one.release()
        if reached == now and now - said >= SECONDS_BETWEEN_LINES:
            say(f"Waiting: another release step is working on the {_named([one.alias])}")
            said = now
        time.sleep(pause)
    raise AssertionError  # The pauses have no end.


class _DatabaseLock:
    """The lock of one database."""

    is_exclusive = True
    identity: tuple[str, ...] = ()
    """The database, by whatever name and address; known after acquire()."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def acquire(self) -> bool:
        """Take the lock if it is free."""
        raise NotImplementedError

    def is_held(self) -> bool:
        raise NotImplementedError

    def release(self) -> None:
        """Give the lock back, and close what it needs; also if it was not acquired."""
        raise NotImplementedError


class _ConnectionLock(_DatabaseLock):
    """A lock that ends with the connection that holds it."""

    connection: Any = None

    def connect(self) -> Any:
        self.connection = databases.separate_connection(self.alias)
        self.connection.ensure_connection()
        return self.connection

    def release(self) -> None:
        if self.connection is not None:
            databases.close(self.connection)
        self.connection = None


class _PostgreSQLLock(_ConnectionLock):
    refusals = 0

    def acquire(self) -> bool:
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            connection.set_autocommit(False)
            self.begin(cursor)
            # The second is new in PostgreSQL 17.
            cursor.execute(
                "SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN "
                "('idle_in_transaction_session_timeout', 'transaction_timeout')"
            )
            cursor.execute("SELECT current_database(), pg_postmaster_start_time()")
            self.identity = ("postgresql", *map(str, cursor.fetchone()))
            cursor.execute(f"SELECT pg_try_advisory_xact_lock({KEY})")
            [is_held] = cursor.fetchone()
        return bool(is_held)

    def begin(self, cursor: Any) -> None:
        """Begin a transaction; raise ReleaseFailed if PgBouncer allows none.

        It refuses them in statement mode, and ends the connection. psycopg2 does not tell why.
        """
        try:
            # With other isolation levels, the transaction keeps the snapshot of its first
            # statement: https://www.postgresql.org/docs/current/transaction-iso.html
            cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        except Error as error:
            self.refusals += 1
            if STATEMENT_MODE in str(error) or self.refusals == MOST_REFUSALS:
                raise ReleaseFailed(
                    f"The {databases.described(self.alias)} ends the connection when a "
                    "transaction begins, as PgBouncer does in statement mode. So the release "
                    "step can neither take its lock nor migrate.\n"
                    "Use PgBouncer's transaction mode, or the address of the database itself."
                ) from error
            raise
        self.refusals = 0

    def is_held(self) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # The lock ends only with the transaction.
        return True


class _MySQLLock(_ConnectionLock):
    name = ""

    def acquire(self) -> bool:
        connection = self.connect()
        with connection.cursor() as cursor:
            # The most that is allowed: a connection that is idle for longer is closed.
            cursor.execute("SET SESSION wait_timeout = 31536000")
            # In a Galera cluster, GET_LOCK holds only in the server that was asked.
            cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
            self.is_exclusive = (cursor.fetchone() or ("", "OFF"))[1] != "ON"
            cursor.execute("SELECT @@hostname, @@port, DATABASE()")
            self.identity = ("mysql", *map(str, cursor.fetchone()))
            self.name = lock_name(self.identity[-1])
            cursor.execute("SELECT GET_LOCK(%s, 0)", [self.name])
            [is_held] = cursor.fetchone()
        return bool(is_held)

    def is_held(self) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", [self.name])
            [is_held] = cursor.fetchone()
        return bool(is_held)


def lock_name(database: str) -> str:
    """Name the lock of a database, because a server has one set of names for all of them.

    https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html: at most 64 characters.
    """
    name = f"slipway-release {database}"
    if len(name) <= 64:
        return name
    return f"slipway-release {hashlib.sha256(database.encode()).hexdigest()[:40]}"


class _SQLiteLock(_DatabaseLock):
    """A lock on a file, which exists while a process holds the lock.

    Not on the database itself: SQLite's own locks are of the same kind in network file systems.
    """

    descriptor: int | None = None

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        database = databases.file_of(alias)
        self.path = "" if database is None else f"{os.path.realpath(database)}.release-lock"
        self.is_taken = False
        # A database in memory is the process's own.
        self.identity = ("sqlite", self.path) if self.path else ("sqlite", alias)

    def acquire(self) -> bool:
        if not self.path:
            return True
        try:
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            # SQLite cannot write there either, as a rule. A database that is only read is fine.
            say(
                f"There is no lock next to the {databases.described(self.alias)}, because its "
                f"folder is not writable: {error.strerror}"
            )
            self.path = ""
            self.is_exclusive = False
            return True
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # The process that held the lock may have deleted the file in the meantime.
        self.is_taken = self.is_held()
        return self.is_taken

    def is_held(self) -> bool:
        if self.descriptor is None:
            return not self.path
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self.descriptor))

    def release(self) -> None:
        if self.descriptor is None:
            return
        if self.is_taken and self.is_held():
            os.unlink(self.path)
        os.close(self.descriptor)
        self.descriptor = None
        self.is_taken = False


KINDS: dict[str, type[_DatabaseLock]] = {
    "postgresql": _PostgreSQLLock,
    "mysql": _MySQLLock,
    "sqlite": _SQLiteLock,
}
