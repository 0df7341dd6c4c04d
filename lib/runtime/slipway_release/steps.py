"""The order of the release step."""

from __future__ import annotations

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
from slipway_release.log import ReleaseFailed, say
from slipway_release.options import Options

LONGEST_START = 600.0
"""Seconds that the other instances of an app wait for instance 0."""


def run(options: Options, app: Path, *, is_start: bool, is_retry: bool, is_other: bool) -> str:
    """Do everything, or wait for the instance that does; return what was done.

    Raises ReleaseFailed.
    """
    names = databases.aliases()
    if not names:
        say("DATABASES names no database, so there is nothing to migrate.")
    databases.wait(options.database_wait)
    ending.connections_to_cancel[:] = [connections[name] for name in names]
    if is_other:
        wait_for_instance_0()
        done = ["instance 0 has applied all migrations"]
    else:
        done = work(options, app, names, is_start=is_start, is_retry=is_retry)
    connections.close_all()
    return ", ".join(done) or "nothing to do"


def work(
    options: Options, app: Path, names: list[str], *, is_start: bool, is_retry: bool
) -> list[str]:
    """Do everything while holding the lock; return what was done."""
    done = []
    with locks.locked() as lock:
        if is_start and not lock.is_exclusive and not migrations.is_everything_applied():
            raise ReleaseFailed(
                "Migrations are not applied, and this start does not apply them: not every "
                "database has a lock, and other instances may do the same.\n"
                "Run `slipway-release` as one process: in a release phase, or by hand."
            )
        if is_retry:
            migrations.forget_interrupted()
        fixtures.before(options.initial_fixtures, names)
        applied = sum(migrations.migrate(name, lock) for name in names)
        if names:
            migrations.report_changed_models()
        if applied:
            done.append(f"{counted(applied, 'migration')} applied")
        created = cache_tables.create()
        if created:
            done.append(f"{counted(created, 'cache table')} created")
        done += filter(None, [superuser.create()])
        loaded = fixtures.load(options.initial_fixtures)
        if loaded:
            done.append(f"{counted(loaded, 'fixture')} loaded")
        if options.release_hook:
            hook.run(app)
            done.append("bin/release run")
    return done


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wait_for_instance_0() -> None:
    """Wait until no migration is left to apply; raise ReleaseFailed if that takes too long."""
    deadline = time.monotonic() + LONGEST_START
    is_said = False
    for pause in databases.pauses():
        try:
            if migrations.is_everything_applied():
                return
        except Error as error:  # of the first database; all were reached a moment ago
            databases.passing(databases.aliases()[0], error)
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
            say("Waiting for instance 0 to apply the migrations")
            is_said = True
        time.sleep(min(pause, remaining))
