"""Loads fixtures once, into tables that the release step has created itself."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Sequence

from django.apps import apps
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations import operations
from django.db.models.signals import pre_save

from slipway_release import databases, marks, migrations
from slipway_release.log import ReleaseFailed, say, shown

NEW_TABLE = "fixtures"
"""The kind of mark of a new table, for which fixtures are still to be loaded."""


class _TableExisted(Exception):
    """A fixture has an object of a table that the release step has not created."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


def before(names: Sequence[str], aliases: Iterable[str]) -> None:
    """Mark the tables that the migrations will create, before they do.

    So a run after one that was killed knows them, too.
    """
    for alias in aliases if names else ():
        connection = connections[alias]
        plan = migrations.pending(alias)
        new = [model for model in created_models(plan) if model in _models()]
        tables = {_models()[model] for model in new} - _tables(connection)
        for table in sorted(tables):
            marks.put(connection, NEW_TABLE, table)


def load(names: Sequence[str], aliases: Sequence[str]) -> int:
    """Load the fixtures into these databases, and return how many; raise ReleaseFailed.

    What was marked is forgotten in the same transaction, so nothing is loaded twice.
    """
    outcomes: dict[str, bool] = {}
    is_any_new = False
    for alias in aliases:
        new = marks.found(connections[alias], NEW_TABLE)
        if new:
            is_any_new = True
            outcomes.update(_load_into(alias, names, new))
    if names and not is_any_new:
        say("Fixtures: not loaded, because no table is new")
    elif aliases != databases.aliases():
        pass  # The other fixtures may have objects of the other databases.
    elif empty := [name for name in names if name not in outcomes]:
        say(f"Fixtures without any object: {', '.join(map(shown, empty))}")
    return sum(outcomes.values())


def _load_into(alias: str, names: Sequence[str], new: set[str]) -> dict[str, bool]:
    """Return whether each fixture with objects of this database was loaded."""
    outcomes = {}
    with transaction.atomic(using=alias):
        for name in names:
            is_loaded = _load(name, alias, new)
            if is_loaded is not None:
                outcomes[name] = is_loaded
        for table in sorted(new):
            marks.remove(connections[alias], NEW_TABLE, table)
    return outcomes


def created_models(plan: Iterable[Any]) -> list[tuple[str, str]]:
    """Return the models whose tables these migrations create: the app, the lower-case name.

    A table that a migration renames is not new, unless one of these migrations creates it.
    """
    created: dict[tuple[str, str], None] = {}
    for app, operation in _of_the_database(plan):
        if isinstance(operation, operations.CreateModel):
            created[app, operation.name.lower()] = None
        elif isinstance(operation, operations.DeleteModel):
            created.pop((app, operation.name.lower()), None)
        elif isinstance(operation, operations.RenameModel):
            old, new = operation.old_name.lower(), operation.new_name.lower()
            if (app, old) in created:
                del created[app, old]
                created[app, new] = None
    return [*created]


def _of_the_database(plan: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the operations that change tables, each with the label of its app."""
    for migration in plan:
        for operation in migration.operations:
            for part in getattr(operation, "database_operations", [operation]):
                yield migration.app_label, part


def _models() -> dict[tuple[str, str], str]:
    """Return the table of each model of the app."""
    return {
        (model._meta.app_label, model._meta.model_name): model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
    }


def _tables(connection: Any) -> set[str]:
    with connection.cursor() as cursor:
        return {*connection.introspection.table_names(cursor)}


def _load(name: str, alias: str, new: set[str]) -> bool | None:
    """Load a fixture, unless one of its objects is of a table that existed before.

    None if it has no objects of this database.
    """
    count = 0

    def check(sender: Any, *, raw: bool, **_: Any) -> None:
        nonlocal count
        if not raw:
            return  # The app itself saves something as well.
        table = sender._meta.db_table
        if table not in new:
            raise _TableExisted(table)
        count += 1

    pre_save.connect(check, weak=False)
    try:
        with transaction.atomic(using=alias):
            call_command("loaddata", name, database=alias, verbosity=0)
    except _TableExisted as found:
        say(f"Fixture {shown(name)}: not loaded, because {found.table} is not new")
        return False
    except Exception as error:  # whatever the app's models and signals raise
        # PostgreSQL appends the values of a row in further lines.
        words = migrations.shown_lines(str(error).split("\nDETAIL:")[0])
        raise ReleaseFailed(
            f"The fixture {shown(name)} could not be loaded. Django reports: {words}\n"
            "Correct it, or the setting initial_fixtures, and deploy again: the release step "
            "loads it then."
        ) from None
    finally:
        pre_save.disconnect(check)
    if not count:
        return None
    objects = "1 object" if count == 1 else f"{count} objects"
    say(f"Fixture {shown(name)}: {objects} loaded")
    return True
