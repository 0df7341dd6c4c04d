"""A Django site on Cloud Foundry: bound databases, migrations, tasks, sidecars and shells."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from integration.cloud_foundry import SHELL, start_command
from integration.databases import Database
from integration.dockyard import SUPERUSER, applied, log_in
from integration.marina import ALL_MIGRATIONS, Droplet, unpacked_marina
from integration.serving import Dyno, Site, free_port, stop, wait_for

NUMBERS = count(1)
OF_INSTANCES = ("CF_INSTANCE_GUID", "CF_INSTANCE_INDEX", "INSTANCE_GUID", "INSTANCE_INDEX")
SHOW = 'echo "DATABASE_URL=$DATABASE_URL"'
Started = tuple[subprocess.Popen[bytes], int]
SECRETS = ("berth-by-night", SUPERUSER["DJANGO_SUPERUSER_PASSWORD"])


@pytest.fixture(scope="module")
def droplet(slipway: Path, shared_cache: Path) -> Iterator[Droplet]:
    with unpacked_marina(slipway, shared_cache.parent / "marina") as droplet:
        yield droplet


@pytest.fixture
def database(postgresql_server: Database) -> Database:
    return postgresql_server.create(f"marina_{next(NUMBERS)}")


def bound(database: Database, name: str = "marina-db") -> dict[str, object]:
    """Return an entry of VCAP_SERVICES for a database."""
    return {"name": name, "tags": [], "credentials": {"uri": address_of(database)}}


def address_of(database: Database) -> str:
    """Return the address as most brokers write it; the platform changes the scheme."""
    return database.url.replace("postgres://", "postgresql://")


def task_of(dyno: Dyno) -> Dyno:
    """Return what `cf run-task` starts: it has no index, and its process has no type.

    https://github.com/cloudfoundry/rep/blob/main/conversion_helpers.go,
    https://github.com/cloudfoundry/cloud_controller_ng/blob/main/lib/vcap/vars_builder.rb
    """
    env = {name: value for name, value in (dyno.env or {}).items() if name not in OF_INSTANCES}
    application = json.loads(env["VCAP_APPLICATION"])
    del application["process_type"]
    return replace(dyno, env={**env, "VCAP_APPLICATION": json.dumps(application)})


def printed(dyno: Dyno, command: str) -> str:
    """Run a command that must work, and return what it prints, without the launcher's lines."""
    ran = dyno.run(command)
    assert (ran.status, ran.err) == (0, ""), ran.all
    return re.sub(r"(?m)^Invoking .+\n", "", ran.out)


@contextmanager
def started(
    dyno: Dyno, command: str, log: Path
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start an instance of `web`, and yield it with its port before it listens there."""
    port = free_port()
    process = dyno.start(command, log, PORT=str(port))
    try:
        yield process, port
    finally:
        stop(process)


def test_instances_that_start_together_migrate_once_and_the_superuser_logs_in(
    droplet: Droplet, database: Database, tmp_path: Path
) -> None:
    services, web = {"postgresql": [bound(database)]}, start_command(droplet.vcap)
    # The last one is of a rolling update, whose first instance is a second instance 0.
    dynos = [droplet.dyno({}, index=index, services=services) for index in (0, 1, 2, 0)]
    logs = [tmp_path / f"{number}.log" for number in range(len(dynos))]
    with ExitStack() as stack:
        instances = [
            stack.enter_context(started(dyno, web, log))
            for dyno, log in zip(dynos, logs, strict=True)
        ]
        for (process, port), log in zip(instances, logs, strict=True):
            wait_for(port, process, log)
            assert Site(port).get("/berths/").status == 200
        assert "Site administration" in log_in(Site(instances[1][1]))
    output = [log.read_text("utf-8") for log in logs]
    did = [text for text in output if f"{ALL_MIGRATIONS} migrations applied, superuser" in text]
    waited = [text for text in output if "instance 0 has applied all migrations" in text]
    assert (len(did), len(waited)) == (1, 2), "\n\n".join(output)
    assert len(applied(database)) == ALL_MIGRATIONS
    assert not [text for text in output if database.password in text]


def test_tasks_workers_shells_and_sidecars_get_the_variables_and_do_not_migrate(
    droplet: Droplet, database: Database
) -> None:
    services = {"postgresql": [bound(database)]}
    dyno = droplet.dyno({}, services=services)
    address = f"DATABASE_URL={address_of(database)}\n"
    for other, command in (
        (task_of(dyno), SHOW),
        (task_of(droplet.dyno({"SLIPWAY_MIGRATE": "start"}, services=services)), SHOW),
        (droplet.dyno({}, process="worker", services=services), SHOW),
        (droplet.dyno({}, services=services, start_script=SHELL), SHOW),
        (dyno, f"env SLIPWAY_MIGRATE=off sh -c '{SHOW}'"),
    ):
        assert printed(other, command) == address
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert database.query(tables) == ["0"]


def test_tasks_run_the_release_step_and_commands_of_django(
    droplet: Droplet, database: Database
) -> None:
    # `cf run-task APP --process release`, which names the command of this process.
    off = {"SLIPWAY_MIGRATE": "off"}
    task = task_of(droplet.dyno(off, services={"postgresql": [bound(database)]}))
    released = printed(task, "slipway-release")
    assert f"{ALL_MIGRATIONS} migrations applied, superuser created" in released
    assert "nothing to do" in printed(task, "slipway-release").splitlines()[-1]
    shown = printed(task, "python manage.py showmigrations --plan")
    assert shown.count("[X]") == ALL_MIGRATIONS


def test_web_does_not_start_if_the_migration_fails(
    droplet: Droplet, database: Database
) -> None:
    wrong = replace(database, password="not-the-password-7")  # noqa: S106 - it is wrong
    dyno = droplet.dyno({}, services={"postgresql": [bound(wrong)]})
    failed = dyno.run("echo web has started")
    assert failed.status == 1, failed.all
    assert "Release step failed after" in failed.out
    assert "web has started" not in failed.out
    assert not [secret for secret in ("not-the-password", *SECRETS) if secret in failed.all]


def test_one_of_two_databases_is_chosen_by_name_at_each_start(droplet: Droplet) -> None:
    """The launcher itself chooses one of them at random."""
    first, second = (
        Database(port=1, name=name, password=f"of-{name}") for name in ("first", "second")
    )
    services = {
        "postgresql": [bound(first, "first")],
        "user-provided": [bound(second, "second")],
    }
    dyno = droplet.dyno({"SLIPWAY_DATABASE": "second"}, process="worker", services=services)
    expected = f"DATABASE_URL={address_of(second)}\n"
    chosen_by_platform = set()
    for _ in range(20):
        chosen_by_platform.add(dyno.variables()["DATABASE_URL"])
        assert printed(dyno, SHOW) == expected
    assert len(chosen_by_platform) == 2
