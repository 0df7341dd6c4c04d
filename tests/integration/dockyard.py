"""A Django site whose settings have no defaults, for tests with real databases."""

from __future__ import annotations

import http.cookiejar
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from integration.databases import Database
from integration.packages import write_tree
from integration.serving import TIMEOUT, Site

SUPERUSER = {
    "DJANGO_SUPERUSER_USERNAME": "master",
    "DJANGO_SUPERUSER_EMAIL": "master@harbour.example",
    "DJANGO_SUPERUSER_PASSWORD": "all-hands-on-deck-7",
}

ALL_MIGRATIONS = 21
"""Those of Django 5.2 for the apps of the dockyard, and its own."""

_REQUIREMENTS = """
dj-database-url>=3,<4
Django>=5.2,<5.3
psycopg[binary]>=3.2,<4
PyMySQL>=1.1,<2
whitenoise>=6.9,<7
"""
_SETTINGS = """
import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
SESSION_COOKIE_AGE = int(os.environ["SESSION_SECONDS"])

DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
if "REPORTS_DATABASE_URL" in os.environ:
    DATABASES["reports"] = dj_database_url.parse(os.environ["REPORTS_DATABASE_URL"])
    DATABASE_ROUTERS = ["dockyard.routers.ReportsRouter"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "berths",
    "reports",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "dockyard.urls"
WSGI_APPLICATION = "dockyard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
"""
_ID = (
    '("id", models.BigAutoField('
    'auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))'
)
_MIGRATIONS = {
    "berths/migrations/0001_initial.py": """
from django.db import migrations, models


def add_first(apps, schema_editor):
    apps.get_model("berths", "Berth").objects.create(name="Quay 1")


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Berth",
            fields=[
                ID_FIELD,
                ("name", models.CharField(max_length=100)),
            ],
        ),
        migrations.RunPython(add_first, migrations.RunPython.noop),
    ]
""",
    "berths/migrations/0002_crane.py": """
import os

from django.db import migrations, models


def sleep(apps, schema_editor):
    seconds = float(os.environ.get("MIGRATION_SECONDS", "0"))
    function = {"postgresql": "pg_sleep", "mysql": "SLEEP"}.get(schema_editor.connection.vendor)
    if seconds and function:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [seconds])


class Migration(migrations.Migration):
    dependencies = [("berths", "0001_initial")]
    operations = [
        migrations.CreateModel(name="Crane", fields=[ID_FIELD]),
        migrations.RunPython(sleep, migrations.RunPython.noop),
    ]
""",
    "reports/migrations/0001_initial.py": """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [migrations.CreateModel(name="Report", fields=[ID_FIELD])]
""",
}
_FILES = {
    "requirements.txt": _REQUIREMENTS,
    "manage.py": """
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockyard.settings")
    execute_from_command_line(sys.argv)
""",
    "dockyard/__init__.py": """
import pymysql

pymysql.install_as_MySQLdb()
""",
    "dockyard/settings.py": _SETTINGS,
    "dockyard/routers.py": """
class ReportsRouter:
    def db_for_read(self, model, **hints):
        return "reports" if model._meta.app_label == "reports" else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return (db == "reports") == (app_label == "reports")
""",
    "dockyard/urls.py": """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
""",
    "dockyard/wsgi.py": """
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockyard.settings")
application = get_wsgi_application()
""",
    "berths/__init__.py": "",
    "berths/models.py": """
from django.db import models


class Berth(models.Model):
    name = models.CharField(max_length=100)


class Crane(models.Model):
    pass
""",
    "berths/migrations/__init__.py": "",
    "reports/__init__.py": "",
    "reports/models.py": """
from django.db import models


class Report(models.Model):
    pass
""",
    "reports/migrations/__init__.py": "",
    **{name: text.replace("ID_FIELD", _ID) for name, text in _MIGRATIONS.items()},
}


def write_dockyard(folder: Path) -> Path:
    return write_tree(folder, _FILES)


def variables(database: Database) -> dict[str, str]:
    """Return all that the settings require, and the superuser to create."""
    return {
        "SECRET_KEY": "only-for-the-tests-of-the-release-step-0123456789",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SESSION_SECONDS": "3600",
        "DATABASE_URL": database.url,
        **SUPERUSER,
    }


def applied(database: Database) -> list[str]:
    """Return the recorded migrations of the apps, which may be recorded only once."""
    rows = database.query("SELECT app, name FROM django_migrations ORDER BY id")
    assert len(rows) == len({*rows})
    return rows


def count(database: Database, table: str) -> int:
    [row] = database.query(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of the tests
    return int(row)


def is_released(database: Database) -> None:
    """Check what the release step has to leave in the database."""
    assert len(applied(database)) == ALL_MIGRATIONS
    assert count(database, "berths_berth") == 1
    assert database.query("SELECT username, is_superuser = true FROM auth_user")[0] in (
        "master\tt",
        "master\t1",
    )
    assert count(database, "auth_user") == 1


def log_in(site: Site, account: Mapping[str, str] = SUPERUSER) -> str:
    """Log in to the admin as a browser does, and return the page that it shows then."""
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(cookies)
    )
    address = f"http://127.0.0.1:{site.port}/admin/login/?next=/admin/"
    browser.open(address, timeout=TIMEOUT).close()
    [token] = [cookie.value for cookie in cookies if cookie.name == "csrftoken"]
    form = {
        "username": account["DJANGO_SUPERUSER_USERNAME"],
        "password": account["DJANGO_SUPERUSER_PASSWORD"],
        "csrfmiddlewaretoken": str(token),
    }
    answer = browser.open(address, urllib.parse.urlencode(form).encode(), timeout=TIMEOUT)
    with answer:
        return str(answer.read().decode())
