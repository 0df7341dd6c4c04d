"""The release step migrates, creates cache tables and the superuser, and loads fixtures."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import UV, Result, machine_env, run
from integration.databases import Database
from integration.image_pythons import local_python, need
from integration.packages import write_tree
from integration.serving import TIMEOUT
from slipway.domain.django import release_step

PYTHONS = {"2.2": "3.10", "3.2": "3.10", "4.2": "3.11", "5.2": "3.12", "6.0": "3.13"}
"""The versions of Django that are tried, each with a Python that runs it."""
DRIVERS = ("psycopg[binary]", "psycopg2-binary<2.9")
"""Before Django 4.2 the second, and Django 2.2 none that is newer.

https://docs.djangoproject.com/en/4.2/releases/4.2/#psycopg-3-support
"""

MANAGE = """
import os, sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """
import json, os

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "berths"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = json.loads(os.environ["DATABASES"])
if any(options["ENGINE"].endswith("mysql") for options in DATABASES.values()):
    import pymysql

    # Django checks the version of mysqlclient, which PyMySQL stands in for.
    pymysql.version_info, pymysql.__version__ = (2, 2, 8, "final", 0), "2.2.8"
    pymysql.install_as_MySQLdb()
"""
MODELS = """
from django.db import models


class Berth(models.Model):
    name = models.CharField(max_length=20)
"""
INITIAL = """
from django.db import migrations, models

key = models.AutoField(primary_key=True, auto_created=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Berth", [("id", key), ("name", models.CharField(max_length=20))]
        )
    ]
"""
MIGRATION = """
import os, time

from django.db import migrations, models


def wait(apps, schema_editor):
    if os.environ.get("WAIT"):
        print("waiting", flush=True)
        time.sleep(60)


class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("berths", "{after}")]
    operations = [
        migrations.AddField("berth", "depth", models.IntegerField(null=True)),
        {operation},
    ]
"""
WITH_DEPTH = f"{MODELS}    depth = models.IntegerField(null=True)\n"
WAITS = "migrations.RunPython(wait)"
FAILS = "migrations.RunSQL('SELECT nonsense')"
ONE_BERTH = '[{"model": "berths.berth", "pk": 7, "fields": {"name": "North"}}]'
ADMIN = {"DJANGO_SUPERUSER_USERNAME": "admin", "DJANGO_SUPERUSER_PASSWORD": "tide-and-moon"}


def depth(
    after: str = "0001_initial", operation: str = WAITS, *, atomic: bool = True
) -> dict[str, str]:
    """Return a migration that adds a field, and then does something else."""
    text = MIGRATION.format(after=after, operation=operation, atomic=atomic)
    return {"berths/migrations/0002_depth.py": text, "berths/models.py": WITH_DEPTH}


@dataclass(frozen=True, kw_only=True)
class Project:
    """A Django project, as it is when its release step starts."""

    folder: Path
    python: Path
    env: dict[str, str] = field(default_factory=dict)

    def write(self, files: dict[str, str]) -> None:
        write_tree(self.folder, files)

    def configure(
        self, *, initial_fixtures: tuple[str, ...] = (), release_hook: bool = False
    ) -> None:
        step = release_step.ReleaseStep(
            root="",
            manage="manage.py",
            settings="",
            migrate="",
            database_wait=5,
            initial_fixtures=initial_fixtures,
            release_hook=release_hook,
        )
        self.write({".slipway/release.json": release_step.render(step)})

    def set_databases(self, **databases: dict[str, object]) -> None:
        self.env["DATABASES"] = json.dumps(databases)

    @property
    def argv(self) -> list[str | Path]:
        package = ROOT / "lib" / "runtime" / "slipway_release"
        return [self.python, "-B", package, self.folder / ".slipway" / "release.json"]

    def release(self, *arguments: str, **variables: str) -> Result:
        return run([*self.argv, *arguments], {**self.env, **variables}, self.folder)

    def must_release(self, *arguments: str, **variables: str) -> str:
        result = self.release(*arguments, **variables)
        assert result.status == 0, result.all
        return result.out

    def must_fail(self, *arguments: str, **variables: str) -> str:
        result = self.release(*arguments, **variables)
        assert result.status == 1, result.all
        return result.out

    def manage(self, *arguments: str) -> str:
        result = run([self.python, "manage.py", *arguments], self.env, self.folder)
        assert result.status == 0, result.all
        return result.out

    def shell(self, code: str) -> str:
        return self.manage("shell", "-c", code).splitlines()[-1]

    def rows(self, query: str, database: str = "db.sqlite3") -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / database)) as connection:
            return connection.execute(query).fetchall()

    def kill_while_it_waits(self, number: int = signal.SIGKILL) -> None:
        """Start a release step, and end it in the middle of a migration."""
        log = self.folder / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                self.argv, cwd=self.folder, env={**self.env, "WAIT": "yes"}, stdout=stream
            )
        try:
            deadline = time.monotonic() + TIMEOUT
            while "waiting" not in log.read_text("utf-8"):
                assert process.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            process.send_signal(number)
            process.wait(TIMEOUT)


Environments = Callable[[str], Path]


@pytest.fixture(scope="session")
def environment_of(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """Return the Python of a virtual environment with a version of Django, and drivers."""
    made: dict[str, Path] = {}

    def make(django: str) -> Path:
        if django not in made:
            need(PYTHONS[django])
            program = local_python(PYTHONS[django])
            folder = tmp_path_factory.mktemp("django") / django
            env = machine_env()
            driver = DRIVERS[django < "4.2"]
            packages = [f"django=={django}.*", "pymysql", driver, "setuptools"]
            for arguments in (
                ["venv", "--quiet", f"--python={program}", str(folder)],
                ["pip", "install", "--quiet", f"--python={folder}/bin/python", *packages],
            ):
                result = run([UV / "uv", *arguments], env)
                assert result.status == 0, result.all
            made[django] = folder / "bin" / "python"
        return made[django]

    return make


def project_in(folder: Path, python: Path) -> Project:
    write_tree(
        folder,
        {
            "manage.py": MANAGE,
            "harbour/__init__.py": "",
            "harbour/settings.py": SETTINGS,
            "berths/__init__.py": "",
            "berths/models.py": MODELS,
            "berths/migrations/__init__.py": "",
            "berths/migrations/0001_initial.py": INITIAL,
        },
    )
    project = Project(folder=folder, python=python, env={"PATH": os.environ["PATH"]})
    project.set_databases(default=sqlite("db.sqlite3"))
    project.configure()
    return project


def sqlite(name: str) -> dict[str, object]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project for the Django of the tests."""
    return project_in(tmp_path / "app", Path(sys.executable))


def after_the_lock(output: str) -> list[str]:
    """Return the lines that come after that of the lock."""
    lines = output.splitlines()
    start = "Checking the migrations of the database"
    [place] = [number for number, line in enumerate(lines) if line.startswith(start)]
    return lines[place + 1 :]


@pytest.mark.parametrize(
    "django",
    [
        "2.2",
        *(pytest.param(it, marks=pytest.mark.long) for it in ("3.2", "4.2", "5.2", "6.0")),
    ],
)
def test_everything_is_done_once(
    tmp_path: Path, environment_of: Environments, django: str
) -> None:
    project = project_in(tmp_path / "app", environment_of(django))
    does_everything_once(project)


def test_everything_is_done_once_with_the_django_of_the_tests(project: Project) -> None:
    does_everything_once(project)


def does_everything_once(project: Project) -> None:
    caches = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}
    caches["default"]["LOCATION"] = "cached"
    hook = '#!/bin/sh\necho "$DJANGO_SETTINGS_MODULE in $PWD"\n'
    project.write(
        {
            "harbour/settings.py": f"{SETTINGS}CACHES = {caches}\n",
            "berths/fixtures/berths.json": ONE_BERTH,
            "bin/release": hook,
        }
    )
    (project.folder / "bin/release").chmod(0o755)
    project.configure(initial_fixtures=("berths",), release_hook=True)
    lines = after_the_lock(project.must_release(**ADMIN))
    number = int(lines[0].removeprefix("Migrations for default: "))
    assert "  berths.0001_initial" in lines[1 : number + 1]
    assert all(" OK (" in line for line in lines[number + 1 : 2 * number + 1])
    end = f"Release step finished: {number} migrations applied, 1 cache table created, "
    assert lines[2 * number + 1 : -1] == [
        "Cache table cached created in the database default",
        "Superuser admin created",
        "Fixture berths: 1 object loaded",
        "Running bin/release",
        f"harbour.settings in {project.folder}",
    ]
    assert lines[-1].startswith(f"{end}superuser created, 1 fixture loaded, bin/release run")
    user = "from django.contrib.auth import authenticate as a; "
    login = f"{user}print(a(username='admin', password='tide-and-moon').is_superuser)"
    assert project.shell(login) == "True"
    assert project.rows(
        "SELECT count(*) FROM auth_permission WHERE codename = 'add_berth'"
    ) == [(1,)]
    project.rows("SELECT * FROM cached")
    # The user may change what was loaded.
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as connection:
        connection.execute("UPDATE berths_berth SET name = 'renamed'")
        connection.commit()
    lines = after_the_lock(
        project.must_release(**{**ADMIN, "DJANGO_SUPERUSER_PASSWORD": "another"})
    )
    assert lines[:-1] == [
        "Migrations for default: none to apply",
        "Superuser admin: this user exists, and stays as it is",
        "Fixtures: not loaded, because no table is new",
        "Running bin/release",
        f"harbour.settings in {project.folder}",
    ]
    assert project.rows("SELECT id, name FROM berths_berth") == [(7, "renamed")]
    assert project.shell(login) == "True"
    assert project.rows("SELECT * FROM django_migrations WHERE app = 'slipway-release'") == []


def test_a_failing_migration_is_undone_and_applied_after_its_correction(
    project: Project,
) -> None:
    project.write(depth(operation=FAILS))
    output = project.must_fail()
    assert "Traceback (most recent call last):" in output
    assert "no such column: nonsense" in output
    assert "slipway_release" not in output
    assert (
        "The migration berths.0002_depth failed, and was rolled back. Applied before" in output
    )
    project.write(depth())
    lines = after_the_lock(project.must_release())
    assert lines[0:2] == ["Migrations for default: 1", "  berths.0002_depth"]


@pytest.mark.long
def test_a_release_step_continues_after_it_was_killed(project: Project) -> None:
    project.write(depth())
    project.kill_while_it_waits()
    lines = after_the_lock(project.must_release())
    assert lines[0:2] == ["Migrations for default: 1", "  berths.0002_depth"]
    assert "berths.0002_depth... OK" in "\n".join(lines)
    assert after_the_lock(project.must_release())[0] == "Migrations for default: none to apply"


def test_a_migration_that_is_not_atomic_is_named_after_it_was_killed(project: Project) -> None:
    project.write(depth(atomic=False))
    project.kill_while_it_waits()
    assert "The migration berths.0002_depth was interrupted" in project.must_fail()
    output = project.must_fail()
    assert (
        "The migration berths.0002_depth was interrupted, and may be applied in part, because "
        "it has atomic = False." in output
    )
    record = "python manage.py migrate berths 0002_depth --fake"
    assert f"    {record}\n" in output
    project.manage(*record.split()[2:])
    assert "none to apply" in project.must_release()
    assert project.rows("SELECT * FROM django_migrations WHERE app = 'slipway-release'") == []


@pytest.mark.long
def test_an_interrupted_migration_is_applied_again_once_it_is_undone(project: Project) -> None:
    project.write(depth(atomic=False))
    project.kill_while_it_waits(signal.SIGTERM)
    assert "    slipway-release --retry\n" in project.must_fail()
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as connection:
        connection.execute("ALTER TABLE berths_berth DROP COLUMN depth")
        connection.commit()
    output = project.must_release("--retry")
    assert "berths.0002_depth is applied again, from its beginning" in output
    assert "Applying berths.0002_depth... OK" in output


def test_fixtures_are_loaded_after_a_release_step_that_was_killed(project: Project) -> None:
    project.write({**depth(), "berths/fixtures/berths.json": ONE_BERTH})
    project.configure(initial_fixtures=("berths",))
    project.kill_while_it_waits()
    assert "Fixture berths: 1 object loaded" in project.must_release()
    assert "Fixtures: not loaded, because no table is new" in project.must_release()
    assert project.rows("SELECT id, name FROM berths_berth") == [(7, "North")]


PIER = """
from django.db import migrations, models

key = models.AutoField(primary_key=True, auto_created=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [("berths", "0001_initial")]
    operations = [
        migrations.RenameModel("Berth", "Mooring"),
        migrations.CreateModel("Pier", [("id", key)]),
    ]
"""


def test_fixtures_are_not_loaded_into_tables_with_data(project: Project) -> None:
    project.must_release()
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as connection:
        connection.execute("INSERT INTO berths_berth VALUES (7, 'South')")
        connection.commit()
    models = f"{MODELS.replace('Berth', 'Mooring')}\n\nclass Pier(models.Model):\n    pass\n"
    project.write(
        {
            "berths/models.py": models,
            "berths/migrations/0002_pier.py": PIER,
            "berths/fixtures/moorings.json": ONE_BERTH.replace(
                "berths.berth", "berths.mooring"
            ),
            "berths/fixtures/piers.json": '[{"model": "berths.pier", "pk": 1, "fields": {}}]',
        }
    )
    project.configure(initial_fixtures=("moorings", "piers"))
    lines = after_the_lock(project.must_release())
    assert "Fixture moorings: not loaded, because berths_mooring is not new" in lines
    assert "Fixture piers: 1 object loaded" in lines
    assert project.rows("SELECT id, name FROM berths_mooring") == [(7, "South")]


@pytest.mark.long
def test_a_fixture_that_cannot_be_loaded_is_loaded_after_its_correction(
    project: Project,
) -> None:
    wrong = ONE_BERTH.replace("name", "nonsense")
    project.write(
        {"berths/fixtures/berths.json": wrong, "berths/fixtures/first.json": ONE_BERTH}
    )
    project.configure(initial_fixtures=("first", "missing"))
    assert "No fixture named 'missing' found." in project.must_fail()
    project.configure(initial_fixtures=("first", "berths"))
    assert "Berth has no field named 'nonsense'" in project.must_fail()
    assert project.rows("SELECT count(*) FROM berths_berth") == [(0,)]
    project.write({"berths/fixtures/berths.json": ONE_BERTH})
    assert "Fixture berths: 1 object loaded" in project.must_release()


def test_an_older_release_applies_nothing(project: Project) -> None:
    older = {"berths/models.py": MODELS}
    project.write(depth())
    project.must_release()
    (project.folder / "berths/migrations/0002_depth.py").unlink()
    project.write(older)
    assert after_the_lock(project.must_release())[:-1] == [
        "Database default: a newer release applied berths.0002_depth",
        "Database default: nothing to apply",
    ]


def test_changed_models_are_a_notice(project: Project) -> None:
    project.write({"berths/models.py": WITH_DEPTH})
    files = sorted(project.folder.rglob("*"))
    output = project.must_release()
    [notice] = [line for line in output.splitlines() if line.startswith("Notice")]
    assert notice == (
        "Notice: models of berths have changes without a migration (Add field depth to berth). "
        "Run this, and commit what it writes: python manage.py makemigrations berths"
    )
    new = {*project.folder.rglob("*")} - {*files}
    assert {path.name for path in new if path.suffix != ".pyc"} <= {"db.sqlite3", "__pycache__"}
    project.manage("makemigrations", "berths")
    assert "Notice" not in project.must_release()


@pytest.mark.long
def test_migrations_that_do_not_fit_together_are_mended_by_what_is_said(
    project: Project,
) -> None:
    project.must_release()
    other = "berths/migrations/0002_width.py"
    text = MIGRATION.format(after="0001_initial", operation=WAITS, atomic=True)
    project.write({**depth(), other: text.replace("depth", "width")})
    output = project.must_fail()
    assert "Two migrations follow the same one (berths: 0002_depth, 0002_width)" in output
    assert "python manage.py makemigrations --merge" in output
    project.manage("makemigrations", "--merge", "--noinput")
    (project.folder / other).rename(project.folder / "kept.py")
    output = project.must_fail()
    assert "depends on berths.0002_width, which does not exist" in output
    (project.folder / "kept.py").rename(project.folder / other)
    assert "berths.0002_width" in project.must_release()
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as connection:
        connection.execute("DELETE FROM django_migrations WHERE name = '0002_depth'")
        connection.commit()
    output = project.must_fail()
    assert "is applied before its dependency berths.0002_depth" in output
    [command] = [line for line in output.splitlines() if ".record_applied(" in line]
    project.shell(f"{command.split(chr(34))[1]}; print('done')")
    assert "none to apply" in project.must_release()


OWN_COMMAND = """
from django.core.management.commands.migrate import Command as Migrate


class Command(Migrate):
    def handle(self, *args, **options):
        self.stdout.write("migrating as the app does")
        super().handle(*args, **options)
"""


def test_a_migrate_command_of_the_app_is_used(project: Project) -> None:
    project.write(
        {
            "berths/management/__init__.py": "",
            "berths/management/commands/__init__.py": "",
            "berths/management/commands/migrate.py": OWN_COMMAND,
        }
    )
    output = project.must_release()
    assert "migrating as the app does\n" in output
    assert "  Applying berths.0001_initial... OK\n" in output
    assert "migrations applied, in" in output


ROUTER = """

class Router:
    def allow_migrate(self, db, app_label, **hints):
        return app_label == "berths" if db == "berths" else db == "default"

DATABASE_ROUTERS = ["harbour.settings.Router"]
"""


def test_routers_decide_which_databases_are_migrated(project: Project) -> None:
    names = ("default", "berths", "legacy")
    project.set_databases(**{name: sqlite(f"{name}.sqlite3") for name in names})
    lines = after_the_lock(project.must_release())
    assert [line for line in lines if line.startswith("Database ")] == [
        f"Database {name}: not migrated, because DATABASE_ROUTERS is not set, so nothing says "
        "which tables belong in it; to migrate it, run once: "
        f"python manage.py migrate --database={name}"
        for name in ("berths", "legacy")
    ]
    project.write({"harbour/settings.py": f"{SETTINGS}{ROUTER}"})
    (project.folder / "default.sqlite3").unlink()
    lines = after_the_lock(project.must_release())
    assert (
        "Database legacy: not migrated, because DATABASE_ROUTERS let no model migrate to it"
        in lines
    )
    tables = "SELECT name FROM sqlite_master WHERE name IN ('auth_user', 'berths_berth')"
    assert project.rows(tables, "berths.sqlite3") == [("berths_berth",)]
    assert project.rows(tables, "legacy.sqlite3") == []


def test_the_superuser_has_the_fields_of_a_custom_user_model(project: Project) -> None:
    project.write(
        {
            "harbour/settings.py": f'{SETTINGS}AUTH_USER_MODEL = "people.Person"\n'
            'INSTALLED_APPS.append("people")\n',
            "people/__init__.py": "",
            "people/models.py": PEOPLE,
            "people/migrations/__init__.py": "",
        }
    )
    project.manage("makemigrations", "people")
    output = project.must_fail(**ADMIN)
    assert (
        "Not used: DJANGO_SUPERUSER_USERNAME. The user model has DJANGO_SUPERUSER_EMAIL, "
        "DJANGO_SUPERUSER_BORN, DJANGO_SUPERUSER_CREW.\n" in output
    )
    assert (
        "The superuser was not created, because DJANGO_SUPERUSER_EMAIL, DJANGO_SUPERUSER_BORN "
        "and DJANGO_SUPERUSER_CREW are not set.\n" in output
    )
    given = {
        "DJANGO_SUPERUSER_EMAIL": "Ada@Example.COM",
        "DJANGO_SUPERUSER_BORN": "1815-12-10",
        "DJANGO_SUPERUSER_CREW": "1",
        "DJANGO_SUPERUSER_PASSWORD": "tide-and-moon",
    }
    output = project.must_fail(**{**given, "DJANGO_SUPERUSER_BORN": "long ago"})
    assert "the value of DJANGO_SUPERUSER_BORN is not valid:" in output
    output = project.must_fail(**given)
    assert "the value of DJANGO_SUPERUSER_CREW is not valid:" in output
    project.shell("from people.models import Crew; Crew(name='Deck').save(); print()")
    assert "Superuser Ada@Example.COM created" in project.must_release(**given)
    found = project.rows("SELECT email, born, crew_id FROM people_person")
    assert found == [("ada@example.com", "1815-12-10", 1)]
    without_password = {**given, "DJANGO_SUPERUSER_PASSWORD": ""}
    assert "this user exists" in project.must_release(**without_password)


PEOPLE = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class Crew(models.Model):
    name = models.CharField(max_length=20)


class Manager(BaseUserManager):
    def create_superuser(self, email, born, crew, password):
        person = self.model(
            email=email.lower(), born=born, crew_id=crew, is_superuser=True, is_staff=True
        )
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    born = models.DateField()
    crew = models.ForeignKey(Crew, on_delete=models.PROTECT)
    is_staff = models.BooleanField(default=False)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["born", "crew"]
    objects = Manager()
"""


@pytest.mark.long
def test_an_app_without_users_has_no_superuser(project: Project) -> None:
    without = SETTINGS.replace('"django.contrib.auth", ', "")
    project.write({"harbour/settings.py": without})
    project.must_release()
    output = project.must_fail(**ADMIN)
    assert "The superuser was not created, because there are no users: " in output
    assert "Add django.contrib.auth to INSTALLED_APPS, or unset" in output


@pytest.mark.long
def test_a_superuser_without_password_is_not_created(project: Project) -> None:
    output = project.must_fail(DJANGO_SUPERUSER_USERNAME="admin")
    assert (
        "The superuser was not created, because DJANGO_SUPERUSER_PASSWORD is not set.\n"
        "Set it, or unset the variables that begin with DJANGO_SUPERUSER_.\n" in output
    )
    assert project.rows("SELECT * FROM auth_user") == []


@pytest.mark.long
def test_a_weak_password_is_a_notice(project: Project) -> None:
    validator = "django.contrib.auth.password_validation.NumericPasswordValidator"
    rules = f"AUTH_PASSWORD_VALIDATORS = [{{'NAME': '{validator}'}}]\n"
    project.write({"harbour/settings.py": f"{SETTINGS}{rules}"})
    output = project.must_release(**{**ADMIN, "DJANGO_SUPERUSER_PASSWORD": "815"})
    notice = (
        "the password in DJANGO_SUPERUSER_PASSWORD is weak: This password is entirely numeric."
    )
    assert f"Notice: {notice}\nSuperuser admin created\n" in output


def test_a_password_is_not_shown_when_the_user_model_fails(project: Project) -> None:
    receiver = """

from django.db.models.signals import pre_save

def refuse(instance, **_):
    raise ValueError(f"{instance.__dict__} {os.environ['DJANGO_SUPERUSER_PASSWORD']}")

pre_save.connect(refuse, sender="auth.User")
"""
    models = f"import os\n{MODELS}{receiver}"
    project.write({"berths/models.py": models})
    result = project.release(**ADMIN)
    assert result.status == 1, result.all
    assert "create_superuser of the user model auth.User failed. ValueError: " in result.out
    assert "tide-and-moon" not in result.all


def connected(database: Database) -> dict[str, object]:
    engine = {"postgres": "postgresql", "mysql": "mysql"}[database.engine]
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": database.name,
        "USER": database.user,
        "PASSWORD": database.password,
        "HOST": "127.0.0.1",
        "PORT": str(database.port),
    }


@pytest.mark.long
@pytest.mark.parametrize("django", PYTHONS)
def test_killed_in_postgresql(
    tmp_path: Path, environment_of: Environments, django: str, postgresql_server: Database
) -> None:
    project = project_in(tmp_path / "app", environment_of(django))
    database = postgresql_server.create(f"killed_{django.replace('.', '_')}")
    project.set_databases(default=connected(database))
    project.write({**depth(), "berths/fixtures/berths.json": ONE_BERTH})
    project.configure(initial_fixtures=("berths",))
    project.kill_while_it_waits()
    output = project.must_release(**ADMIN)
    assert "Applying berths.0002_depth... OK" in output
    assert "Fixture berths: 1 object loaded" in output
    assert "Superuser admin created" in output
    assert database.query("SELECT name, depth FROM berths_berth") == ["North\t"]
    assert "none to apply" in project.must_release()


@pytest.mark.long
@pytest.mark.parametrize("django", PYTHONS)
def test_killed_in_mariadb(
    tmp_path: Path, environment_of: Environments, django: str, mariadb_server: Database
) -> None:
    project = project_in(tmp_path / "app", environment_of(django))
    database = mariadb_server.create(f"killed_{django.replace('.', '_')}")
    project.set_databases(default=connected(database))
    project.write({**depth(), "berths/fixtures/berths.json": ONE_BERTH})
    project.configure(initial_fixtures=("berths",))
    project.kill_while_it_waits()
    output = project.must_fail()
    assert (
        "The migration berths.0002_depth was interrupted, and may be applied in part, because "
        "this kind of database cannot roll back changes of tables." in output
    )
    database.query("ALTER TABLE berths_berth DROP COLUMN depth")
    output = project.must_release("--retry", **ADMIN)
    assert "Applying berths.0002_depth... OK" in output
    assert "Fixture berths: 1 object loaded" in output
    assert database.query("SELECT name, depth FROM berths_berth") == ["North\tNULL"]
    width = "berths/migrations/0003_width.py"
    text = MIGRATION.format(after="0002_depth", operation=FAILS, atomic=True)
    only_failing = "\n".join(line for line in text.splitlines() if "AddField" not in line)
    project.write({width: only_failing})
    output = project.must_fail()
    assert "The migration berths.0003_width failed, before it changed anything." in output
    project.write({width: text.replace('"depth"', '"width"')})
    output = project.must_fail()
    assert "The migration berths.0003_width failed, and was not rolled back" in output
    record = "python manage.py migrate berths 0003_width --fake"
    assert record in output
    project.manage(*record.split()[2:])
    assert "none to apply" in project.must_release()


@pytest.mark.long
def test_an_account_that_may_not_create_tables(
    tmp_path: Path, environment_of: Environments, postgresql_server: Database
) -> None:
    project = project_in(tmp_path / "app", environment_of("6.0"))
    database = postgresql_server.create("of_another_account")
    database.query("CREATE ROLE guest LOGIN PASSWORD 'berth-by-night'")
    project.set_databases(default={**connected(database), "USER": "guest"})
    output = project.must_fail()
    assert "permission denied for schema public" in output
    [advice] = [line for line in output.splitlines() if line.startswith("    GRANT ")]
    database.query(advice)
    assert "migrations applied, in" in project.must_release()


PRIMARY_AND_REPLICA = """

class Router:  # as in https://docs.djangoproject.com/en/stable/topics/db/multi-db/
    def allow_migrate(self, db, app_label, **hints):
        return True

DATABASE_ROUTERS = ["harbour.settings.Router"]
"""


@pytest.mark.long
def test_a_read_only_database_is_not_migrated(
    tmp_path: Path, environment_of: Environments, postgresql_server: Database
) -> None:
    project = project_in(tmp_path / "app", environment_of("6.0"))
    primary = postgresql_server.create("primary_of_a_replica")
    options = {"OPTIONS": {"options": "-c default_transaction_read_only=on"}}
    replica = {**connected(primary), **options}
    project.set_databases(default=connected(primary), replica=replica)
    project.write({"harbour/settings.py": f"{SETTINGS}{PRIMARY_AND_REPLICA}"})
    output = project.must_release()
    assert "Database replica: not migrated, because it is read-only" in output
    project.write(depth())
    project.set_databases(default=replica)
    output = project.must_fail()
    assert "The database default needs migrations, but it is read-only." in output
