"""The release step does not create tables again that a database has from `syncdb`."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from integration.databases import Database
from integration.test_release_step import (
    INITIAL,
    MODELS,
    PYTHONS,
    SETTINGS,
    Environments,
    Project,
    connected,
    environment_of,
    project,
    project_in,
)

__all__ = ["environment_of", "project"]
OF_SYNCDB = """
CREATE TABLE "django_content_type" (
    "id" integer NOT NULL PRIMARY KEY,
    "name" varchar(100) NOT NULL,
    "app_label" varchar(100) NOT NULL,
    "model" varchar(100) NOT NULL,
    UNIQUE ("app_label", "model")
);
CREATE TABLE "auth_permission" (
    "id" integer NOT NULL PRIMARY KEY,
    "name" varchar(50) NOT NULL,
    "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id"),
    "codename" varchar(100) NOT NULL,
    UNIQUE ("content_type_id", "codename")
);
CREATE TABLE "auth_group" (
    "id" integer NOT NULL PRIMARY KEY,
    "name" varchar(80) NOT NULL UNIQUE
);
CREATE TABLE "auth_group_permissions" (
    "id" integer NOT NULL PRIMARY KEY,
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id"),
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id"),
    UNIQUE ("group_id", "permission_id")
);
CREATE TABLE "auth_user" (
    "id" integer NOT NULL PRIMARY KEY,
    "username" varchar(30) NOT NULL UNIQUE,
    "first_name" varchar(30) NOT NULL,
    "last_name" varchar(30) NOT NULL,
    "email" varchar(75) NOT NULL,
    "password" varchar(128) NOT NULL,
    "is_staff" bool NOT NULL,
    "is_active" bool NOT NULL,
    "is_superuser" bool NOT NULL,
    "last_login" datetime NOT NULL,
    "date_joined" datetime NOT NULL
);
CREATE TABLE "auth_user_user_permissions" (
    "id" integer NOT NULL PRIMARY KEY,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id"),
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id"),
    UNIQUE ("user_id", "permission_id")
);
CREATE TABLE "auth_user_groups" (
    "id" integer NOT NULL PRIMARY KEY,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id"),
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id"),
    UNIQUE ("user_id", "group_id")
);
CREATE TABLE "berths_berth" (
    "id" integer NOT NULL PRIMARY KEY,
    "name" varchar(20) NOT NULL
);
INSERT INTO django_content_type (name, app_label, model) VALUES ('berth', 'berths', 'berth');
INSERT INTO auth_permission (name, content_type_id, codename)
    VALUES ('Can add berth', 1, 'add_berth');
INSERT INTO berths_berth (name) VALUES ('North');
"""
"""What Django 1.4 creates, in SQLite, for the apps of the project, and its first rows.

So says its command `sqlall`; references are here where other databases than SQLite have them.
"""
RECORDS = "python manage.py migrate --fake-initial"
UNRECORDED = (
    "The database default has tables of these apps, but no record of their migrations: "
    "auth, berths, contenttypes\n"
    "They were created without migrations, as by `syncdb` of Django before 1.7. Nothing was "
    "changed in this database.\n"
)
LONGEST_EMAIL = "a" * 180 + "@example.com"
NEW_USER = (
    "from django.contrib.auth.models import User; "
    f"u = User.objects.create_user('ada', '{LONGEST_EMAIL}', last_login=None); "
    "from django.contrib.contenttypes.models import ContentType as C; "
    "C.objects.create(app_label='piers', model='pier'); "
    "print(User.objects.get().email == u.email)"
)


def fill(project: Project, statements: str) -> None:
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as connection:
        connection.executescript(statements)


def tables(project: Project) -> Iterable[object]:
    return project.rows("SELECT name, sql FROM sqlite_master ORDER BY name")


@pytest.fixture
def old(project: Project) -> Project:
    """Return a project whose database is of an older Django."""
    fill(project, OF_SYNCDB)
    return project


def test_tables_without_migrations_are_named_and_stay_as_they_are(old: Project) -> None:
    before = tables(old)
    output = old.must_fail()
    assert "Traceback" not in output
    assert f"{UNRECORDED}1. Make a backup of the database.\n" in output
    assert f"    {RECORDS}\n3. Deploy again" in output
    assert tables(old) == before
    old.manage(*RECORDS.split()[2:])
    assert "Migrations for default: none to apply" in old.must_release()
    assert old.rows("SELECT id, name FROM berths_berth") == [(1, "North")]
    assert old.shell(NEW_USER) == "True"


NEWER_MODELS = f"""{MODELS}    depth = models.IntegerField(null=True)
    owner = models.ForeignKey("auth.User", null=True, on_delete=models.SET_NULL)


class Pier(models.Model):
    berths = models.ManyToManyField(Berth)
"""
SOUTH = "CREATE TABLE south_migrationhistory (id integer PRIMARY KEY, app_name varchar(255));"


@pytest.mark.long
def test_a_first_migration_that_does_not_fit_is_mended_by_what_is_said(old: Project) -> None:
    fill(old, f"ALTER TABLE berths_berth ADD COLUMN length integer NOT NULL DEFAULT 3; {SOUTH}")
    fill(old, "ALTER TABLE auth_group RENAME COLUMN name TO title")
    first = old.folder / "berths/migrations/0001_initial.py"
    first.unlink()
    old.write({"berths/models.py": NEWER_MODELS})
    old.manage("makemigrations", "berths")
    output = old.must_fail()
    assert "The table south_migrationhistory is of South; Django does not read it.\n" in output
    assert (
        "1. Make auth.0001_initial fit the tables, which differ:\n"
        "    auth_group.name: there is no such column\n"
        "    auth_group.title: requires a value, but is not in the model\n"
        "   It belongs to a package: see how" in output
    )
    assert (
        "2. Make berths.0001_initial fit the tables, which differ:\n"
        "    berths_berth.depth: there is no such column\n"
        "    berths_berth.owner_id: there is no such column\n"
        "    berths_pier: there is no such table\n"
        "    berths_pier_berths: there is no such table\n"
        "   Delete 0001_initial.py, remove from the models" in output
    )
    assert "\n3. Make a backup" in output
    fill(old, "ALTER TABLE auth_group RENAME COLUMN title TO name")
    first.unlink()
    again = re.findall(r"`python manage.py (makemigrations berths)`", output)[0].split()
    old.write({"berths/models.py": MODELS})
    old.manage(*again)
    old.write({"berths/models.py": NEWER_MODELS})
    old.manage(*again)
    output = old.must_fail()
    assert "differ" not in output
    old.manage(*RECORDS.split()[2:])
    assert "Migrations for default: none to apply" in old.must_release()
    found = old.shell("from berths.models import Berth; print(Berth.objects.get().depth)")
    assert found == "None"


@pytest.mark.long
def test_tables_of_an_app_that_had_no_migrations_are_named(project: Project) -> None:
    migrations = project.folder / "berths/migrations"
    migrations.rename(project.folder / "kept")
    project.manage("migrate", "--run-syncdb")
    (project.folder / "kept").rename(migrations)
    output = project.must_fail()
    assert "no record of their migrations: berths\n" in output
    project.manage(*RECORDS.split()[2:])
    assert "Migrations for default: none to apply" in project.must_release()


FREES_TABLE = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("piers", "0001_initial")]
    operations = [migrations.AlterModelTable("berth", "piers_berth")]
"""


def test_a_table_that_is_renamed_before_does_not_stop_the_step(project: Project) -> None:
    of_piers = SETTINGS.replace('"berths"', '"piers"')
    first = INITIAL.replace(
        "max_length=20))]", 'max_length=20))], {"db_table": "berths_berth"}'
    )
    project.write(
        {
            "harbour/settings.py": of_piers,
            "piers/__init__.py": "",
            "piers/migrations/__init__.py": "",
            "piers/migrations/0001_initial.py": first,
        }
    )
    project.must_release()
    after = INITIAL.replace("dependencies = []", 'dependencies = [("piers", "0002_frees")]')
    project.write(
        {
            "harbour/settings.py": of_piers.replace('"piers"', '"berths", "piers"'),
            "piers/migrations/0002_frees.py": FREES_TABLE,
            "berths/migrations/0001_initial.py": after,
        }
    )
    assert "Applying berths.0001_initial... OK" in project.must_release()


@pytest.mark.long
@pytest.mark.parametrize("django", PYTHONS)
def test_tables_without_migrations_in_postgresql(
    tmp_path: Path, environment_of: Environments, django: str, postgresql_server: Database
) -> None:
    project = project_in(tmp_path / "app", environment_of(django))
    database = postgresql_server.create(f"syncdb_{django.replace('.', '_')}")
    statements = OF_SYNCDB.replace('"id" integer', '"id" serial')
    database.query(statements.replace("datetime", "timestamp with time zone"))
    project.set_databases(default=connected(database))
    output = project.must_fail()
    assert f"{UNRECORDED}1. Make a backup of the database.\n" in output
    project.manage(*RECORDS.split()[2:])
    assert "Migrations for default: none to apply" in project.must_release()
    assert database.query("SELECT id, name FROM berths_berth") == ["1\tNorth"]
    assert project.shell(NEW_USER) == "True"


@pytest.mark.long
def test_tables_of_another_schema_do_not_stop_the_step(
    tmp_path: Path, environment_of: Environments, postgresql_server: Database
) -> None:
    project = project_in(tmp_path / "app", environment_of("6.0"))
    database = postgresql_server.create("syncdb_of_another_schema")
    statements = OF_SYNCDB.replace('"id" integer', '"id" serial')
    database.query(statements.replace("datetime", "timestamp with time zone"))
    database.query("CREATE SCHEMA harbour")
    options = {"options": "-c search_path=harbour,public"}
    project.set_databases(default={**connected(database), "OPTIONS": options})
    assert "Applying berths.0001_initial... OK" in project.must_release()


@pytest.mark.long
def test_tables_without_migrations_in_mariadb(
    tmp_path: Path, environment_of: Environments, mariadb_server: Database
) -> None:
    project = project_in(tmp_path / "app", environment_of("5.2"))
    database = mariadb_server.create("syncdb")
    statements = OF_SYNCDB.replace("PRIMARY KEY", "PRIMARY KEY AUTO_INCREMENT")
    database.query(statements.replace('"', "`").replace("datetime", "datetime(6)"))
    project.set_databases(default=connected(database))
    output = project.must_fail()
    assert f"{UNRECORDED}1. Make a backup of the database.\n" in output
    project.manage(*RECORDS.split()[2:])
    assert "Migrations for default: none to apply" in project.must_release()
    assert project.shell(NEW_USER) == "True"
