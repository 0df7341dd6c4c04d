"""Tables that were created without migrations, as by `syncdb` of Django before 1.7.

The first migration of their app would fail, because it creates them again. This only says what
to do: `--fake-initial` records a migration whose tables exist, whatever columns they have.

https://docs.djangoproject.com/en/stable/topics/migrations/#initial-migrations
"""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from django.db import router
from django.db.migrations import operations

from slipway_release.log import ReleaseFailed, shown

SOUTH = "south_migrationhistory"
SHOWN_DIFFERENCES = 20
MAY_REMOVE_TABLES = (
    operations.AlterModelTable,
    operations.DeleteModel,
    operations.RenameModel,
    operations.RunPython,
    operations.RunSQL,
    operations.SeparateDatabaseAndState,
)


def refuse(connection: Any, loader: Any, plan: Sequence[Any], manage: str, own: Any) -> None:
    """Raise ReleaseFailed if a first migration would create tables that exist.

    `own` are the labels of the apps whose migrations are the user's.
    """
    tables = _tables(connection)
    firsts = _first_migrations(loader, plan)
    creating = {
        app: migrations
        for app, migrations in firsts.items()
        if any(_creates(it, tables, connection) for it in migrations)
    }
    if not any(_is_certain(loader, found[0]) for found in creating.values()):
        return
    differing = {
        f"{app}.{found[-1].name}": sorted(_differences(connection, loader, found[-1], tables))
        for app, found in creating.items()
    }
    raise ReleaseFailed(
        "\n".join(
            [
                *_findings(connection.alias, sorted(creating), has_south=SOUTH in tables),
                *_steps(connection.alias, differing, manage, own),
            ]
        )
    )


def _tables(connection: Any) -> dict[str, str]:
    """Return the names of the tables, by their names as they are compared."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        if connection.vendor == "postgresql":
            # Django lists all schemas of the search path, but creates tables in the first.
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            )
            in_schema = {row[0] for row in cursor.fetchall()}
            names = [name for name in names if name in in_schema]
    return {_compared(connection, name): name for name in names}


def _compared(connection: Any, name: str) -> str:
    return name.casefold() if connection.features.ignores_table_name_case else name


def _first_migrations(loader: Any, plan: Sequence[Any]) -> dict[str, list[Any]]:
    """Return what is planned of apps without a recorded migration, and is their beginning."""
    recorded = {app for app, _ in loader.applied_migrations}
    found: dict[str, list[Any]] = {}
    for migration in plan:
        label = migration.app_label
        is_first = migration.initial
        if is_first is None:
            is_first = all(app != label for app, _ in migration.dependencies)
        if is_first and label not in recorded:
            found.setdefault(label, []).append(migration)
    return found


def _creates(migration: Any, tables: dict[str, str], connection: Any) -> bool:
    """Return whether a migration creates a model whose table exists."""
    for it in migration.operations:
        if isinstance(it, MAY_REMOVE_TABLES):
            return False
        if not isinstance(it, operations.CreateModel):
            continue
        is_here = not it.options.get("proxy") and it.options.get("managed", True)
        default = f"{migration.app_label}_{it.name.lower()}"
        table = _compared(connection, it.options.get("db_table") or default)
        if is_here and table in tables and _migrates(connection, migration, it.name):
            return True
    return False


def _migrates(connection: Any, migration: Any, model: str) -> bool:
    return bool(
        router.allow_migrate(connection.alias, migration.app_label, model_name=model.lower())
    )


def _is_certain(loader: Any, migration: Any) -> bool:
    """Return whether nothing that runs before this migration may remove its tables."""
    before = loader.graph.forwards_plan((migration.app_label, migration.name))[:-1]
    return not any(
        isinstance(it, MAY_REMOVE_TABLES)
        for key in before
        if key not in loader.applied_migrations
        and not loader.graph.nodes[key].__module__.startswith("django.contrib.")
        for it in loader.graph.nodes[key].operations
    )


def _differences(
    connection: Any, loader: Any, migration: Any, tables: dict[str, str]
) -> Iterator[str]:
    """Say where the tables are not as they would be after the migration.

    Kinds of columns are not compared: later versions of Django name some differently.
    """
    label = migration.app_label
    state = loader.project_state((label, migration.name), at_end=True)
    for model in state.apps.get_app_config(label).get_models(include_auto_created=True):
        options = model._meta
        is_here = options.managed and not options.proxy
        if not is_here or not _migrates(connection, migration, options.model_name):
            continue
        table = tables.get(_compared(connection, options.db_table))
        if table is None:
            yield f"{options.db_table}: there is no such table"
            continue
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, table)
        found = {it.name.casefold(): it for it in columns}
        expected = [field.column for field in options.local_concrete_fields]
        for name in expected:
            if name.casefold() not in found:
                yield f"{table}.{name}: there is no such column"
        for name in found.keys() - {name.casefold() for name in expected}:
            column = found[name]
            if not column.null_ok and column.default is None:
                yield f"{table}.{column.name}: requires a value, but is not in the model"


def _findings(alias: str, apps: Sequence[str], *, has_south: bool) -> Iterator[str]:
    listed = ", ".join(map(shown, apps))
    yield (
        f"The database {shown(alias)} has tables of these apps, but no record of their "
        f"migrations: {listed}"
    )
    yield (
        "They were created without migrations, as by `syncdb` of Django before 1.7. Nothing "
        "was changed in this database."
    )
    if has_south:
        yield f"The table {SOUTH} is of South; Django does not read it."


def _steps(alias: str, differing: dict[str, list[str]], manage: str, own: Any) -> Iterator[str]:
    """Say what to do, step by step; first comes what does not fit the tables."""
    database = "" if alias == "default" else f" --database={alias}"
    number = 1
    for name, differences in sorted(differing.items()):
        if not differences:
            continue
        yield f"{number}. Make {shown(name)} fit the tables, which differ:"
        yield from (f"    {shown(it)}" for it in differences[:SHOWN_DIFFERENCES])
        if len(differences) > SHOWN_DIFFERENCES:
            yield f"    and {len(differences) - SHOWN_DIFFERENCES} more"
        yield from _mended(name, manage, own)
        number += 1
    yield f"{number}. Make a backup of the database."
    yield (
        f"{number + 1}. Run this once, with the code of this release. It records the first "
        "migrations as applied, because their tables exist, and applies the others:"
    )
    yield f"    python {manage} migrate --fake-initial{database}"
    yield f"{number + 2}. Deploy again: the release step continues."
    yield (
        "If a release that fails is not deployed, commands run in the one before it. Then set "
        "SLIPWAY_MIGRATE=off, deploy, run the command, unset SLIPWAY_MIGRATE, and deploy again."
    )


def _mended(name: str, manage: str, own: Any) -> Iterator[str]:
    app, _, migration = name.partition(".")
    if app not in own:
        yield (
            "   It belongs to a package: see how its documentation upgrades such tables, or "
            "change them by hand."
        )
        return
    make = f"python {manage} makemigrations {app}"
    yield (
        f"   Delete {migration}.py, remove from the models what is missing, add what is "
        f"required, and run `{make}`. Then restore the models, and run it again: the changes "
        "become a second migration. Commit both."
    )
