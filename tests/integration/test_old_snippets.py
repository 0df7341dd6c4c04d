"""Settings of old guides, which read a platform's credentials themselves, still work.

They are in https://docs.cloudfoundry.org/buildpacks/python/ and its predecessors, in the guides
of cloudControl and dotCloud, and in the documentation of cfenv.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import pytest

from integration.classic_platform import Platform
from integration.databases import Database
from integration.isolation import with_mounts
from integration.packages import write_tree
from integration.serving import Dyno

WITHOUT_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
THROW_AWAY = "Throw-away values for this build, because the settings require variables"
DOTCLOUD_FILE = "/home/dotcloud/environment.json"


def databases(cred: str, *keys: str) -> str:
    """Write DATABASES with the name, user, password, host and port that are at some keys."""
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    lines = (f'"{name}": {cred}[{key!r}],' for name, key in zip(names, keys, strict=True))
    inner = indent("\n".join(['"ENGINE": "django.db.backends.mysql",', *lines]), " " * 8)
    return f'DATABASES = {{\n    "default": {{\n{inner}\n    }}\n}}\n'


_OF_VCAP = databases("cred", "name", "user", "password", "hostname", "port")
_OF_MYSQLS = databases(
    "creds",
    *("MYSQLS_DATABASE", "MYSQLS_USERNAME", "MYSQLS_PASSWORD", "MYSQLS_HOSTNAME"),
    "MYSQLS_PORT",
)
_OF_DOTCLOUD = databases(
    "env",
    *("DOTCLOUD_PROJECT", "DOTCLOUD_DB_MYSQL_LOGIN", "DOTCLOUD_DB_MYSQL_PASSWORD"),
    *("DOTCLOUD_DB_MYSQL_HOST", "DOTCLOUD_DB_MYSQL_PORT"),
)
_SQLITE = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site"}}\n'


@dataclass(frozen=True, kw_only=True)
class Snippet:
    text: str
    """The last lines of the settings."""
    variable: str = ""
    """The variable that gets a throw-away value in a build without credentials."""
    words: str = ""
    """What the error of such a build says; empty if it succeeds."""


_GUARDED_VARIABLE = f"""
if 'VCAP_SERVICES' in os.environ:
    vcap_services = json.loads(os.environ['VCAP_SERVICES'])
    # XXX: avoid hardcoding here
    mysql_srv = vcap_services['mysql-5.1'][0]
    cred = mysql_srv['credentials']
{indent(_OF_VCAP, "    ")}else:
    {_SQLITE}"""
_CFENV = """
from cfenv import AppEnv
db = AppEnv().get_service(label='mysql-5.1')
"""
_NOT_SET = "Error: The variable VCAP_SERVICES is not set"
SNIPPETS = {
    "guarded": Snippet(text=_GUARDED_VARIABLE),
    "in steps": Snippet(
        text=f"""
vcap_services = json.loads(os.environ['VCAP_SERVICES'])
mysql_srv = vcap_services['mysql-5.1'][0]
cred = mysql_srv['credentials']
{_OF_VCAP}""",
        variable="VCAP_SERVICES",
    ),
    "in one line": Snippet(
        text=f"""
cred = json.loads(os.environ['VCAP_SERVICES'])['mysql-5.1'][0]['credentials']
{_OF_VCAP}""",
        variable="VCAP_SERVICES",
    ),
    "of None": Snippet(
        text=f"""
cred = json.loads(os.getenv('VCAP_SERVICES'))['mysql-5.1'][0]['credentials']
{_OF_VCAP}""",
        variable="VCAP_SERVICES",
    ),
    "of an empty object": Snippet(
        text=f"""
services = json.loads(os.getenv('VCAP_SERVICES', '{{}}'))
cred = services['mysql-5.1'][0]['credentials']
{_OF_VCAP}""",
        variable="VCAP_SERVICES",
    ),
    "port as a number": Snippet(
        text=f"""
VCAP = json.loads(os.environ['VCAP_SERVICES'])
cred = VCAP['mysql-5.1'][0]['credentials']
{_OF_VCAP}DATABASES["default"]["PORT"] = int(cred["port"])
""",
        variable="VCAP_SERVICES",
    ),
    "address": Snippet(
        text="""
import dj_database_url
VCAP = json.loads(os.environ['VCAP_SERVICES'])
uri = VCAP['mysql-5.1'][0]['credentials']['uri']
DATABASES = {"default": dj_database_url.parse(uri)}
""",
        variable="VCAP_SERVICES",
    ),
    "in a function": Snippet(
        text=f"""
def credentials(label):
    services = json.loads(os.environ['VCAP_SERVICES'])
    return services[label][0]['credentials']
cred = credentials('mysql-5.1')
{_OF_VCAP}""",
        words=_NOT_SET,
    ),
    "in a loop": Snippet(
        text=f"""
services = json.loads(os.environ['VCAP_SERVICES'])
for label in services:
    if label.startswith('mysql'):
        cred = services[label][0]['credentials']
{_OF_VCAP}""",
        words=_NOT_SET,
    ),
    "first of all": Snippet(
        text=f"""
cred = list(json.loads(os.environ['VCAP_SERVICES']).values())[0][0]['credentials']
{_OF_VCAP}""",
        words=_NOT_SET,
    ),
    "cfenv": Snippet(
        text=f"{_CFENV}cred = db.credentials\n{_OF_VCAP}",
        words="Error: A service that the settings use is not bound",
    ),
    "guarded cfenv": Snippet(
        text=f"{_CFENV}if db:\n    cred = db.credentials\n"
        f"{indent(_OF_VCAP, '    ')}else:\n    {_SQLITE}"
    ),
    "CRED_FILE": Snippet(
        text=f"""
with open(os.environ['CRED_FILE']) as f:
    creds = json.load(f)['MYSQLS']
{_OF_MYSQLS}""",
        variable="CRED_FILE",
    ),
    "CRED_FILE in one line": Snippet(
        text=f"""
creds = json.load(open(os.environ['CRED_FILE']))['MYSQLS']
{_OF_MYSQLS}""",
        variable="CRED_FILE",
    ),
    "guarded CRED_FILE": Snippet(
        text=f"""
try:
    creds = json.load(open(os.environ['CRED_FILE']))['MYSQLS']
{indent(_OF_MYSQLS, "    ")}except (KeyError, IOError):
    {_SQLITE}"""
    ),
    "environment.json": Snippet(
        text=f"""
with open('{DOTCLOUD_FILE}') as f:
    env = json.load(f)
{_OF_DOTCLOUD}""",
        words="Error: The file with the credentials of services does not exist",
    ),
}


def app(snippet: str) -> dict[str, str]:
    """Return the files of a site that asks its database for a sum."""
    settings = f"""
import json
import os

SECRET_KEY = "only-for-the-tests-of-old-settings-0123456789"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "quay.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATIC_ROOT = "staticfiles"
{snippet}"""
    urls = """
from django.db import connection
from django.http import HttpResponse
from django.urls import path


def total(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 40 + 2, %s", [connection.vendor])
        return HttpResponse(" ".join(map(str, cursor.fetchone())))


urlpatterns = [path("", total)]
"""
    start = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "quay.settings")\n'
    return {
        "requirements.txt": "cfenv\ndj-database-url\nDjango==5.2.*\nPyMySQL\n",
        "manage.py": f"{start}import sys\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n",
        "quay/__init__.py": "import pymysql\npymysql.install_as_MySQLdb()\n",
        "quay/settings.py": settings,
        "quay/urls.py": urls,
        "quay/wsgi.py": f"{start}from django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n",
    }


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A database's credentials, as a platform passes them."""

    variables: dict[str, str]
    within: list[str]


def credentials_for(snippet: str, database: Database, folder: Path) -> Credentials:
    host, port = "127.0.0.1", str(database.port)
    if DOTCLOUD_FILE in snippet:
        prefix, file = "DOTCLOUD_DB_MYSQL_", folder / "environment.json"
        values = {"LOGIN": database.user, "PASSWORD": database.password}
        values |= {"HOST": host, "PORT": port, "URL": database.url}
        environment = {f"{prefix}{key}": value for key, value in values.items()}
        file.write_text(json.dumps({"DOTCLOUD_PROJECT": database.name, **environment}))
        mounts = (
            "mount -t tmpfs none /home",
            "mkdir /home/dotcloud",
            f"cp {shlex.quote(str(file))} {DOTCLOUD_FILE}",
        )
        return Credentials(variables={}, within=with_mounts(*mounts))
    if "CRED_FILE" in snippet:
        file = folder / "creds.json"
        values = {"DATABASE": database.name, "USERNAME": database.user, "HOSTNAME": host}
        values |= {"PASSWORD": database.password, "PORT": port}
        addon = {f"MYSQLS_{key}": value for key, value in values.items()}
        file.write_text(json.dumps({"MYSQLS": addon}))
        return Credentials(variables={"CRED_FILE": str(file)}, within=[])
    found = {"name": database.name, "user": database.user, "username": database.user}
    found |= {"hostname": host, "host": host, "password": database.password, "port": port}
    found["uri"] = f"{database.url}"
    service = {"name": "quay-db", "label": "mysql-5.1", "credentials": found}
    services = json.dumps({"mysql-5.1": [service]})
    return Credentials(variables={"VCAP_SERVICES": services}, within=[])


@contextmanager
def served(app: Path, credentials: Credentials) -> Iterator[str]:
    """Serve a built app with credentials; yield what it answers."""
    dyno = Dyno(app=app, env=credentials.variables, within=credentials.within)
    with dyno.serve("gunicorn quay.wsgi") as site:
        yield site.get().text


@pytest.mark.long
@pytest.mark.parametrize("name", SNIPPETS)
def test_a_build_without_credentials(
    name: str,
    platform: Platform,
    tmp_path: Path,
    mariadb_server: Database,
) -> None:
    snippet = SNIPPETS[name]
    build = write_tree(tmp_path / "build", app(snippet.text))
    result = platform.compile(build, WITHOUT_PYTHON)
    log = " ".join(result.out.split())
    if snippet.words:
        assert result.status == 1
        words = " ".join(result.words.replace(" !", "").split())
        assert words.startswith(snippet.words), words
        assert 'DATABASES = {"default": dj_database_url.config()}' in words
        return
    assert result.status == 0, result.all
    named = f"{THROW_AWAY} that are not set: {snippet.variable} (quay/settings.py:"
    assert (named in log) is bool(snippet.variable), log
    credentials = credentials_for(snippet.text, mariadb_server, tmp_path)
    with served(platform.move(build), credentials) as answer:
        assert answer == "42 mysql"


@pytest.mark.parametrize(
    "name",
    [it if it == "in steps" else pytest.param(it, marks=pytest.mark.long) for it in SNIPPETS],
)
def test_a_build_with_credentials(
    name: str,
    platform: Platform,
    tmp_path: Path,
    mariadb_server: Database,
) -> None:
    build = write_tree(tmp_path / "build", app(SNIPPETS[name].text))
    credentials = credentials_for(SNIPPETS[name].text, mariadb_server, tmp_path)
    bound = Platform(
        slipway=platform.slipway,
        folder=platform.folder,
        cache=platform.cache,
        within=credentials.within,
    )
    result = bound.build(build, {**WITHOUT_PYTHON, **credentials.variables})
    log = " ".join(result.out.split())
    assert THROW_AWAY not in log
    assert "(DATABASE_URL" in log
    assert mariadb_server.password not in result.all
    with served(platform.move(build), credentials) as answer:
        assert answer == "42 mysql"


@pytest.mark.long
def test_a_bound_database_is_not_asked_in_a_build(
    platform: Platform, tmp_path: Path, mariadb_server: Database
) -> None:
    snippet = SNIPPETS["in steps"].text
    files = app(f'{snippet}INSTALLED_APPS += ["quay"]\n')
    files["quay/models.py"] = (
        "from django.db import connection\nconnection.ensure_connection()\n"
    )
    build = write_tree(tmp_path / "build", files)
    credentials = credentials_for(snippet, mariadb_server, tmp_path)
    result = platform.compile(build, {**WITHOUT_PYTHON, **credentials.variables})
    assert result.status == 1
    assert "Error: The app uses its database while it is built" in result.err


def test_the_advice_works(platform: Platform, tmp_path: Path, mariadb_server: Database) -> None:
    lines = 'import dj_database_url\nDATABASES = {"default": dj_database_url.config()}\n'
    build = write_tree(tmp_path / "build", app(lines))
    platform.build(build, WITHOUT_PYTHON)
    credentials = credentials_for("VCAP_SERVICES", mariadb_server, tmp_path)
    with served(platform.move(build), credentials) as answer:
        assert answer == "42 mysql"
