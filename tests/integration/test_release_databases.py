"""The release step of a built app, with real database servers, and the site after it."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.databases import Database, postgresql
from integration.dockyard import (
    ALL_MIGRATIONS,
    SUPERUSER,
    applied,
    is_released,
    log_in,
    variables,
    write_dockyard,
)
from integration.serving import (
    HEROKU,
    HEROKUISH,
    TIMEOUT,
    Dyno,
    Site,
    free_port,
    processes,
    stop,
    wait_for,
)

NUMBERS = itertools.count(1)
RELEASE = "slipway-release"
FINISHED = (
    rf"Release step finished: {ALL_MIGRATIONS} migrations applied, superuser created, "
    r"in \d+\.\d s"
)
SECRETS = ("berth-by-night", SUPERUSER["DJANGO_SUPERUSER_PASSWORD"])


@pytest.fixture(scope="module")
def dockyard(
    slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the app, built without any of the variables that it requires, and moved."""
    folder = tmp_path_factory.mktemp("dockyard")
    platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
    build = write_dockyard(folder / "build")
    platform.build(build)
    return platform.move(build)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """Return an empty database, of the server in the test's parameter."""
    kind = getattr(request, "param", "postgresql")
    name = f"dockyard_{next(NUMBERS)}"
    server: Database = request.getfixturevalue(f"{kind}_server")
    if kind == "pgbouncer":
        origin: Database = request.getfixturevalue("postgresql_server")
        return replace(server, name=origin.create(name).name)
    return server.create(name)


def on(*servers: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("database", servers, indirect=True)


def dyno_of(dockyard: Path, database: Database, **more: str) -> Dyno:
    return Dyno(app=dockyard, env={**variables(database), **more})


def inserted(database: Database, table: str) -> int:
    """Return how many rows were ever added to a table, also those of undone transactions."""
    query = f"SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = '{table}'"  # noqa: S608
    deadline = time.monotonic() + TIMEOUT
    # A session reports its statistics when it ends, or after 10 seconds without a query.
    while database.query(query) == ["0"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [row] = database.query(query)
    return int(row)


@contextmanager
def started(
    dyno: Dyno, command: str, log: Path, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in the background, and stop it when the block is left."""
    process = dyno.start(command, log, **more)
    try:
        yield process
    finally:
        stop(process)


def at_once(dyno: Dyno, number: int, folder: Path) -> list[str]:
    """Run release steps at the same time, all of which must succeed; return their output."""
    logs = [folder / f"{n}.log" for n in range(number)]
    with ExitStack() as stack:
        steps = [stack.enter_context(started(dyno, RELEASE, log)) for log in logs]
        statuses = [step.wait(TIMEOUT) for step in steps]
    output = [log.read_text("utf-8") for log in logs]
    assert statuses == [0] * number, "\n\n".join(output)
    return output


def kill_during_the_migration(dyno: Dyno, database: Database, log: Path) -> None:
    """Start a release step, and kill it with all its processes while a migration sleeps."""
    running = {
        "postgres": "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'",
        "mysql": "SELECT count(*) FROM information_schema.processlist"
        " WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP%'",
    }[database.engine]
    with started(dyno, RELEASE, log, MIGRATION_SECONDS="2") as step:
        deadline = time.monotonic() + TIMEOUT
        while database.query(running) == ["0"]:
            assert step.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.05)
        os.killpg(step.pid, signal.SIGKILL)
        assert step.wait(TIMEOUT) == -signal.SIGKILL


@pytest.mark.parametrize("delay", [3, pytest.param(15, marks=pytest.mark.long)])
def test_the_release_step_waits_for_a_database_that_starts_late(
    dockyard: Path, open_folder: Path, delay: int
) -> None:
    with postgresql(open_folder, delay=delay) as database:
        released = dyno_of(dockyard, database).run(RELEASE)
        assert released.status == 0, released.all
        assert released.err == ""
        is_released(database)
    place = f"127.0.0.1:{database.port}"
    assert f"Waiting for the database default at {place}: connection refused" in released.out
    assert re.fullmatch(FINISHED, released.out.splitlines()[-1])
    assert not any(secret in released.all for secret in SECRETS)


def test_a_database_that_never_starts_ends_the_release_step(dockyard: Path) -> None:
    nowhere = Database(port=free_port())
    released = dyno_of(dockyard, nowhere, SLIPWAY_DATABASE_WAIT="1").run(RELEASE)
    assert released.status == 1, released.all
    assert f"127.0.0.1:{nowhere.port}" in released.out
    assert "Traceback" not in released.all
    assert not any(secret in released.all for secret in SECRETS)


@on(
    "postgresql",
    *(pytest.param(server, marks=pytest.mark.long) for server in ("pgbouncer", "mariadb")),
)
def test_one_of_five_release_steps_migrates(
    dockyard: Path, database: Database, tmp_path: Path
) -> None:
    dyno = dyno_of(dockyard, database, MIGRATION_SECONDS="1")
    output = at_once(dyno, 5, tmp_path)
    worked = [text for text in output if f"{ALL_MIGRATIONS} migrations applied" in text]
    waited = [text for text in output if "another release step" in text]
    assert (len(worked), len(waited)) == (1, 4), "\n\n".join(output)
    is_released(database)
    if database.engine == "postgres":
        assert inserted(database, "berths_berth") == inserted(database, "auth_user") == 1


@on("postgresql", pytest.param("pgbouncer", marks=pytest.mark.long))
def test_a_release_step_that_was_killed_is_completed_by_the_next(
    dockyard: Path, database: Database, tmp_path: Path
) -> None:
    dyno = dyno_of(dockyard, database)
    kill_during_the_migration(dyno, database, tmp_path / "killed.log")
    assert "berths\t0002_crane" not in applied(database)
    completed = dyno.run(RELEASE)
    assert completed.status == 0, completed.all
    is_released(database)


@pytest.mark.long
@on("postgresql", "pgbouncer")
def test_a_release_step_may_be_killed_at_any_time(
    dockyard: Path, database: Database, tmp_path: Path
) -> None:
    dyno = dyno_of(dockyard, database)
    kills = 0
    for tenths in range(4, 40):
        with started(dyno, RELEASE, tmp_path / f"{tenths}.log", MIGRATION_SECONDS="1") as step:
            try:
                step.wait(tenths / 10)
            except subprocess.TimeoutExpired:
                os.killpg(step.pid, signal.SIGKILL)
                kills += 1
                continue
        assert step.returncode == 0, (tmp_path / f"{tenths}.log").read_text("utf-8")
        break
    assert kills > 1
    completed = dyno.run(RELEASE)
    assert completed.status == 0, completed.all
    is_released(database)


@pytest.mark.parametrize("advice", ["record", pytest.param("undo", marks=pytest.mark.long)])
@on("mariadb")
def test_a_migration_that_was_killed_on_mariadb_is_named(
    dockyard: Path, database: Database, tmp_path: Path, advice: str
) -> None:
    dyno = dyno_of(dockyard, database)
    kill_during_the_migration(dyno, database, tmp_path / "killed.log")
    named = dyno.run(RELEASE)
    assert named.status == 1, named.all
    assert "The migration berths.0002_crane was interrupted" in named.out
    assert "Traceback" not in named.all
    record, again = "python manage.py migrate berths 0002_crane --fake", f"{RELEASE} --retry"
    assert f"    {record}\n" in named.out
    assert "    slipway-release --retry\n" in named.out
    if advice == "undo":
        database.query("DROP TABLE berths_crane")
        completed = dyno.run(again)
    else:
        recorded = dyno.run(record)
        assert recorded.status == 0, recorded.all
        completed = dyno.run(RELEASE)
    assert completed.status == 0, completed.all
    is_released(database)


def test_each_database_of_a_router_gets_its_own_migrations(
    dockyard: Path, database: Database, tmp_path: Path
) -> None:
    reports = database.create(f"{database.name}_reports")
    output = at_once(dyno_of(dockyard, database, REPORTS_DATABASE_URL=reports.url), 2, tmp_path)
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert "reports_report" not in database.query(tables)
    assert {*reports.query(tables)} == {"django_migrations", "reports_report"}
    is_released(database)
    assert "Migrations for reports" in "".join(output)


@pytest.mark.parametrize(
    "start_script",
    [
        pytest.param(HEROKU, id="heroku"),
        pytest.param(HEROKUISH, id="herokuish", marks=pytest.mark.long),
    ],
)
def test_the_superuser_of_the_release_step_logs_in(
    dockyard: Path, database: Database, start_script: str
) -> None:
    dyno = replace(dyno_of(dockyard, database), start_script=start_script)
    released = dyno.run(processes(dockyard)["release"])
    assert released.status == 0, released.all
    with dyno.serve() as site:
        assert "Site administration" in log_in(site)


@pytest.mark.long  # test_cloud_foundry_site.py starts three from a droplet
@pytest.mark.parametrize(
    "instance",
    [
        {"DYNO": "web.{}", "SLIPWAY_MIGRATE": "start"},
        {"CF_INSTANCE_INDEX": "{}", "VCAP_APPLICATION": "{{}}"},
    ],
    ids=["all-ask", "cloud-foundry"],
)
def test_three_instances_that_start_together_migrate_once(
    dockyard: Path, database: Database, tmp_path: Path, instance: Mapping[str, str]
) -> None:
    dyno = dyno_of(dockyard, database, MIGRATION_SECONDS="1")
    web = processes(dockyard)["web"]
    logs = [tmp_path / f"{number}.log" for number in range(3)]
    ports = [free_port() for _ in logs]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                started(
                    dyno,
                    web,
                    log,
                    PORT=str(ports[number]),
                    **{name: text.format(number) for name, text in instance.items()},
                )
            )
            for number, log in enumerate(logs)
        ]
        for port, server, log in zip(ports, servers, logs, strict=True):
            wait_for(port, server, log)
            assert "Site administration" in log_in(Site(port))
    output = [log.read_text("utf-8") for log in logs]
    worked = [text for text in output if f"{ALL_MIGRATIONS} migrations applied" in text]
    assert len(worked) == 1, "\n\n".join(output)
    is_released(database)
    assert inserted(database, "berths_berth") == 1
