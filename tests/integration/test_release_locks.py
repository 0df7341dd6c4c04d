"""The release step waits for databases, and of several, one works at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import UV, machine_env, run
from integration.conftest import open_to_all
from integration.databases import Database, pgbouncer
from integration.serving import TIMEOUT, free_port, wait_for_words
from integration.test_release_step import ADMIN, INITIAL, MODELS, Project, project_in, sqlite

HOOK = """#!/bin/sh
echo holding
i=0
while [ ! -e go ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
"""
"""Holds the lock until the file `go` exists, for at most a minute."""
HOLDS = (
    "Checking the migrations of the database default (other release steps wait until this one "
    "ends)"
)
WAITS = "Waiting: another release step is working on the database default"
WAITS_FOR_INSTANCE_0 = (
    "Waiting for instance 0 to apply the migrations (if it does not go on, see the log of "
    "instance 0)"
)
SERVER_AND_FILE = """

class Router:
    def db_for_read(self, model, **hints):
        return "charts" if model._meta.app_label == "charts" else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return (db == "charts") == (app_label == "charts")


DATABASE_ROUTERS = ["harbour.settings.Router"]
INSTALLED_APPS += ["charts"]
BACKEND = "django.core.cache.backends.db.DatabaseCache"
CACHES = {"default": {"BACKEND": BACKEND, "LOCATION": "tides"}}
"""
MIGRATIONS = 16
"""Of all apps: Django records those of other databases as applied, too."""
CHARTS = {
    "charts/__init__.py": "",
    "charts/models.py": MODELS.replace("Berth", "Chart"),
    "charts/migrations/__init__.py": "",
    "charts/migrations/0001_initial.py": INITIAL.replace("Berth", "Chart"),
}
MIGRATION = """
from django.db import migrations


def work(apps, schema_editor):
    {work}


class Migration(migrations.Migration):
    dependencies = [("berths", "{after}")]
    operations = [migrations.RunPython(work)]
"""
ENGINES = {
    "postgres": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a virtual environment with drivers of databases."""
    folder = tmp_path_factory.mktemp("drivers") / "env"
    packages = ["django==5.2.*", "psycopg[binary]", "pymysql"]
    for arguments in (
        ["venv", "--quiet", f"--python={sys.executable}", str(folder)],
        ["pip", "install", "--quiet", f"--python={folder}/bin/python", *packages],
    ):
        result = run([UV / "uv", *arguments], machine_env())
        assert result.status == 0, result.all
    return folder / "bin" / "python"


def settings_of(database: Database) -> dict[str, object]:
    return {
        "ENGINE": ENGINES[database.engine],
        "HOST": "127.0.0.1",
        "PORT": database.port,
        "NAME": database.name,
        "USER": database.user,
        "PASSWORD": database.password,
    }


@pytest.fixture
def file_project(tmp_path: Path) -> Project:
    """Return a project with SQLite, for the Django of the tests."""
    return project_in(tmp_path / "app", Path(sys.executable))


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, python: Path) -> Project:
    """Return a project with an empty database of the server in its parameter."""
    made = project_in(tmp_path / "app", python)
    kind = request.param
    if kind == "sqlite":
        return made
    name = f"{kind}_{time.time_ns()}"
    server: Database = request.getfixturevalue(f"{kind}_server")
    origin = request.getfixturevalue("postgresql_server") if kind == "pgbouncer" else server
    origin.create(name)
    made.set_databases(default=settings_of(replace(server, name=name)))
    return made


def on(*servers: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("project", servers, indirect=True)


@contextmanager
def started(
    project: Project, name: str, *arguments: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a release step in the background, and end all its processes with the block."""
    log = project.folder.parent / f"{name}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*project.argv, *arguments],
            cwd=project.folder,
            env={**project.env, **variables},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        yield process, log
    finally:
        (project.folder / "go").touch()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(TIMEOUT)


def with_hook(project: Project) -> None:
    project.write({"bin/release": HOOK})
    (project.folder / "bin" / "release").chmod(0o755)
    project.configure(release_hook=True)


@on("sqlite", "postgresql", "pgbouncer", pytest.param("mariadb", marks=pytest.mark.long))
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_another_release_step_works_when_the_first_one_is_ended(
    project: Project, number: signal.Signals
) -> None:
    with_hook(project)
    with started(project, "first") as (first, log):
        wait_for_words("holding", log)
        with started(project, "second") as (second, second_log):
            wait_for_words(WAITS, second_log)
            assert HOLDS not in second_log.read_text("utf-8")
            first.send_signal(number)
            status = first.wait(TIMEOUT)
            wait_for_words(HOLDS, second_log)
            (project.folder / "go").touch()
            assert second.wait(TIMEOUT) == 0
    if number == signal.SIGKILL:
        assert status == -number
    else:
        assert status == 128 + number
        assert log.read_text("utf-8").splitlines()[-1] == (
            "Release step ended by SIGTERM, and its lock is released. Run it again to continue."
        )
    assert not list(project.folder.glob("*.release-lock"))


@on("postgresql", pytest.param("mariadb", marks=pytest.mark.long))
def test_a_statement_that_takes_long_ends_with_the_release_step(project: Project) -> None:
    sleep = {"postgresql": "SELECT pg_sleep(60)", "mysql": "SELECT SLEEP(60)"}
    connection = "schema_editor.connection"
    ask = f"{connection}.cursor().execute({sleep}[{connection}.vendor])"
    work = f"print('working', flush=True); {ask}"
    project.write(
        {"berths/migrations/0002_work.py": MIGRATION.format(work=work, after="0001_initial")}
    )
    with started(project, "first") as (first, log):
        wait_for_words("working", log)
        time.sleep(0.3)
        first.send_signal(signal.SIGINT)
        assert first.wait(TIMEOUT) == 128 + signal.SIGINT
    assert "Traceback" not in log.read_text("utf-8")
    assert "Release step ended by SIGINT" in log.read_text("utf-8").splitlines()[-1]


LOSE = {
    "sqlite": "import glob, os; os.unlink(*glob.glob('*.release-lock'))",
    "postgresql": """
    schema_editor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
        "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
""",
    "mariadb": """
    cursor = schema_editor.connection.cursor()
    cursor.execute("SELECT IS_USED_LOCK(CONCAT('slipway-release ', DATABASE()))")
    cursor.execute("KILL %s" % cursor.fetchone()[0])
""",
}


@on("sqlite", "postgresql", pytest.param("mariadb", marks=pytest.mark.long))
def test_a_lost_lock_ends_the_release_step_before_the_next_migration(
    project: Project, request: pytest.FixtureRequest
) -> None:
    work = LOSE[request.node.callspec.params["project"]]
    project.write(
        {
            "berths/migrations/0002_lose.py": MIGRATION.format(work=work, after="0001_initial"),
            "berths/migrations/0003_more.py": MIGRATION.format(work="pass", after="0002_lose"),
        }
    )
    output = project.must_fail()
    assert "The lock in the database default is lost: " in output
    assert "Applying berths.0003_more" not in output
    assert "1 migration applied" in project.must_release()


def test_pgbouncer_in_statement_mode_is_refused(
    postgresql_server: Database, tmp_path: Path, python: Path
) -> None:
    project = project_in(tmp_path / "app", python)
    with (
        open_to_all("statements-") as folder,
        pgbouncer(folder, postgresql_server, pool_mode="statement") as server,
    ):
        project.set_databases(default=settings_of(server))
        output = project.must_fail()
        assert output.startswith(
            f"The database default at 127.0.0.1:{server.port} ends the connection when a "
            "transaction begins, as PgBouncer does in statement mode. So the release step can "
            "neither take its lock nor migrate.\n"
        )


def test_a_wrong_password_and_a_missing_database_are_reported_at_once(
    postgresql_server: Database, tmp_path: Path, python: Path
) -> None:
    project = project_in(tmp_path / "app", python)
    start = f"The database default at 127.0.0.1:{postgresql_server.port} cannot be used: "
    wrong = replace(postgresql_server, password="tide-and-moon")  # noqa: S106 - it is wrong
    project.set_databases(default=settings_of(wrong))
    output = project.must_fail(SLIPWAY_DATABASE_WAIT="600")
    assert output.startswith(f'{start}password authentication failed for user "harbour"\n')
    assert "tide-and-moon" not in output
    assert "\nCorrect USER and PASSWORD in DATABASES. They often come" in output
    services = json.dumps(
        {"db": [{"name": "shop-db", "credentials": {"password": "tide-and-moon"}}]}
    )
    output = project.must_fail(VCAP_SERVICES=services, VCAP_APPLICATION="{}")
    assert "\nUSER and PASSWORD are those of the bound service shop-db: " in output
    assert "\n    cf bind-service APP_NAME shop-db\n" in output
    assert "tide-and-moon" not in output
    project.set_databases(default=settings_of(replace(postgresql_server, name="shore")))
    output = project.must_fail(SLIPWAY_DATABASE_WAIT="600")
    assert output.startswith(f'{start}database "shore" does not exist\n')


def test_a_database_with_two_names_is_locked_once(
    postgresql_server: Database, pgbouncer_server: Database, tmp_path: Path, python: Path
) -> None:
    project = project_in(tmp_path / "app", python)
    name = postgresql_server.create("two_names").name
    project.set_databases(
        default=settings_of(replace(postgresql_server, name=name)),
        pooled=settings_of(replace(pgbouncer_server, name=name)),
    )
    assert project.must_release().splitlines()[0] == HOLDS


def test_a_server_that_does_not_run_is_waited_for(tmp_path: Path, python: Path) -> None:
    project = project_in(tmp_path / "app", python)
    project.set_databases(default=settings_of(Database(port=free_port())))
    lines = project.must_fail(SLIPWAY_DATABASE_WAIT="1").splitlines()
    assert lines[0].startswith("Waiting for the database default at 127.0.0.1:")
    assert lines[0].endswith(": connection refused")
    assert "did not respond within 1 s: connection refused" in lines[1]
    assert lines[-1].startswith("Release step failed after ")


def test_the_folder_of_a_file_has_to_exist(file_project: Project) -> None:
    file_project.set_databases(default=sqlite("data/db.sqlite3"))
    folder = file_project.folder / "data"
    assert file_project.must_fail().splitlines()[:3] == [
        "The database default at data/db.sqlite3 cannot be used: unable to open database file",
        f"The folder {folder} does not exist.",
        "Create its folder in the app, or correct NAME in DATABASES.",
    ]


@on("postgresql")
def test_other_instances_wait_for_the_first_one(project: Project) -> None:
    with started(project, "1", "--start", CF_INSTANCE_INDEX="1") as (other, log):
        wait_for_words(WAITS_FOR_INSTANCE_0, log)
        with started(project, "2", "--start", CF_INSTANCE_INDEX="2") as (ended, ended_log):
            wait_for_words(WAITS_FOR_INSTANCE_0, ended_log)
            ended.send_signal(signal.SIGTERM)
            assert ended.wait(TIMEOUT) == 128 + signal.SIGTERM
        assert ended_log.read_text("utf-8").splitlines()[1:] == [
            "Stopped while waiting for instance 0 (SIGTERM)."
        ]
        assert "Notice" not in project.must_release("--start", CF_INSTANCE_INDEX="0")
        assert other.wait(TIMEOUT) == 0
    last = log.read_text("utf-8").splitlines()[-1]
    assert last.startswith("Release step finished: instance 0 has applied all migrations, in ")
    assert "Applying" not in log.read_text("utf-8")


@pytest.mark.parametrize("index", ["1", pytest.param("0", marks=pytest.mark.long)])
def test_each_instance_migrates_a_file_of_its_own(file_project: Project, index: str) -> None:
    with_hook(file_project)
    (file_project.folder / "go").touch()
    lines = file_project.must_release("--start", CF_INSTANCE_INDEX=index).splitlines()
    assert lines[0] == (
        "Notice: the database default is a file of this instance, db.sqlite3: each instance "
        "has its own, and loses it when it restarts. To keep the data, bind a database service."
    )
    assert lines[1] == HOLDS
    assert "migrations applied, bin/release run, in " in lines[-1]
    for arguments in (("--start",), ()):
        assert "Notice" not in file_project.must_release(*arguments)
    assert "Notice" not in file_project.must_release(CF_INSTANCE_INDEX=index)


def test_each_instance_migrates_a_database_in_its_memory(file_project: Project) -> None:
    file_project.set_databases(default=sqlite(":memory:"))
    output = file_project.must_release("--start", CF_INSTANCE_INDEX="1")
    assert output.startswith(HOLDS)
    assert "migrations applied, in " in output.splitlines()[-1]


@on("postgresql")
def test_another_instance_migrates_only_its_own_files(project: Project) -> None:
    settings = (project.folder / "harbour/settings.py").read_text("utf-8")
    project.write({"harbour/settings.py": settings + SERVER_AND_FILE, **CHARTS})
    with_hook(project)
    (project.folder / "go").touch()
    server = json.loads(project.env["DATABASES"])["default"]
    project.set_databases(default=server, charts=sqlite("charts.db"))
    with started(project, "1", "--start", CF_INSTANCE_INDEX="1", **ADMIN) as (other, log):
        wait_for_words(WAITS_FOR_INSTANCE_0, log)
        # Instance 0, in another container, has another file.
        project.set_databases(default=server, charts=sqlite("charts_of_0.db"))
        first = project.must_release("--start", CF_INSTANCE_INDEX="0", **ADMIN)
        assert other.wait(TIMEOUT) == 0, log.read_text("utf-8")
    assert "1 cache table created, superuser created, bin/release run, in " in first
    lines = log.read_text("utf-8").splitlines()
    assert lines[1].startswith("Notice: the database charts is a file of this instance")
    assert lines[2].startswith("Checking the migrations of the database charts (")
    assert [it for it in lines if it.startswith("Migrations for ")] == [
        f"Migrations for charts: {MIGRATIONS}"
    ]
    assert lines[-1].startswith(
        "Release step finished: instance 0 has applied all migrations, "
        f"{MIGRATIONS} migrations applied, in "
    )


def test_the_release_step_can_be_turned_off_at_the_start(file_project: Project) -> None:
    assert file_project.must_release("--start", SLIPWAY_MIGRATE="off") == (
        "The release step is off (the setting `migrate`, or SLIPWAY_MIGRATE)\n"
    )


def test_a_database_without_a_lock_is_not_migrated_at_the_start(file_project: Project) -> None:
    engine = (
        "from django.db.backends.sqlite3 import base\n\n\n"
        "class DatabaseWrapper(base.DatabaseWrapper):\n"
        "    vendor = 'harbour'\n    display_name = 'Harbour'\n"
    )
    file_project.write({"engine/__init__.py": "", "engine/base.py": engine})
    file_project.set_databases(default={"ENGINE": "engine", "NAME": "db.sqlite3"})
    output = file_project.must_fail("--start")
    assert "Migrations are not applied, and this start does not apply them" in output
    assert file_project.must_release().splitlines()[0] == (
        "The database default has no lock that the release step can use (Harbour): only one "
        "may run at a time."
    )
    file_project.must_release("--start")


def test_modules_of_the_app_do_not_replace_those_of_the_release_step(
    file_project: Project,
) -> None:
    names = ("databases", "hook", "locks", "log", "migrations", "options", "release", "steps")
    file_project.write(
        {f"{name}.py": "raise SystemExit(7)\n" for name in (*names, "slipway_release")}
    )
    output = file_project.must_release(PYTHONPATH=str(file_project.folder))
    assert output.splitlines()[-1].startswith("Release step finished: ")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"manage.py": "print('ahoy')"},
            "manage.py exited without running a command of Django.",
        ),
        ({"manage.py": "raise SystemExit('no tide')"}, "manage.py exited: no tide"),
        (
            {"harbour/settings.py": "import os\nos.environ['TIDE']\n"},
            "Django does not start with these settings: KeyError",
        ),
        (
            {"harbour/settings.py": "import os\nos.environ['TIDE']\n"},
            (
                "Set the variable TIDE for the app. Variables that the settings require have "
                "to be set where the release step runs, too."
            ),
        ),
        (
            {"manage.py": "import os\nos.environ['TIDE']\n"},
            "Set the variable TIDE for the app, and deploy again.",
        ),
        (
            {
                "harbour/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['berths']\n"
                "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': 'x'}}"
            },
            "Django cannot use a database of the settings: Error loading MySQLdb module.",
        ),
    ],
)
def test_an_app_that_does_not_start_fails_in_words(
    file_project: Project, files: dict[str, str], sentence: str
) -> None:
    file_project.write(files)
    output = file_project.must_fail()
    assert sentence in output.splitlines()
    assert "slipway_release" not in output


def test_an_app_without_a_database_has_nothing_to_migrate(file_project: Project) -> None:
    file_project.set_databases(default={})
    file_project.write({"harbour/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['berths']"})
    lines = file_project.must_release().splitlines()
    assert lines[0] == "DATABASES names no database, so there is nothing to migrate."
    assert lines[-1].startswith("Release step finished: nothing to do, in ")
