"""Hooks and Django's commands of a build get the variables of bound services; pip does not."""

from __future__ import annotations

import json
from pathlib import Path

from integration.classic_platform import DEBUG, Platform
from integration.packages import write_tree

PASSWORD = "p@ss/w#rd&tide"  # noqa: S105
OTHER_PASSWORD = "another-of-the-same-service"  # noqa: S105
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
WITHOUT_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}

MANAGE = """
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""
SETTINGS = """
import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "only-for-this-test-of-bound-services-0123456789"
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
SEARCH = os.environ["SEARCH_KEY"]
INSTALLED_APPS = ["django.contrib.staticfiles", "harbour"]
ROOT_URLCONF = "harbour.urls"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
"""
APP = {
    "requirements.txt": "Django==5.2.*\ndj-database-url\n",
    "manage.py": MANAGE,
    "Procfile": "worker: python manage.py check\n",
    "harbour/__init__.py": "",
    "harbour/settings.py": SETTINGS,
    "harbour/urls.py": "urlpatterns = []\n",
    "harbour/management/commands/show.py": """
import json
import os
from django.conf import settings
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def handle(self, *args, **options):
        found = settings.DATABASES["default"]
        with open(os.environ["SEEN"] + "-command", "w") as stream:
            json.dump([found["PASSWORD"], found["HOST"]], stream)
""",
    "pyproject.toml": '[tool.slipway]\nbuild_commands = ["show"]\n',
}
HOOK = """#!/bin/sh
env
path=${DATABASE_URL#*sslrootcert=}
path=$(echo "${path%%&*}" | sed s,%2F,/,g)
cat "$path"
echo "$DATABASE_URL" > "$SEEN-NAME"
"""
"""It prints all variables, and stores one where no build does."""
HOOKS = {
    name: HOOK.replace("NAME", Path(name).name)
    for name in ("bin/pre_compile", "postinstall", "bin/post_compile")
}


def services(password: str) -> str:
    """Return VCAP_SERVICES with a database, and a service that Slipway does not know."""
    database = {
        "hostname": "db.example",
        "username": "crew",
        "password": password,
        "dbname": "yard",
        "ca": CERTIFICATE,
    }
    return json.dumps(
        {
            "postgresql-9.1": [{"name": "shop-db", "credentials": database}],
            "tides": [{"name": "tides", "credentials": {"pin": f"{password}-of-tides"}}],
        }
    )


def contents(*folders: Path) -> bytes:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return b"".join(path.read_bytes() for path in files)


def test_hooks_and_commands_connect_to_bound_services(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build, seen = write_tree(tmp_path / "build", {**APP, **HOOKS}), tmp_path / "seen"
    variables = {**WITHOUT_PYTHON, "VCAP_SERVICES": services(PASSWORD), "SEEN": str(seen)}
    # Its temporary folder is empty afterwards: the certificate is not there any more.
    result = fresh_platform.build(build, variables)
    log = " ".join(result.out.split())
    line = "Setting variables from these service bindings for the build: shop-db (DATABASE_URL)"
    assert line in log
    # A variable that a binding sets is not missing.
    assert "not set: SEARCH_KEY (harbour/settings.py:10). The app needs" in log
    assert log.count("MIIB") >= len(HOOKS)
    for hook in HOOKS:
        url = Path(f"{seen}-{Path(hook).name}").read_text("utf-8")
        assert url.startswith("postgresql://crew:p%40ss%2Fw%23rd%26tide@db.example/yard?"), hook
    assert json.loads(Path(f"{seen}-command").read_text()) == [PASSWORD, "db.example"]
    for place in (result.all.encode(), contents(build, fresh_platform.cache)):
        for password in (PASSWORD, "p%40ss%2Fw%23rd%26tide"):
            assert password.encode() not in place


def test_another_password_changes_nothing_in_a_build(
    platform: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", APP)
    variables = {**WITHOUT_PYTHON, **DEBUG, "SEEN": str(tmp_path / "seen")}
    platform.build(build, {**variables, "VCAP_SERVICES": services(PASSWORD)})
    result = platform.build(build, {**variables, "VCAP_SERVICES": services(OTHER_PASSWORD)})
    assert not result.cache_misses, result.all
    installers = ("pip", "uv ", "venv --")
    assert not [it for it in result.commands if any(word in it for word in installers)]
    assert json.loads((tmp_path / "seen-command").read_text())[0] == OTHER_PASSWORD
    assert b"of-the-same" not in contents(build)
