"""Creates the tables of caches that are in a database."""

from __future__ import annotations

from typing import Any, Container, Iterator

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, router
from django.utils.module_loading import import_string

from slipway_release import migrations
from slipway_release.log import ReleaseFailed, say, shown


def create(elsewhere: Container[str]) -> int:
    """Create the tables that are missing, and return their number; raise ReleaseFailed.

    Another instance creates those in the databases of `elsewhere`.
    """
    tables = dict.fromkeys(_tables())
    return sum(_create(alias, table) for alias, table in tables if alias not in elsewhere)


def _tables() -> Iterator[tuple[str, str]]:
    """Yield the database and the name of the table of each cache."""
    for name, options in settings.CACHES.items():
        if not _is_in_database(options.get("BACKEND", "")):
            continue
        cache: Any = caches[name]
        model = cache.cache_model_class
        alias = router.db_for_write(model)
        if router.allow_migrate_model(alias, model):
            yield alias, model._meta.db_table
        else:
            say(
                f"Cache {shown(name)}: DATABASE_ROUTERS do not let its table be created in the "
                f"database {shown(alias)}"
            )


def _is_in_database(backend: str) -> bool:
    try:
        kind = import_string(backend)
    except ImportError:
        return False  # The app's own error, when it uses this cache.
    return isinstance(kind, type) and issubclass(kind, BaseDatabaseCache)


def _create(alias: str, table: str) -> int:
    connection = connections[alias]
    if migrations.left_alone(alias) == migrations.READ_ONLY:
        return 0
    with connection.cursor() as cursor:
        if table in connection.introspection.table_names(cursor):
            return 0
    try:
        call_command("createcachetable", table, database=alias, verbosity=0)
    except CommandError as error:
        words = migrations.shown_lines(str(error))
        raise ReleaseFailed(f"Django could not create the cache table: {words}") from None
    say(f"Cache table {shown(table)} created in the database {shown(alias)}")
    return 1
