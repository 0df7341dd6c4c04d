"""A hook in which a command of Django fails: the error says why, if the traceback tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.scenario import Scenario

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quay.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "quay"]
"""
MIGRATE = "#!/bin/bash\nset -e\necho Migrating\npython manage.py migrate --noinput\n"
SQLITE = (
    'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "q.sqlite3"}}\n'
)
POSTGRESQL = (
    'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "quay",\n'
    '    "HOST": "127.0.0.1", "PORT": 1, "USER": "quay", "PASSWORD": "hidden-word"}}\n'
)
MIGRATED_LATER = (
    "Remove the command `migrate` from bin/post_compile: Slipway's release step migrates the "
    "database, after the build."
)


@dataclass(frozen=True, kw_only=True)
class FailingHook:
    settings: str = ""
    script: str = MIGRATE
    hook: str = "bin/post_compile"
    requirements: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    says: tuple[str, ...]
    says_not: tuple[str, ...] = ()


CASES = {
    "variable": FailingHook(
        settings='URL = os.environ["DATABASE_URL"]\nDEPTH = os.environ["DEPTH"]\n',
        says=(
            "a traceback of Django: quay.settings needs these environment variables, which are",
            "DATABASE_URL (line 4 of quay/settings.py) and DEPTH (line 5 of quay/settings.py).",
            "Hooks get no throw-away values for variables.",
            "Set them as config variables of the app: DATABASE_URL=",
            "Or remove the command `migrate` from bin/post_compile",
            "add the release step to the Procfile: release: slipway-release",
            "delete or rename bin/post_compile",
        ),
        says_not=("DISABLE_COLLECTSTATIC", "Building static files"),
    ),
    "variable that the script sets": FailingHook(
        settings='URL = os.environ["DATABASE_URL"]\nDEPTH = os.environ["DEPTH"]\n',
        script=MIGRATE.replace("python", "export DEPTH=3\npython"),
        says=("needs the environment variable DATABASE_URL (line 4",),
        says_not=("DEPTH",),
    ),
    "secret key": FailingHook(
        settings='SECRET_KEY = os.environ["SECRET_KEY"]\n',
        says=("needs the environment variable SECRET_KEY (line 4 of quay/settings.py)",),
    ),
    "variable of None": FailingHook(
        settings='HOSTS = os.getenv("HOSTS").split(",")\n',
        says=("needs the environment variable HOSTS (line 4 of quay/settings.py)",),
    ),
    "django-environ": FailingHook(
        settings='import environ\nenv = environ.Env()\nDATABASES = {"default": env.db()}\n',
        requirements="django-environ",
        says=("needs the environment variable DATABASE_URL (line 6 of quay/settings.py)",),
    ),
    "python-decouple": FailingHook(
        settings='from decouple import config\nTOKEN = config("TOKEN")\n',
        requirements="python-decouple",
        says=("needs the environment variable TOKEN (line 5 of quay/settings.py)",),
    ),
    "environs": FailingHook(
        settings='from environs import Env\nenv = Env()\nTOKEN = env.str("TOKEN")\n',
        requirements="environs",
        says=("needs the environment variable TOKEN (line 6 of quay/settings.py)",),
    ),
    "database not reached": FailingHook(
        settings=POSTGRESQL,
        requirements="psycopg[binary]",
        says=(
            "traceback of Django, which could not use the database: OperationalError: conn",
            "Many platforms have no database while they build an app",
            MIGRATED_LATER,
        ),
        says_not=("DISABLE_COLLECTSTATIC", "A build refuses"),
    ),
    "database not reached by psycopg2": FailingHook(
        settings=POSTGRESQL,
        requirements="psycopg2-binary",
        says=("could not use the database: OperationalError: ", MIGRATED_LATER),
    ),
    "database not reached by another command": FailingHook(
        settings=POSTGRESQL,
        script="python manage.py loaddata quays\n",
        requirements="psycopg[binary]",
        says=("Move the command into a script bin/release", "release_hook = true"),
        says_not=("`migrate`",),
        files={"quay/fixtures/quays.json": "[]"},
    ),
    "no database": FailingHook(
        settings='import dj_database_url\nDATABASES = {"default": dj_database_url.config()}\n',
        requirements="dj-database-url",
        says=("settings.DATABASES is improperly configured", MIGRATED_LATER),
    ),
    "module": FailingHook(
        settings="import corsheaders\n",
        hook="postinstall",
        script="python manage.py check\n",
        says=(
            "The hook postinstall failed",
            "The app needs the module corsheaders (line 4 of quay/settings.py), but neither",
            "django-cors-headers",
        ),
    ),
    "settings": FailingHook(
        settings="BROKEN = 1 / 0\n",
        hook="postinstall",
        script="python manage.py check\n",
        says=("quay.settings fails at line 4 of quay/settings.py with ZeroDivisionError",),
    ),
    "syntax": FailingHook(
        settings="BROKEN = (\n",
        hook="postinstall",
        script="python manage.py check\n",
        says=("quay.settings fails at line 4 of quay/settings.py", "SyntaxError"),
    ),
    "table that does not exist": FailingHook(
        settings=SQLITE,
        script="python manage.py shell -c 'from django.contrib.contenttypes.models import "
        "ContentType as C; C.objects.count()'\n",
        says=("Its output, if any, is in the log above.", "Run it in the app's folder"),
        says_not=("traceback of Django",),
    ),
    "other output at the end": FailingHook(
        settings='URL = os.environ["DATABASE_URL"]\n',
        script="python manage.py migrate\necho 'Not ready'; ./no-such-program\n",
        says=("Its output, if any, is in the log above.",),
        says_not=("traceback of Django",),
    ),
    "script without Django": FailingHook(
        script="python -c 'import os; os.environ[\"DATABASE_URL\"]'\n",
        says=("Its output, if any, is in the log above.",),
        says_not=("traceback of Django",),
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_the_error_of_a_hook_says_why_django_failed(
    platform: Platform, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    scenario = Scenario(folder=tmp_path, platform=platform)
    scenario.app(
        {
            "manage.py": MANAGE,
            "quay/__init__.py": "",
            "quay/settings.py": SETTINGS + case.settings,
            "requirements.txt": f"Django==5.2.*\n{case.requirements}\n",
            case.hook: case.script,
            **case.files,
        }
    )
    result = scenario.compile()
    assert result.status == 1, result.all
    words = " ".join(result.words.replace(" !     ", " ").split())
    assert f"The hook {case.hook} failed" in words
    assert [text for text in case.says if text not in words] == [], words
    assert [text for text in case.says_not if text in words] == [], words
    assert "hidden-word" not in result.all
