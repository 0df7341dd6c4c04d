"""Migrates the databases, with the `migrate` command of the app's Django."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Any, Iterable, Sequence

from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError
from django.db import connections, router
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.exceptions import InconsistentMigrationHistory, NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.utils import Error
from django.utils import translation

from slipway_release import databases, marks, tracebacks, unrecorded
from slipway_release.locks import Lock
from slipway_release.log import ReleaseFailed, say, shown, without_credentials

INTERRUPTED = "migration"
"""The kind of mark of a migration that has begun."""
READ_ONLY = "it is read-only"
SHOWN_OPERATIONS = 3
READING = ("SELECT", "SHOW", "SET", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "EXPLAIN")
"""The first words of statements that change nothing in a database."""


def left_alone(alias: str) -> str:
    """Say why this database is not migrated; empty if it is."""
    connection = connections[alias]
    if settings.DATABASE_ROUTERS and not _has_models(connection):
        return "DATABASE_ROUTERS let no model migrate to it"
    if _is_read_only(connection):
        return READ_ONLY
    if alias != "default" and not settings.DATABASE_ROUTERS and not _was_migrated(connection):
        return (
            "DATABASE_ROUTERS is not set, so nothing says which tables belong in it; "
            f"to migrate it, run once: python {manage()} migrate --database={alias}"
        )
    return ""


def pending(alias: str) -> list[Any]:
    """List the migrations that a database needs, in order; none if it is left alone."""
    if left_alone(alias):
        return []
    return _plan(_executor(alias))


def is_everything_applied(aliases: Iterable[str]) -> bool:
    """Return whether this release has no migration left to apply to these databases."""
    return not any(pending(alias) for alias in aliases)


def migrate(alias: str, lock: Lock) -> int:
    """Apply what a database needs, and return the number of migrations.

    Raises ReleaseFailed.
    """
    connection = connections[alias]
    reason = left_alone(alias)
    if reason:
        if alias == "default" and reason == READ_ONLY and _plan(_executor(alias)):
            raise ReleaseFailed(f"The database default needs migrations, but {reason}.")
        say(f"Database {alias}: not migrated, because {reason}")
        return 0
    executor = _executor(alias)
    _stop_after_interruption(connection, executor.loader)
    plan = _plan(executor)
    newer = _of_a_newer_release(connection, executor.loader)
    if newer:
        say(f"Database {alias}: a newer release applied {_listed(newer)}")
    if newer and not plan and not _is_replaced():
        say(f"Database {alias}: nothing to apply")
        return 0
    if not _is_replaced():
        own = {config.label for config in apps.get_app_configs() if _is_own(config)}
        unrecorded.refuse(connection, executor.loader, plan, manage(), own)
    _announce(alias, plan)
    if plan:
        marks.ensure_table(connection)
    return _run(connection, lock)


def forget_interrupted(aliases: Iterable[str]) -> None:
    """Forget that migrations were interrupted, so that the next run applies them again."""
    for alias in aliases:
        for name in marks.found(connections[alias], INTERRUPTED):
            say(f"Database {alias}: {name} is applied again, from its beginning")
            marks.remove(connections[alias], INTERRUPTED, name)


def report_changed_models() -> None:
    """Say which of the app's models are not as the migrations make them.

    Those of installed packages are not the user's to mend. This compares as Django's command
    `makemigrations --check` does, which writes files in versions before 4.2.
    """
    loader = MigrationLoader(None, ignore_no_migrations=True)
    try:
        changes = _changes(loader)
    except Exception as error:  # of the app's own fields, which may compare as they like
        words = f"{type(error).__name__}: {shown_lines(str(error))}"
        say(f"Notice: Django could not compare the models with the migrations: {words}")
        return
    own = [config for config in apps.get_app_configs() if _is_own(config)]
    for label in sorted(config.label for config in own if config.label in changes):
        operations = [it for migration in changes[label] for it in migration.operations]
        say(
            f"Notice: models of {label} have changes without a migration "
            f"({_described(operations)}). "
            f"Run this, and commit what it writes: python {manage()} makemigrations {label}"
        )
    for config in own:
        is_off = settings.MIGRATION_MODULES.get(config.label, "") is None
        if config.label in loader.unmigrated_apps and _managed(config) and not is_off:
            say(
                f"Notice: {config.label} has models but no migrations, so nothing creates its "
                "tables. Run this, and commit what it writes: "
                f"python {manage()} makemigrations {config.label}"
            )


def _changes(loader: Any) -> Any:
    """Return the migrations that are missing, by the labels of their apps."""
    autodetector = getattr(_command_class(), "autodetector", MigrationAutodetector)
    # Without a language, as in the command: texts of models would differ by their translation.
    with translation.override(None):
        found = autodetector(loader.project_state(), ProjectState.from_apps(apps))
        return found.changes(graph=loader.graph)


def manage() -> str:
    """Return the path of the app's manage.py, as a command of the user's names it."""
    return os.path.relpath(sys.argv[0]) if sys.argv[0].endswith(".py") else "manage.py"


def _has_models(connection: Any) -> bool:
    return any(
        model._meta.can_migrate(connection)
        for config in apps.get_app_configs()
        for model in router.get_migratable_models(config, connection.alias)
    )


def _is_read_only(connection: Any) -> bool:
    """Return whether a database takes no changes, as a replica does.

    https://www.postgresql.org/docs/current/hot-standby.html,
    https://dev.mysql.com/doc/refman/en/server-system-variables.html#sysvar_read_only
    """
    question = {
        "postgresql": "SHOW transaction_read_only",
        "mysql": "SELECT @@global.read_only, @@global.innodb_read_only",
    }.get(connection.vendor)
    if not question:
        return False
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    return any(str(value).lower() not in {"0", "off"} for value in row)


def _was_migrated(connection: Any) -> bool:
    return bool(MigrationRecorder(connection).has_table())


def _executor(alias: str) -> Any:
    """Read the migrations of the app and of a database; raise ReleaseFailed."""
    connection = connections[alias]
    try:
        executor = MigrationExecutor(connection)
    except NodeNotFoundError as error:
        raise ReleaseFailed(_missing_migration(error)) from None
    except Exception as error:  # whatever the app's migrations raise when imported
        tracebacks.show(error)
        raise ReleaseFailed(
            f"Django could not read the migrations for the database {alias}; the traceback "
            "above has the cause."
        ) from error
    try:
        executor.loader.check_consistent_history(connection)
    except InconsistentMigrationHistory as error:
        raise ReleaseFailed(_wrong_history(alias, executor.loader, error)) from None
    conflicts = executor.loader.detect_conflicts()
    if conflicts:
        raise ReleaseFailed(_conflicting(conflicts))
    return executor


def _plan(executor: Any) -> list[Any]:
    steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [migration for migration, _ in steps]


def _missing_migration(error: Any) -> str:
    app, name = error.node[0], error.node[1]
    origin = f"The migration {shown(str(error.origin))}" if error.origin else "A migration"
    return (
        f"{origin} depends on {shown(app)}.{shown(name)}, which does not exist.\n"
        f"1. If it is a migration of yours, commit its file, {shown(name)}.py; .gitignore may "
        "hide it: git add --force PATH\n"
        "2. If it belongs to a package, require the version of the package that has it.\n"
        "3. If you deleted it, correct `dependencies` in the migration that names it."
    )


def _wrong_history(alias: str, loader: Any, error: Exception) -> str:
    text = f"{shown(str(error))}\n"
    gaps = _unapplied_parents(loader)
    if not gaps:
        return text.rstrip()
    (child_app, child), (app, name) = gaps[0]
    database = "" if alias == "default" else f" --database={alias}"
    call = (
        "from django.db import connections; "
        "from django.db.migrations.recorder import MigrationRecorder; "
        f"MigrationRecorder(connections['{alias}'])"
    )
    run = f"python {manage()} shell -c"
    return (
        f"{text}"
        f"1. If the tables of {app}.{name} are in the database already, record it:\n"
        f"    {run} \"{call}.record_applied('{app}', '{name}')\"\n"
        f"2. If they are not, apply it and record {child_app}.{child} again:\n"
        f"    {run} \"{call}.record_unapplied('{child_app}', '{child}')\"\n"
        f"    python {manage()} migrate {app} {name}{database}\n"
        f"    python {manage()} migrate {child_app} {child} --fake{database}\n"
        "3. If AUTH_USER_MODEL has changed since the first migration, see "
        "https://docs.djangoproject.com/en/stable/topics/auth/customizing/"
        "#changing-to-a-custom-user-model-mid-project"
    )


def _unapplied_parents(loader: Any) -> list[Any]:
    """List each applied migration with a dependency of it that is not applied."""
    nodes = loader.graph.node_map
    return [
        (key, parent.key)
        for key in loader.applied_migrations
        if key in nodes
        for parent in sorted(nodes[key].parents)
        if parent.key not in loader.applied_migrations
    ]


def _conflicting(conflicts: Any) -> str:
    lines = [f"{app}: {', '.join(sorted(names))}" for app, names in sorted(conflicts.items())]
    return (
        f"Two migrations follow the same one ({'; '.join(lines)}), so Django does not know "
        "their order.\n"
        f"Run this, and commit what it writes: python {manage()} makemigrations --merge"
    )


def newer_than_known(applied: Sequence[Any], known: Iterable[Any]) -> list[str]:
    """Return the migrations that were applied after the newest known one of their app.

    `applied` is in the order in which they were applied. Migrations of removed apps, and those
    that were squashed before the newest known one, come from older releases.
    """
    known = set(known)
    newest = {key[0]: place for place, key in enumerate(applied) if key in known}
    return [
        ".".join(key)
        for place, key in enumerate(applied)
        if key not in known and place > newest.get(key[0], len(applied))
    ]


def _of_a_newer_release(connection: Any, loader: Any) -> list[str]:
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    rows = recorder.migration_qs.order_by("id").values_list("app", "name")
    replaced = [key for it in loader.disk_migrations.values() for key in it.replaces]
    known = [*loader.disk_migrations, *map(tuple, replaced)]
    return newer_than_known([tuple(row) for row in rows], known)


def _announce(alias: str, plan: Sequence[Any]) -> None:
    if not plan:
        say(f"Migrations for {alias}: none to apply")
        return
    say(f"Migrations for {alias}: {len(plan)}")
    for migration in plan:
        # Names that Django made up do not tell what a migration does.
        says_nothing = "_auto_" in migration.name
        details = f": {_described(migration.operations)}" if says_nothing else ""
        say(f"  {shown(str(migration))}{details}")


def _described(operations: Sequence[Any]) -> str:
    described = [shown(it.describe()) for it in operations]
    more = len(described) - SHOWN_OPERATIONS
    rest = [f"{more} more"] if more > 0 else []
    return "; ".join(described[:SHOWN_OPERATIONS] + rest)


class Progress:
    """Follows the migrations of one run of the command."""

    def __init__(self, connection: Any, lock: Lock, *, is_silent: bool) -> None:
        self.connection = connection
        self.lock = lock
        self.is_silent = is_silent
        self.current: Any = None
        self.started = 0.0
        self.applied: list[str] = []
        self.has_changed_something = False

    def report(self, action: str, migration: Any) -> None:
        """Get what Django's executor reports."""
        if action == "apply_start":
            self.lock.check()
            self.begin(migration)
        elif action == "apply_success":
            self.end()

    def begin(self, migration: Any) -> None:
        self.current = migration
        if not self.is_rolled_back:
            marks.put(self.connection, INTERRUPTED, str(migration))
        self.has_changed_something = False
        if not self.is_silent:
            print(f"  Applying {shown(str(migration))}...", end="", flush=True)
        self.started = time.monotonic()

    def end(self) -> None:
        if not self.is_silent:
            say(f" OK ({time.monotonic() - self.started:.2f} s)")
        self.forget()
        self.applied.append(str(self.current))
        self.current = None

    def end_line(self) -> None:
        if self.current and not self.is_silent:
            say("")

    def forget(self) -> None:
        if not self.is_rolled_back:
            marks.remove(self.connection, INTERRUPTED, str(self.current))

    @property
    def is_rolled_back(self) -> bool:
        """Whether the database undoes the current migration if it does not end."""
        return bool(self.current.atomic and self.connection.features.can_rollback_ddl)

    def watch(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        """Execute a statement, and notice whether it may have changed something."""
        result = execute(sql, params, many, context)
        if not str(sql).lstrip(" \n(").upper().startswith(READING):
            self.has_changed_something = True
        return result


def _run(connection: Any, lock: Lock) -> int:
    """Run the `migrate` command, with all that it does besides: its signals reach the apps."""
    progress = Progress(connection, lock, is_silent=_is_replaced())
    command = _reporting_to(progress)
    try:
        with connection.execute_wrapper(progress.watch):
            call_command(
                command,
                database=connection.alias,
                interactive=False,
                verbosity=1 if _is_replaced() else 0,
                skip_checks=not _are_checks_due(connection.alias),
            )
    except ReleaseFailed:
        raise
    except CommandError as error:
        words = shown_lines(str(error))
        raise ReleaseFailed(f"The command migrate of Django failed: {words}") from None
    except Exception as error:  # whatever the app's migrations and signals raise
        progress.end_line()
        tracebacks.show(error)
        raise ReleaseFailed(_failed(progress)) from error
    except BaseException:
        progress.end_line()
        raise
    return len(progress.applied)


def shown_lines(text: str) -> str:
    """Make the words of Django, which may have lines, fit for a log."""
    return "\n".join(shown(line) for line in without_credentials(text).splitlines())


def _command_class() -> Any:
    name = get_commands()["migrate"]
    command = name if isinstance(name, BaseCommand) else load_command_class(name, "migrate")
    return type(command)


def _is_replaced() -> bool:
    """Return whether a package has its own `migrate`, which also has its own plan."""
    return not _command_class().__module__.startswith("django.core.")


def _are_checks_due(alias: str) -> bool:
    """Return whether the command runs the system checks, as manage.py does: once is enough."""
    return alias == next(name for name in databases.aliases() if not left_alone(name))


def _reporting_to(progress: Progress) -> Any:
    parent = _command_class()

    def callback(self: Any, action: str, migration: Any = None, fake: Any = False) -> None:  # noqa: FBT002 - of Django
        progress.report(action, migration)
        parent.migration_progress_callback(self, action, migration, fake)

    # The name of the module is the name of the command, for call_command.
    methods = {"__module__": parent.__module__, "migration_progress_callback": callback}
    return type("Command", (parent,), methods)()


def _failed(progress: Progress) -> str:
    alias = progress.connection.alias
    before = (
        f"Applied before it: {_listed(progress.applied)}."
        if progress.applied
        else "No migration was applied before it."
    )
    if not progress.current:
        return f"The command migrate failed after the migrations of {alias}. {before}"
    name = shown(str(progress.current))
    if not progress.is_rolled_back and progress.has_changed_something:
        steps = _steps_after_interruption(progress.connection, str(progress.current))
        return (
            f"The migration {name} failed, and was not rolled back, because "
            f"{_why_not(progress.connection)}. {before}\n{steps}"
        )
    undone = "and was rolled back"
    if not progress.is_rolled_back:
        undone = "before it changed anything"
        _forget_failed(progress)
    return (
        f"The migration {name} failed, {undone}. {before}\n"
        "Correct it and deploy again: the release step continues with it."
    )


def _forget_failed(progress: Progress) -> None:
    # The connection may be broken, or in a transaction that failed.
    progress.connection.close()
    with suppress(Error):
        progress.forget()


def _why_not(connection: Any) -> str:
    if connection.features.can_rollback_ddl:
        return "it has atomic = False"
    return "this kind of database cannot roll back changes of tables"


def _stop_after_interruption(connection: Any, loader: Any) -> None:
    """Raise ReleaseFailed if a migration began, and neither ended nor was undone."""
    for name in sorted(marks.found(connection, INTERRUPTED)):
        app, _, migration = name.partition(".")
        if (app, migration) in loader.applied_migrations:
            marks.remove(connection, INTERRUPTED, name)
        elif (app, migration) not in loader.disk_migrations:
            say(
                f"Database {connection.alias}: {shown(name)}, of another release, was "
                "interrupted and may be applied in part"
            )
        else:
            raise ReleaseFailed(
                f"The migration {shown(name)} was interrupted, and may be applied in part, "
                f"because {_why_not(connection)}.\n"
                f"{_steps_after_interruption(connection, name)}"
            )


def _steps_after_interruption(connection: Any, name: str) -> str:
    app, _, migration = name.partition(".")
    database = "" if connection.alias == "default" else f" --database={connection.alias}"
    arguments = f"{app} {migration}"
    return (
        "1. See what it does, and compare it with the tables of the database:\n"
        f"    python {manage()} sqlmigrate {arguments}{database}\n"
        "2. If all of it is done, or you do the rest by hand, record it:\n"
        f"    python {manage()} migrate {arguments} --fake{database}\n"
        "3. If nothing of it is done, or you undo by hand what is, apply it again:\n"
        "    slipway-release --retry\n"
        "Then deploy again."
    )


def _listed(names: Sequence[str]) -> str:
    few = 10
    if len(names) <= few:
        return ", ".join(map(shown, names))
    return f"{', '.join(map(shown, names[:few]))} and {len(names) - few} more"


def _is_own(config: Any) -> bool:
    folders = config.path.replace(os.sep, "/").split("/")
    return not {"site-packages", "dist-packages"} & set(folders)


def _managed(config: Any) -> bool:
    return any(
        model._meta.managed and not model._meta.proxy and not model._meta.swapped
        for model in config.get_models()
    )
