"""Apps use real Redis, RabbitMQ and Memcached servers through the variables of bindings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.packages import write_tree
from integration.service_servers import (
    Certificates,
    Server,
    certificates,
    memcached_server,
    rabbitmq_server,
    redis_server,
)
from integration.serving import Dyno, stop
from unit.runtime.bound_services.shapes.caches_and_brokers import SHAPES

PASSWORD = "p@ss:/?#[]%41&+ \"'\\ä"  # noqa: S105 - of servers that only run during the tests
REQUIREMENTS = """
celery[redis]>=5.5,<6
channels-redis>=4.2,<5
Django>=5.2,<5.3
django-cache-url>=3.4,<4
django-environ>=0.12,<1
django-redis>=6
pymemcache>=4,<5
"""
TASKS = """
import os
import ssl

from celery import Celery

broker = os.environ[os.environ["BROKER"]]
app = Celery("tasks", broker=broker, backend=broker if "redis" in broker else "rpc://")
if broker.startswith("amqps"):
    app.conf.broker_use_ssl = {
        "ca_certs": os.environ["RABBITMQ_CA_FILE"],
        "cert_reqs": ssl.CERT_REQUIRED,
    }


@app.task
def add(left, right):
    return left + right
"""
SEND = """
from tasks import add

print("sum", add.delay(40, 2).get(timeout=30))
"""
CHANNELS = """
import asyncio
import os

from channels_redis.core import RedisChannelLayer

layer = RedisChannelLayer(hosts=[os.environ["REDIS_URL"]])


async def send_and_receive():
    await layer.send("harbour", {"type": "ship", "name": "Beagle"})
    print(await layer.receive("harbour"))
    await layer.close_pools()


asyncio.run(send_and_receive())
"""
# django-environ prefers django-redis if it is installed.
CACHES = """
import os
import sys

import django_cache_url
import environ
from django.conf import settings

NATIVE = "django.core.cache.backends.redis.RedisCache"
env = environ.Env()
found = {
    "cache_url": django_cache_url.parse(os.environ["CACHE_URL"]),
    "environ": env.cache(),
}
if "RedisCache" in found["environ"]["BACKEND"]:
    found["environ_native"] = env.cache(backend=NATIVE)
    found["plain"] = {"BACKEND": NATIVE, "LOCATION": os.environ["REDIS_URL"]}
if "CACHE_CA_FILE" in os.environ:
    ca = {"ssl_ca_certs": os.environ["CACHE_CA_FILE"]}
    found["cache_url"]["OPTIONS"] = ca
    found["environ"]["OPTIONS"] = {"CONNECTION_POOL_KWARGS": ca}
settings.configure(CACHES={"default": found["cache_url"], **found})

from django.core.cache import caches

for name in found:
    caches[name].set(name, "moored")
for name in found:
    print(name, caches[name].get(name), type(caches[name]).__name__)
"""
READ = """
import json
import sys

from celery import Celery
from channels_redis.utils import create_pool
from kombu import Connection
from redis import ConnectionPool


def of_kombu(address):
    found = Connection(address)
    return [found.hostname, found.port, found.userid, found.password, found.virtual_host]


def of_redis(found):
    return [found.get(key) for key in ("host", "port", "username", "password", "db")]


def readings(address):
    yield of_kombu(address)
    if address.startswith("redis"):
        yield of_redis(Celery(backend=address).backend.connparams)
        yield of_redis(ConnectionPool.from_url(address).connection_kwargs)
        yield of_redis(create_pool({"address": address}).connection_kwargs)


for address in json.load(sys.stdin):
    print(json.dumps([address, [*readings(address)]]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="module")
def files(folder: Path) -> Certificates:
    return certificates(folder / "certificates")


@pytest.fixture(scope="module")
def redis(folder: Path, files: Certificates) -> Iterator[Server]:
    with redis_server(folder / "redis", password=PASSWORD, tls=files) as server:
        yield server


@pytest.fixture(scope="module")
def memcached(folder: Path) -> Iterator[Server]:
    with memcached_server(folder / "memcached") as server:
        yield server


@pytest.fixture(scope="module")
def rabbitmq(folder: Path, files: Certificates) -> Iterator[Server]:
    with rabbitmq_server(
        folder / "rabbitmq", password=PASSWORD, virtual_host="harbour/east", tls=files
    ) as server:
        yield server


@pytest.fixture(scope="module")
def app(slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built app, moved to where it runs."""
    folder = tmp_path_factory.mktemp("harbour")
    platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
    build = write_tree(
        folder / "build",
        {
            "requirements.txt": REQUIREMENTS,
            "tasks.py": TASKS,
            "send.py": SEND,
            "channels_once.py": CHANNELS,
            "caches.py": CACHES,
            "read.py": READ,
            "Procfile": "worker: celery -A tasks worker\n",
        },
    )
    platform.build(build)
    return platform.move(build)


def dyno_of(app: Path, services: Mapping[str, object], **more: str) -> Dyno:
    """Bind services to the app by their labels, as Cloud Foundry does."""
    bound = {
        label: [{"name": label, "label": label, "tags": [], "credentials": credentials}]
        for label, credentials in services.items()
    }
    return Dyno(app=app, env={"VCAP_SERVICES": json.dumps(bound), **more})


def plain_redis(server: Server) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": server.port, "password": server.password}


def encrypted_redis(server: Server, files: Certificates) -> dict[str, object]:
    return {
        "host": "127.0.0.1",
        "port": 0,
        "tls_port": server.tls_port,
        "password": server.password,
        "ca_cert": files.ca.read_text("utf-8"),
    }


def plain_rabbitmq(server: Server) -> dict[str, object]:
    return {
        "hostname": "127.0.0.1",
        "port": server.port,
        "username": server.user,
        "password": server.password,
        "vhost": server.virtual_host,
        "ssl": False,
    }


def encrypted_rabbitmq(server: Server, files: Certificates) -> dict[str, object]:
    protocol = {**plain_rabbitmq(server), "port": server.tls_port, "ssl": True}
    return {
        "hostname": "127.0.0.1",
        "ssl": True,
        "protocols": {"amqp+ssl": protocol},
        "ca_certificate": files.ca.read_text("utf-8"),
    }


@contextmanager
def worker(dyno: Dyno) -> Iterator[None]:
    """Run a worker of Celery until the block is left."""
    log = dyno.app.parent / "worker.log"
    options = "--pool solo --without-gossip --without-mingle --without-heartbeat"
    process = dyno.start(f"celery -A tasks worker {options}", log)
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{error}\n{log.read_text('utf-8')}") from error
    finally:
        stop(process)


def assert_celery_works(dyno: Dyno) -> None:
    with worker(dyno):
        sent = dyno.run("python send.py")
        assert (sent.status, sent.out) == (0, "sum 42\n"), sent.all


ADDRESSES = {
    shape.expected[name]: shape.connection
    for shape in SHAPES
    for name in ("REDIS_URL", "RABBITMQ_URL")
    if name in shape.expected and shape.connection
}


def test_celery_and_channels_read_the_addresses_of_all_brokers(app: Path) -> None:
    (app / "addresses.json").write_text(json.dumps([*ADDRESSES]), "utf-8")
    read = Dyno(app=app).run("python read.py < addresses.json")
    assert read.status == 0, read.all
    found = dict(json.loads(line) for line in read.out.splitlines())
    assert found.keys() == ADDRESSES.keys()
    for address, wanted in ADDRESSES.items():
        login = [wanted.host, wanted.port, wanted.username, wanted.password]
        defaults = {"", "0", "/"}
        for reading in found[address]:
            *read_login, path = ("" if part is None else str(part) for part in reading)
            assert read_login == login, address
            assert path == wanted.path if wanted.path else path in defaults, address


@pytest.mark.long
def test_celery_works_with_rabbitmq(app: Path, rabbitmq: Server) -> None:
    services = {"p-rabbitmq": plain_rabbitmq(rabbitmq)}
    assert_celery_works(dyno_of(app, services, BROKER="RABBITMQ_URL"))


def test_celery_works_with_an_encrypted_redis_of_a_private_ca(
    app: Path, redis: Server, files: Certificates
) -> None:
    services = {"p.redis": encrypted_redis(redis, files)}
    assert_celery_works(dyno_of(app, services, BROKER="REDIS_URL"))


def test_celery_works_with_an_encrypted_rabbitmq_of_a_private_ca(
    app: Path, rabbitmq: Server, files: Certificates
) -> None:
    services = {"p.rabbitmq": encrypted_rabbitmq(rabbitmq, files)}
    assert_celery_works(dyno_of(app, services, BROKER="CLOUDAMQP_URL"))


def test_celery_works_with_redis(app: Path, redis: Server) -> None:
    services = {"p-redis": plain_redis(redis)}
    assert_celery_works(dyno_of(app, services, BROKER="REDIS_URL"))


def test_channels_works_with_an_encrypted_redis_of_a_private_ca(
    app: Path, redis: Server, files: Certificates
) -> None:
    dyno = dyno_of(app, {"p.redis": encrypted_redis(redis, files)})
    received = dyno.run("python channels_once.py")
    assert (received.status, received.out) == (0, "{'type': 'ship', 'name': 'Beagle'}\n"), (
        received.all
    )


REDIS_CACHES = (
    "cache_url moored RedisCache\n"
    "environ moored RedisCache\n"
    "environ_native moored RedisCache\n"
    "plain moored RedisCache\n"
)


def test_redis_is_djangos_cache(app: Path, redis: Server) -> None:
    found = dyno_of(app, {"p-redis": plain_redis(redis)}).run("python caches.py")
    assert (found.status, found.out) == (0, REDIS_CACHES), found.all


def test_an_encrypted_redis_of_a_private_ca_is_djangos_cache(
    app: Path, redis: Server, files: Certificates
) -> None:
    found = dyno_of(app, {"p.redis": encrypted_redis(redis, files)}).run("python caches.py")
    assert (found.status, found.out) == (0, REDIS_CACHES), found.all


def test_no_library_connects_to_a_redis_of_an_unknown_ca(
    app: Path, redis: Server, files: Certificates
) -> None:
    credentials = encrypted_redis(redis, files)
    del credentials["ca_cert"]
    found = dyno_of(app, {"p.redis": credentials}).run("python caches.py")
    assert found.status != 0
    assert "CERTIFICATE_VERIFY_FAILED" in found.err


def test_memcached_is_djangos_cache(app: Path, memcached: Server, redis: Server) -> None:
    """It is preferred to a Redis, which may be for something else."""
    services = {
        "p-redis": plain_redis(redis),
        "memcached": {"servers": [f"127.0.0.1:{memcached.port}"]},
    }
    found = dyno_of(app, services).run("python caches.py")
    assert (found.status, found.out) == (
        0,
        "cache_url moored PyMemcacheCache\nenviron moored PyMemcacheCache\n",
    ), found.all
