"""A Django site that uses a database, a cache and a mail server, and their credentials.

It reads only DATABASE_URL, CACHE_URL and EMAIL_URL. Each platform passes the credentials of
the same servers in its own form.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from integration.classic_platform import PATH, run
from integration.databases import Database, postgresql
from integration.mail_server import MailServer, mail_server
from integration.packages import write_tree
from integration.service_servers import Server, certificates, redis_server
from integration.serving import Site

PASSWORD = "50% & l#mp/@:?'\"$(x)\\"  # noqa: S105 - of servers of the tests
"""Its characters have a meaning in an address, in a shell, in TOML or in JSON.

Python's smtplib only logs in with ASCII.
"""
QUOTED = quote(PASSWORD, safe="")
SECRET_KEY = "only-for-the-tests-of-bound-services-0123456789"  # noqa: S105
PROJECT = "lighthouse"
"""The name of the database, which apps on dotCloud named after their project."""

_SETTINGS = """
import os

import environ

env = environ.Env()
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["localhost"]
DATABASES = {"default": env.db()}
CACHES = {"default": env.cache()}
vars().update(env.email())
INSTALLED_APPS = ["lamps"]
ROOT_URLCONF = "lighthouse.urls"
WSGI_APPLICATION = "lighthouse.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
_VARIABLES = """
import hashlib
import json
import os


def digests():
    return json.dumps(
        {
            name: hashlib.sha256(value.encode()).hexdigest()
            for name, value in os.environ.items()
            if name.endswith("_URL") or name.startswith("EMAIL_")
        }
    )


if __name__ == "__main__":
    print(digests())
"""
_URLS = """
from django.core.cache import cache
from django.core.mail import send_mail
from django.http import HttpResponse
from django.urls import path

from lamps.models import Lamp
from lighthouse.variables import digests


def mail(request):
    sent = send_mail("Fog", "Light the lamp.", "keeper@sea.example", ["crew@sea.example"])
    return HttpResponse(f"{sent} sent")


def row(request):
    Lamp.objects.create(name="Fresnel")
    return HttpResponse(f"{Lamp.objects.count()} written")


def key(request):
    cache.set("flashes", 3, None)
    return HttpResponse(f"{cache.get('flashes')} set")


def variables(request):
    return HttpResponse(digests())


urlpatterns = [path(f"{view.__name__}/", view) for view in (mail, row, key, variables)]
"""
_FILES = {
    "requirements.txt": "Django>=5.2,<5.3\ndjango-environ\npsycopg[binary]>=3.2,<4\nredis\n",
    "manage.py": """
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lighthouse.settings")
    execute_from_command_line(sys.argv)
""",
    "lighthouse/__init__.py": "",
    "lighthouse/settings.py": _SETTINGS,
    "lighthouse/variables.py": _VARIABLES,
    "lighthouse/urls.py": _URLS,
    "lighthouse/wsgi.py": """
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lighthouse.settings")
application = get_wsgi_application()
""",
    "lamps/__init__.py": "",
    "lamps/models.py": """
from django.db import models


class Lamp(models.Model):
    name = models.CharField(max_length=100)
""",
    "lamps/migrations/__init__.py": "",
    "lamps/migrations/0001_initial.py": """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Lamp",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
            ],
        ),
    ]
""",
}


def write_lighthouse(folder: Path) -> Path:
    return write_tree(folder, _FILES)


@dataclass(frozen=True, kw_only=True)
class Services:
    """The servers that the site uses."""

    database: Database
    cache: Server
    mail: MailServer
    ca: Path
    """The certificate of the private CA that the mail server's certificate is from."""

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each server by its kind, as brokers write it."""
        place = "127.0.0.1"
        database = f"{place}:{self.database.port}/{self.database.name}"
        return {
            "postgresql": f"postgresql://{self.database.user}:{QUOTED}@{database}",
            "redis": f"redis://:{QUOTED}@{place}:{self.cache.port}",
            "smtp": f"smtp://{self.mail.user}:{QUOTED}@{place}:{self.mail.port}",
        }

    @property
    def own(self) -> dict[str, str]:
        """The variables that the user sets."""
        one_worker = {"WEB_CONCURRENCY": "1"}
        return {"SECRET_KEY": SECRET_KEY, "SSL_CERT_FILE": str(self.ca), **one_worker}

    @property
    def expected(self) -> dict[str, str]:
        """The variables that the site gets."""
        return {
            "DATABASE_URL": self.addresses["postgresql"],
            "REDIS_URL": self.addresses["redis"],
            "CACHE_URL": self.addresses["redis"],
            "EMAIL_URL": self.addresses["smtp"] + "?tls=True&EMAIL_USE_TLS=True",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.mail.port),
            "EMAIL_HOST_USER": self.mail.user,
            "EMAIL_HOST_PASSWORD": PASSWORD,
            "EMAIL_USE_TLS": "True",
        }

    def empty(self) -> None:
        """Remove what the site has left at the servers."""
        self.database.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self.ask_cache("FLUSHALL")
        self.mail.received.clear()

    def ask_cache(self, *command: str) -> str:
        argv = ["redis-cli", "-h", "127.0.0.1", "-p", str(self.cache.port), *command]
        answer = run(argv, {"PATH": PATH, "REDISCLI_AUTH": self.cache.password})
        assert answer.status == 0, answer.all
        return answer.out.strip()


@contextmanager
def served_services(folder: Path) -> Iterator[Services]:
    """Start the servers; `folder` must be one that every user can access."""
    made = certificates(folder / "certificates")
    with (
        postgresql(folder / "database") as server,
        redis_server(folder / "cache", password=PASSWORD) as cache,
        mail_server(user="keeper", password=PASSWORD, tls=made) as mail,
    ):
        literal = PASSWORD.replace("'", "''")
        server.query(f"CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '{literal}'")
        database = replace(server.create(PROJECT), user="keeper", password=PASSWORD)
        yield Services(database=database, cache=cache, mail=mail, ca=made.ca)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """How a platform passes the credentials to a process."""

    env: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[str, ...] = ()
    """The sh commands that prepare a separate mount namespace."""


def _vcap_services(services: Services, folder: Path) -> Bound:
    # Cloud Foundry's launcher sets it as well, with another name of the scheme:
    # https://github.com/cloudfoundry/buildpackapplifecycle/blob/main/databaseuri/databaseuri.go
    written = services.addresses["postgresql"].replace("postgresql://", "postgres://")
    return Bound(env={"VCAP_SERVICES": _vcap_text(services), "DATABASE_URL": written})


def _vcap_services_file(services: Services, folder: Path) -> Bound:
    file = folder / "vcap_services"
    file.write_text(_vcap_text(services), "utf-8")
    return Bound(env={"VCAP_SERVICES_FILE_PATH": str(file)})


def _vcap_text(services: Services) -> str:
    found = services.addresses
    of_database = {
        "hostname": "127.0.0.1",
        "port": str(services.database.port),
        "name": PROJECT,
        "username": services.database.user,
        "password": PASSWORD,
        "uri": found["postgresql"],
        "jdbcUrl": "jdbc:" + found["postgresql"],
    }
    of_cache = {"host": "127.0.0.1", "port": services.cache.port, "password": PASSWORD}
    content = {
        "elephantsql": [_instance("elephantsql", "lamps", of_database)],
        "p-redis": [_instance("p-redis", "flashes", of_cache)],
        "user-provided": [_instance("user-provided", "post", {"uri": found["smtp"]})],
    }
    return json.dumps(content, ensure_ascii=False)


def _instance(label: str, name: str, credentials: Mapping[str, object]) -> dict[str, object]:
    """Return an entry of VCAP_SERVICES with all members that Cloud Foundry writes."""
    return {
        "label": label,
        "provider": None,
        "plan": "shared",
        "name": name,
        "tags": [],
        "instance_guid": "5b0f4b2e-6b2c-4f7c-9d8e-0a3d1f6e7c11",
        "instance_name": name,
        "binding_guid": "d6c9a7b1-3f1e-4c55-8a41-7e2b9c0d4f22",
        "binding_name": None,
        "credentials": credentials,
        "syslog_drain_url": None,
        "volume_mounts": [],
    }


def _service_bindings(services: Services, folder: Path) -> Bound:
    found = services.addresses
    files = {
        "lamps/type": "postgresql\n",
        "lamps/provider": "crunchy\n",
        "lamps/host": "127.0.0.1\n",
        "lamps/port": f"{services.database.port}\n",
        "lamps/database": PROJECT,
        "lamps/username": services.database.user,
        "lamps/password": PASSWORD,
        "flashes/type": "redis",
        "flashes/host": "127.0.0.1",
        "flashes/port": str(services.cache.port),
        "flashes/password": PASSWORD,
        "post/type": "smtp",
        "post/uri": found["smtp"],
    }
    return Bound(env={"SERVICE_BINDING_ROOT": str(write_tree(folder / "bindings", files))})


def _cred_file(services: Services, folder: Path) -> Bound:
    content = {
        "ELEPHANTSQL": {"ELEPHANTSQL_URL": services.addresses["postgresql"]},
        "REDIS": {
            "REDIS_HOSTNAME": "127.0.0.1",
            "REDIS_PORT": str(services.cache.port),
            "REDIS_PASSWORD": PASSWORD,
        },
        "SMTP": {"SMTP_URL": services.addresses["smtp"]},
        "CONFIG": {"CONFIG_VARS": {"LAMPS": "2"}},
    }
    file = folder / "creds.json"
    file.write_text(json.dumps(content), "utf-8")
    return Bound(env={"CRED_FILE": str(file)})


def _dotcloud(services: Services, folder: Path) -> Bound:
    # The name of the database is only that of the project.
    entries = {
        "DOTCLOUD_PROJECT": PROJECT,
        "DOTCLOUD_ENVIRONMENT": "default",
        "DOTCLOUD_SERVICE_NAME": "www",
        "DOTCLOUD_SERVICE_ID": "0",
        "DOTCLOUD_DB_SQL_HOST": "127.0.0.1",
        "DOTCLOUD_DB_SQL_PORT": str(services.database.port),
        "DOTCLOUD_DB_SQL_LOGIN": services.database.user,
        "DOTCLOUD_DB_SQL_PASSWORD": PASSWORD,
        "DOTCLOUD_FLASHES_REDIS_HOST": "127.0.0.1",
        "DOTCLOUD_FLASHES_REDIS_PORT": str(services.cache.port),
        "DOTCLOUD_FLASHES_REDIS_PASSWORD": PASSWORD,
        "DOTCLOUD_POST_SMTP_URL": services.addresses["smtp"],
    }
    file = folder / "environment.json"
    file.write_text(json.dumps(entries), "utf-8")
    return Bound(
        mounts=(
            "mount -t tmpfs none /home",
            "mkdir /home/dotcloud",
            f"cp {shlex.quote(str(file))} /home/dotcloud/environment.json",
        )
    )


FORMS: Mapping[str, Callable[[Services, Path], Bound]] = {
    "VCAP_SERVICES": _vcap_services,
    "VCAP_SERVICES_FILE_PATH": _vcap_services_file,
    "SERVICE_BINDING_ROOT": _service_bindings,
    "CRED_FILE": _cred_file,
    "environment.json": _dotcloud,
}
"""Takes the servers and a folder for files, which every user must be able to access."""

SHOW_VARIABLES = "python -m lighthouse.variables"
"""The command that prints the digests of the variables that credentials have set."""


def gets_all_variables(printed: str, services: Services) -> None:
    expected = {
        name: hashlib.sha256(value.encode()).hexdigest()
        for name, value in services.expected.items()
    }
    found = json.loads(printed)
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def works(site: Site, services: Services) -> None:
    """Use each server through the site, and look at the servers for what it did."""
    gets_all_variables(site.get("/variables/").text, services)
    answers = [site.get(path).text for path in ("/mail/", "/row/", "/key/")]
    assert answers == ["1 sent", "1 written", "3 set"]
    [mail] = services.mail.received
    assert (mail.user, mail.sender, mail.recipients) == (
        "keeper",
        "keeper@sea.example",
        ["crew@sea.example"],
    )
    assert mail.message["Subject"] == "Fog"
    assert services.database.query("SELECT name FROM lamps_lamp") == ["Fresnel"]
    assert services.ask_cache("GET", ":1:flashes") == "3"
