"""The order of the release step."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.db import connections
from django.db.utils import Error

from slipway_release import (
    cache_tables,
    databases,
    ending,
    fixtures,
    hook,
    locks,
    migrations,
    superuser,
)
from slipway_release.log import ReleaseFailed, say, shown
from slipway_release.options import Options

LONGEST_START = 600.0
"""Seconds that the other instances of an app wait for instance 0."""


def run(
    options: Options,
    app: Path,
    *,
    is_start: bool,
    is_retry: bool,
    is_other: bool,
    has_instances: bool,
) -> str:
    """Do everything that is this instance's, and return what was done.

    Another instance than the first one, `is_other`, waits for that one to migrate the databases
    on servers, and works only on those that are files of its own. Raises ReleaseFailed.
    """
    names = databases.aliases()
    if not names:
        say("DATABASES names no database, so there is nothing to migrate.")
    databases.wait(options.database_wait)
    ending.connections_to_cancel[:] = [connections[name] for name in names]
    elsewhere = [it for it in names if is_other and not databases.is_in_instance(it)]
    done = []
    if elsewhere:
        wait_for_instance_0(elsewhere)
        done.append("instance 0 has applied all migrations")
    if has_instances:
        report_files_that_get_lost(names, app)
    if not is_other or len(elsewhere) < len(names):
        done += work(options, app, elsewhere, is_start=is_start, is_retry=is_retry)
    connections.close_all()
    return ", ".join(done) or "nothing to do"


def work(
    options: Options, app: Path, elsewhere: list[str], *, is_start: bool, is_retry: bool
) -> list[str]:
    """Do everything but what concerns the databases of `elsewhere`; return what was done.

    This holds the lock.
    """
    names = [it for it in databases.aliases() if it not in elsewhere]
    done = []
    with locks.locked(names) as lock:
        words = ending.words_at_work(is_start=is_start, has_lock=bool(lock.taken))
        ending.last_words[:] = [words]
        if is_start and not lock.is_exclusive and not migrations.is_everything_applied(names):
            raise ReleaseFailed(
                "Migrations are not applied, and this start does not apply them: not every "
                "database has a lock, and other instances may do the same.\n"
                "Run `slipway-release` as one process: in a release phase, or by hand."
            )
        if is_retry:
            migrations.forget_interrupted(names)
        fixtures.before(options.initial_fixtures, names)
        applied = sum(migrations.migrate(name, lock) for name in names)
        if names:
            migrations.report_changed_models()
        if applied:
            done.append(f"{counted(applied, 'migration')} applied")
        created = cache_tables.create(elsewhere)
        if created:
            done.append(f"{counted(created, 'cache table')} created")
        done += filter(None, [superuser.create(elsewhere)])
        loaded = fixtures.load(options.initial_fixtures, names)
        if loaded:
            done.append(f"{counted(loaded, 'fixture')} loaded")
        # What it does may concern any database.
        if options.release_hook and not elsewhere:
            hook.run(app)
            done.append("bin/release run")
    return done


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def report_files_that_get_lost(names: list[str], app: Path) -> None:
    """Say which databases are files that an instance loses when it restarts.

    What is on another device than the app may be on a volume, which stays.
    """
    for name in names:
        file = databases.file_of(name)
        if file is None or migrations.left_alone(name):
            continue
        try:
            is_in_container = os.stat(file).st_dev == os.stat(app).st_dev
        except OSError:
            continue
        if is_in_container:
            say(
                f"Notice: the database {shown(name)} is a file of this instance, "
                f"{shown(file)}: each instance has its own, and loses it when it restarts. "
                "To keep the data, bind a database service."
            )


def wait_for_instance_0(names: list[str]) -> None:
    """Wait until no migration is left to apply to these databases.

    Raises ReleaseFailed if that takes too long.
    """
    ending.last_words[:] = [ending.WAITING]
    deadline = time.monotonic() + LONGEST_START
    is_said = False
    for pause in databases.pauses():
        try:
            if migrations.is_everything_applied(names):
                break
        except Error as error:  # of the first database; all were reached a moment ago
            databases.passing(names[0], error)
        finally:
            connections.close_all()
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise ReleaseFailed(
                f"Instance 0 has not applied all migrations within {LONGEST_START / 60:g} "
                "minutes. See its log.\nIf they take longer, set SLIPWAY_MIGRATE=off, "
                "and run `slipway-release` as a task before you start the app."
            )
        if not is_said:
            say(
                "Waiting for instance 0 to apply the migrations (if it does not go on, see the "
                "log of instance 0)"
            )
            is_said = True
        time.sleep(min(pause, remaining))
    ending.last_words[:] = [ending.UNCHANGED]
