"""Apps connect to real databases with the DATABASE_URL of a bound service."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from integration.classic_platform import Platform, Result
from integration.conftest import open_to_all
from integration.databases import Database, mariadb, postgresql
from integration.packages import write_tree
from integration.service_servers import Certificates, certificates
from integration.serving import Dyno, free_port

NASTY = "p@ss:/?#[]%41&+ \"'\\"
REQUIREMENTS = """
dj-database-url>=3,<4
Django>=5.2,<5.3
django-environ>=0.12,<1
mysqlclient>=2.2,<3
psycopg[binary]>=3.2,<4
psycopg2-binary>=2.9,<3
PyMySQL>=1.1,<2
"""
# As the libraries' documentation writes the settings.
CONNECT = """
import json
import sys

import dj_database_url
import django
import environ
from django.conf import settings
from django.db import connections

driver, variable, question = sys.argv[1:]
if driver == "psycopg2":
    # Django uses psycopg instead if it is installed.
    sys.modules["psycopg"] = None
if driver == "PyMySQL":
    import pymysql

    pymysql.install_as_MySQLdb()
databases = {
    "default": dj_database_url.config(variable),
    "django-environ": environ.Env().db(variable),
}
settings.configure(DATABASES=databases)
django.setup()
encrypted = {
    "postgresql": "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    "mysql": "SELECT variable_value <> '' FROM information_schema.session_status"
    " WHERE variable_name = 'Ssl_cipher'",
}
for name in databases:
    with connections[name].cursor() as cursor:
        cursor.execute(encrypted[connections[name].vendor])
        (is_encrypted,) = cursor.fetchone()
        cursor.execute(question)
        (answer,) = cursor.fetchone()
    print(json.dumps([connections[name].Database.__name__, answer, bool(is_encrypted)]))
"""
DRIVERS = {
    "psycopg": "psycopg",
    "psycopg2": "psycopg2",
    "mysqlclient": "MySQLdb",
    "PyMySQL": "pymysql",
}
"""The distribution -> the module that Django uses."""


class Server(NamedTuple):
    database: Database
    socket: Path
    """As its drivers want it: MySQL's itself, and the folder of PostgreSQL's."""


every_driver = pytest.mark.parametrize("driver", DRIVERS)


@pytest.fixture(scope="module")
def app(slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built app, moved to where it runs."""
    folder = tmp_path_factory.mktemp("databases")
    platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
    files = {"requirements.txt": REQUIREMENTS, "connect.py": CONNECT, "Procfile": "web: true\n"}
    build = write_tree(folder / "build", files)
    platform.build(build)
    return platform.move(build)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def servers(files: Certificates) -> Iterator[Mapping[str, Server]]:
    """Return the server of each driver, with the account of a user with a nasty password."""
    with (
        open_to_all("postgresql-") as first,
        open_to_all("mariadb-") as second,
        postgresql(first, tls=files, socket=True) as of_psycopg,
        mariadb(second, tls=files) as of_mysql,
    ):
        quoted = NASTY.replace("'", "''")
        of_mysql.query("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'")
        for user, requires in (("pilot@sea", ""), ("diver", "REQUIRE X509")):
            of_psycopg.query(f"""CREATE ROLE "{user}" LOGIN PASSWORD '{quoted}'""")
            of_mysql.query(f"CREATE USER '{user}'@'%' IDENTIFIED BY '{quoted}' {requires}")
            of_mysql.query(f"GRANT ALL ON {of_mysql.name}.* TO '{user}'@'%'")
        # Otherwise, only the server's own user reaches the socket.
        (second / "data").chmod(0o755)
        yield {
            driver: Server(replace(database, user="pilot@sea", password=NASTY), socket)
            for drivers, database, socket in (
                (("psycopg", "psycopg2"), of_psycopg, first),
                (("mysqlclient", "PyMySQL"), of_mysql, second / "data/socket"),
            )
            for driver in drivers
        }


def credentials_of(database: Database, **more: object) -> dict[str, object]:
    return {
        "engine": database.engine,
        "hostname": "127.0.0.1",
        "port": database.port,
        "name": database.name,
        "username": database.user,
        "password": database.password,
        **more,
    }


def connect(
    app: Path,
    driver: str,
    *credentials: Mapping[str, object],
    variable: str = "DATABASE_URL",
    question: str = "SELECT 42",
) -> Result:
    services = [
        {"name": f"shop-{number}", "label": "user-provided", "credentials": each}
        for number, each in enumerate(credentials, start=1)
    ]
    dyno = Dyno(app=app, env={"VCAP_SERVICES": json.dumps({"user-provided": services})})
    return dyno.run(f"python connect.py {driver} {variable} '{question}'")


def assert_connected(
    result: Result, driver: str, *, encrypted: bool = False, says: str = ""
) -> None:
    """Assert that the app has connected with both libraries, and encrypted if it must be."""
    assert (result.status, result.err) == (0, says), result.all
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row[:2] for row in rows] == [[DRIVERS[driver], 42]] * 2
    assert not encrypted or all(row[2] for row in rows)


@every_driver
def test_a_user_may_have_any_name_and_password(
    app: Path, servers: Mapping[str, Server], driver: str
) -> None:
    database = servers[driver].database
    # No driver accepts the options of other languages, which brokers write.
    options = "reconnect=true&useUnicode=true&encoding=utf8"
    uri = f"{database.engine}://127.0.0.1:{database.port}/{database.name}?{options}"
    assert_connected(connect(app, driver, credentials_of(database, uri=uri)), driver)


@every_driver
def test_the_certificate_of_a_server_is_checked_with_the_ca_of_the_binding(
    app: Path, servers: Mapping[str, Server], files: Certificates, driver: str
) -> None:
    trusted = credentials_of(servers[driver].database, ca_cert=files.ca.read_text("utf-8"))
    assert_connected(connect(app, driver, trusted), driver, encrypted=True)


@every_driver
def test_no_driver_connects_to_a_server_of_another_ca(
    app: Path, servers: Mapping[str, Server], driver: str, tmp_path: Path
) -> None:
    other = certificates(tmp_path).ca.read_text("utf-8").replace("\n", "\\n")
    result = connect(app, driver, credentials_of(servers[driver].database, sslrootcert=other))
    assert result.status != 0
    assert re.search("certificate verify failed|TLS/SSL error: .*certificate", result.err)


@pytest.mark.long
@pytest.mark.parametrize(
    "said",
    [
        {"sslmode": "REQUIRED"},
        {"use_tls": True},
        {"ssl-mode": "VERIFY_CA", "ca": "THE CA"},
        {"sslmode": "verify-full", "tls": {"cert": {"ca": "THE CA"}}},
    ],
    ids=json.dumps,
)
@every_driver
def test_drivers_encrypt_if_the_binding_says_so(
    app: Path,
    servers: Mapping[str, Server],
    files: Certificates,
    driver: str,
    said: Mapping[str, object],
) -> None:
    text = base64.b64encode(files.ca.read_bytes()).decode()
    given = json.loads(json.dumps(said).replace("THE CA", text))
    result = connect(app, driver, credentials_of(servers[driver].database, **given))
    assert_connected(result, driver, encrypted=True)


@pytest.mark.long
@every_driver
def test_the_app_shows_its_own_certificate(
    app: Path, servers: Mapping[str, Server], files: Certificates, driver: str
) -> None:
    question = "SELECT 42"
    if servers[driver].database.engine == "postgres":
        question += " FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND client_serial > 0"
    own = {"ClientCert": files.certificate, "ClientKey": files.key, "CaCert": files.ca}
    texts = {key: path.read_text("utf-8") for key, path in own.items()}
    given = credentials_of(replace(servers[driver].database, user="diver"), **texts)
    assert_connected(connect(app, driver, given, question=question), driver, encrypted=True)


@pytest.mark.long
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_another_of_several_hosts_may_answer(
    app: Path, servers: Mapping[str, Server], driver: str
) -> None:
    database = servers[driver].database
    login = f"{quote(database.user)}:{quote(database.password, safe='')}"
    place = f"127.0.0.1:{free_port()},localhost:{database.port}/{database.name}"
    uri = f"postgres://{login}@{place}?targetServerType=primary"
    assert_connected(connect(app, driver, {"uri": uri}), driver)


@pytest.mark.long
@every_driver
def test_a_server_may_have_a_socket(
    app: Path, servers: Mapping[str, Server], driver: str
) -> None:
    database, socket = servers[driver]
    result = connect(app, driver, credentials_of(database, hostname=str(socket)))
    assert_connected(result, driver)


@pytest.mark.long
@every_driver
def test_a_further_database_has_its_own_variable(
    app: Path, servers: Mapping[str, Server], driver: str
) -> None:
    first, second = (
        {"uri": "mysql://u:p@127.0.0.1:1/d"},
        credentials_of(servers[driver].database),
    )
    result = connect(app, driver, first, second, variable="SHOP_2_URL")
    said = (
        "Slipway: Of the databases 'shop-1', 'shop-2', the first is used for DATABASE_URL. To "
        "use another one, set SLIPWAY_DATABASE to its name.\n"
    )
    assert_connected(result, driver, says=said)
