"""Notes about unfinished work, for the release step that runs after one that was killed.

They are rows of django_migrations, so the database needs no other table. Django ignores rows of
apps that it does not know; no app can have this label, because it is not an identifier.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.recorder import MigrationRecorder

from slipway_release.log import ReleaseFailed, shown, without_credentials

APP = "slipway-release"
LONGEST_NAME = 255
"""The size of the column."""


def put(connection: Any, kind: str, subject: str) -> None:
    """Note something; a note that exists already stays as it is."""
    if subject in found(connection, kind):
        return
    ensure_table(connection)
    MigrationRecorder(connection).record_applied(APP, _name(kind, subject))


def remove(connection: Any, kind: str, subject: str) -> None:
    MigrationRecorder(connection).record_unapplied(APP, _name(kind, subject))


def found(connection: Any, kind: str) -> set[str]:
    """Return what is noted in this database."""
    rows = MigrationRecorder(connection).applied_migrations()
    start = f"{kind} "
    return {name[len(start) :] for app, name in rows if app == APP and name.startswith(start)}


def ensure_table(connection: Any) -> None:
    """Create the table django_migrations; raise ReleaseFailed if that is not allowed."""
    try:
        MigrationRecorder(connection).ensure_schema()
    except MigrationSchemaMissing as error:
        words = shown(without_credentials(str(error)).splitlines()[0])
        raise ReleaseFailed(
            f"The account of the database {connection.alias} may not create tables. Django "
            f"reports: {words}\n"
            "Let the account create tables; in PostgreSQL, as the owner of the database:\n"
            f"    GRANT CREATE ON SCHEMA public TO {shown(connection.settings_dict['USER'])};"
        ) from None


def _name(kind: str, subject: str) -> str:
    return f"{kind} {subject}"[:LONGEST_NAME]
