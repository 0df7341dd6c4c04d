"""Makes hostile credentials of services from usual ones, and finds faults in what they become.

Each value in them has a mark, so that it is recognized wherever it is shown.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import tomli
from bound_services import binding, certificates, cred_file, dotcloud, places, vcap_services
from bound_services.binding import Binding
from bound_services.binding_files import read as read_folders
from bound_services.private_files import PrivateFiles
from bound_services.variables import GROUPS, service_variables
from start_variables import is_settable, settable, shell_commands, toml_lines

MARK = re.compile(r"mark[0-9]{5}")
LONGEST_WARNING = 1000
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"

LABELS = (
    *("p.mysql", "cleardb", "elephantsql", "postgresql", "mariadb", "azure-sqldb", "oracle"),
    *("p.redis", "valkey", "memcachier", "memcached", "p.rabbitmq", "cloudamqp", "sendgrid"),
    *("smtp", "mailgun", "aws-s3", "minio", "elasticsearch", "opensearch", "user-provided", ""),
    *("MYSQLS", "ELEPHANTSQL", "MEMCACHIER", "CLOUDAMQP", "MONGOLAB", "CONFIG", "s3\n=1"),
)
SCHEMES = (
    *("mysql", "mysql2", "postgres", "postgresql", "pgsql", "mariadb", "redis", "rediss"),
    *("amqp", "amqps", "memcached", "smtp", "smtps", "s3", "http", "https", "jdbc:mysql"),
    *("jdbc:postgresql", "jdbc:sqlserver", "mysql+pymysql", "MYSQL", "x", ""),
)
KEYS = (
    *(*binding.ADDRESS, *binding.HOST, *binding.PORT, *binding.DATABASE, *binding.USERNAME),
    *(*binding.PASSWORD, *certificates.CA, *certificates.CLIENT_CERTIFICATE),
    *(*certificates.CLIENT_KEY, "jdbcUrl", "tls", "ssl", "sslmode", "servers", "uris", "nodes"),
    *("smtp_server", "smtp_login", "access_key_id", "secret_access_key", "accessKey", "secret"),
    *("bucket", "region", "endpoint", "protocols", "connection", "vhost", "tls_port", "path"),
    *("pasword", "hots", "dbHost", "login", "credhub-ref", "type", "encryption", "options"),
)
HOSTILE: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        65536,
        10**30,
        1.5,
        [],
        {},
        [[]],
        "",
        " ",
        "\n",
        "\0",
        "\x1b[31m",
    ),
    *("\ud800", "\udcff", "ä€😀", "İ", "a" * 300, "b" * 40_000, "[::1]", "::1", "/run/x.sock"),
    *("%2Frun%2Fx", "h1:1,h2:2", "[", "]", "://", "//", "@", ":", "?", "#", "%", "%zz", "$(x)"),
    *("'", '"', "\\", "`x`", "{", "[1]", '{"a": 1}', "-----BEGIN CERTIFICATE-----", "true"),
    *("\u2028", "\u202e", "\r\n", "١٢", "99999", "5432", "3306", "6379", "587", "465", "..."),
)
NAMES = ("db", "default", "cache", "shop", "", "s h", "ü", "9", "path", "a-b", "a_b", "x" * 300)


@dataclass(frozen=True)
class Input:
    """Services in the structure of VCAP_SERVICES, and what is set already."""

    services: dict[str, list[dict[str, Any]]]
    environment: dict[str, str]


def make_input(random: Random) -> Input:
    """Make some services, most of which have one to three faults."""
    counter = iter(range(10_000, 100_000))

    def mark() -> str:
        return f"mark{next(counter)}"

    services: dict[str, list[dict[str, Any]]] = {}
    for _ in range(random.choice((1, 1, 1, 2, 3, 12))):
        credentials = _credentials(random, mark)
        for _ in range(random.choice((0, 1, 1, 2, 3))):
            random.choice(_CHANGES)(credentials, random, mark)
        service = {
            "name": random.choice(NAMES),
            "instance_name": random.choice(NAMES),
            "tags": random.sample(LABELS, random.choice((0, 1, 2))),
            "credentials": credentials,
        }
        if random.random() < 0.1:
            service[random.choice([*service])] = random.choice(HOSTILE)
        services.setdefault(random.choice(LABELS), []).append(service)
    return Input(services, _environment(random, services))


def _credentials(random: Random, mark: Callable[[], str]) -> dict[str, Any]:
    """Return usual credentials: an address, or parts, or both."""
    found: dict[str, Any] = {}
    if random.random() < 0.6:
        found[random.choice(("uri", "url", "jdbcUrl", "uri"))] = _address(random, mark)
    if random.random() < 0.6:
        found |= {"host": mark(), "port": random.choice((5432, "3306", 6379, 25, "9200"))}
        found |= {"username": mark(), "password": _odd(random, mark), "name": mark()}
    if random.random() < 0.3:
        found |= {"access_key_id": mark(), "secret_access_key": mark(), "bucket": mark()}
    if random.random() < 0.2:
        found["ca_certificate"] = _PEM.format(mark())
    if random.random() < 0.1:
        found["protocols"] = {"amqp": {"uris": [_address(random, mark)], "host": mark()}}
    if random.random() < 0.1:
        return {key.upper(): value for key, value in found.items()}
    return found


def _odd(random: Random, mark: Callable[[], str]) -> str:
    return f"{mark()}{random.choice(HOSTILE)}{mark()}"


def _address(random: Random, mark: Callable[[], str]) -> str:
    scheme = random.choice(SCHEMES)
    login = f"{mark()}:{random.choice((mark, lambda: _odd(random, mark)))()}@"
    port = random.choice(("", ":5432", ":0", ":99999", ":", ":x"))
    option = random.choice(
        ("", "?reconnect=true", "?sslmode=require", "?ssl=1&a=b", "?useSSL=TRUE", "?x")
    )
    path = random.choice(("", "/", f"/{mark()}", f"/{mark()}/{mark()}", "/%2F"))
    place = random.choice((mark(), mark(), "", "[::1]", f"{mark()},{mark()}", "%2Frun%2Fx"))
    return f"{scheme}://{random.choice((login, login, ''))}{place}{port}{path}{option}"


def _change_value(found: dict[str, Any], random: Random, mark: Callable[[], str]) -> None:
    key = random.choice([*found] or ["uri"])
    found[key] = random.choice((random.choice(HOSTILE), _odd(random, mark)))


def _add_key(found: dict[str, Any], random: Random, mark: Callable[[], str]) -> None:
    key = random.choice(KEYS)
    value = random.choice(
        (mark(), _odd(random, mark), _address(random, mark), True, 1, [mark()])
    )
    found[random.choice((key, key.upper(), key.title(), f"x_{key}"))] = value


def _remove_key(found: dict[str, Any], random: Random, mark: Callable[[], str]) -> None:
    if found:
        del found[random.choice([*found])]


def _nest(found: dict[str, Any], random: Random, mark: Callable[[], str]) -> None:
    value: Any = {random.choice(KEYS): mark(), random.choice(KEYS): [_address(random, mark)]}
    for _ in range(random.choice((1, 2, 8))):
        value = random.choice(({random.choice(KEYS): value}, [value]))
    found[random.choice(KEYS)] = value


def _odd_key(found: dict[str, Any], random: Random, mark: Callable[[], str]) -> None:
    found[f"{random.choice(KEYS)}{random.choice(HOSTILE)}"] = mark()


def _change_character(found: dict[str, Any], random: Random, mark: Callable[[], str]) -> None:
    texts = [key for key, value in found.items() if isinstance(value, str) and value]
    if texts:
        key = random.choice(texts)
        at = random.randrange(len(found[key]))
        odd = str(random.choice(HOSTILE))
        found[key] = found[key][:at] + odd + found[key][at + random.choice((0, 1)) :]


def _enlarge(found: dict[str, Any], random: Random, mark: Callable[[], str]) -> None:
    start = random.choice(
        ("", f"{random.choice(SCHEMES)}://", f"{random.choice(SCHEMES)}://h/")
    )
    unit = random.choice((mark(), f"{mark()}{random.choice(HOSTILE)}"))
    text = (unit[:300] * random.choice((10, 100, 300)))[: random.choice((90_000, 60_000))]
    found[random.choice(KEYS)] = f"{start}{text}{random.choice(HOSTILE)}"


_CHANGES = (
    *(_change_value, _change_value, _add_key, _add_key, _remove_key, _nest, _odd_key),
    *(_change_character, _change_character, _enlarge),
)


def _environment(random: Random, services: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Set some of the variables, or settings, or a DATABASE_URL as a platform writes it."""
    found: dict[str, str] = {}
    if random.random() < 0.2:
        found[random.choice(GROUPS).setting] = random.choice(NAMES)
    if random.random() < 0.2:
        found[random.choice(random.choice(GROUPS).variables)] = random.choice(("", "own"))
    if random.random() < 0.2:
        each = [one for label in services.values() for one in label]
        credentials = [one.get("credentials") for one in each]
        uris = [one.get("uri") for one in credentials if isinstance(one, dict)]
        texts = [uri for uri in uris if isinstance(uri, str)]
        if texts:
            found["DATABASE_URL"] = random.choice(texts).replace("mysql:", "mysql2:")
    return found


class FilesInMemory(PrivateFiles):
    """Takes the texts of files, and writes none."""

    def write(self, suffix: str, text: str) -> str:
        return f"/private/{len(text)}{suffix}"


def fault_in(given: Input, random: Random, folder: Path | None = None) -> str:
    """Return what is wrong with the variables and the messages; empty if nothing is.

    With `folder`, the services are read from files in it. Raises what Slipway must not raise.
    """
    warnings: list[str] = []
    bindings = _read(given, random, warnings, folder)
    environment, files = dict(given.environment), FilesInMemory()
    found = service_variables(bindings, environment, files, warnings)
    overwritten = [name for name in found if name in given.environment]
    if [name for name in overwritten if name != "DATABASE_URL"]:
        return f"it overwrites {overwritten}"
    again = service_variables(random.sample(bindings, len(bindings)), environment, files, [])
    if again != found:
        return f"another order of services gives other values of {_different(found, again)}"
    values = settable(found, warnings)
    return _fault_of_warnings(warnings) or _fault_of_values(values)


def _read(
    given: Input, random: Random, warnings: list[str], folder: Path | None
) -> list[Binding]:
    """Read the services in one of the five forms."""
    form = random.randrange(5)
    if folder and form < 3:
        write_folders(folder, given)
        return read_folders(str(folder), warnings)
    # Values such as lone surrogates are in JSON as escapes.
    if form == 0:
        flat: dict[str, Any] = {"DOTCLOUD_PROJECT": "shop"}
        for label, services in given.services.items():
            for service in services:
                flat |= _prefixed(f"DOTCLOUD_{service.get('name')}_{label}", service)
        return dotcloud.read(json.dumps(flat), places.DOTCLOUD_FILE, warnings)
    if form == 1:
        addons = {
            label: _prefixed(label, services[0]) if services else None
            for label, services in given.services.items()
        }
        return cred_file.read(json.dumps(addons), warnings)
    return vcap_services.read(json.dumps(given.services), warnings)


def _prefixed(prefix: str, service: dict[str, Any]) -> dict[str, Any]:
    credentials = service.get("credentials")
    if not isinstance(credentials, dict):
        return {prefix: credentials}
    return {f"{prefix}_{key}".upper(): value for key, value in credentials.items()}


def write_folders(root: Path, given: Input) -> None:
    """Write one folder a service, with a file for each credential whose name can be one."""
    for label, services in given.services.items():
        for number, service in enumerate(services):
            credentials = service.get("credentials")
            if isinstance(credentials, dict):
                folder = root / f"{LABELS.index(label)}-{number}"
                folder.mkdir(parents=True)
                _write_files(folder, {**credentials, "type": label, "tags": service["tags"]})


def _write_files(folder: Path, entries: dict[str, Any]) -> None:
    for key, value in entries.items():
        is_name = key.isprintable() and "/" not in key and 0 < len(key) < 200
        if is_name and key not in (".", ".."):
            text = value if isinstance(value, str) else json.dumps(value)
            (folder / key).write_bytes(text.encode("utf-8", "surrogatepass"))


def _different(found: dict[str, str], again: dict[str, str]) -> list[str]:
    names = {**found, **again}
    return [name for name in names if found.get(name) != again.get(name)]


def _fault_of_warnings(warnings: list[str]) -> str:
    for warning in warnings:
        if MARK.search(warning):
            return f"a message shows a credential: {warning}"
        if len(warning) > LONGEST_WARNING or not warning.isprintable():
            return f"a message is not one short line: {warning!r:.2000}"
    return ""


def _fault_of_values(values: dict[str, str]) -> str:
    for name, value in values.items():
        if not (is_settable(value) and _NAME.fullmatch(name)):
            return f"{name} cannot be set"
    if tomli.loads(toml_lines(values)) != values:
        return "the launcher reads other values"
    words = [f"{name}={value}" for name, value in values.items()]
    if shlex.split(shell_commands(values, []))[1::2] != words:
        return "a shell reads other values"
    return ""
