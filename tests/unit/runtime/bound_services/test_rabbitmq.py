"""A bound RabbitMQ becomes RABBITMQ_URL and CLOUDAMQP_URL, as Celery reads them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bound_services.binding import new_binding
from bound_services.json_objects import flat
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables

from unit.runtime.bound_services.test_read_by_django import PASSWORDS

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
LOGIN = {"host": "h", "username": "u", "password": "p"}


def given(
    credentials: dict[str, object],
    folder: Path = Path(),
    environment: dict[str, str] | None = None,
) -> tuple[dict[str, str], list[str]]:
    warnings: list[str] = []
    entries, unreadable = flat(credentials)
    binding = new_binding("test", "shop", "rabbitmq", entries, unreadable=unreadable)
    files = PrivateFiles(str(folder))
    return service_variables([binding], environment or {}, files, warnings), warnings


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (LOGIN, "amqp://u:p@h"),
        ({**LOGIN, "port": "5672"}, "amqp://u:p@h:5672"),
        ({**LOGIN, "port": "5671"}, "amqps://u:p@h:5671"),
        ({**LOGIN, "port": "5672", "ssl": True}, "amqps://u:p@h:5672"),
        ({**LOGIN, "port": "5672", "ssl": False}, "amqp://u:p@h:5672"),
        ({"uri": "amqps://u:p@h", "ssl": False}, "amqps://u:p@h"),
        ({"uri": "amqp+ssl://u:p@h"}, "amqps://u:p@h"),
        ({"uri": "amqp://u:p@h?ssl=true"}, "amqps://u:p@h"),
        ({"uri": "amqps://h:5671", "username": "u", "password": "p"}, "amqps://u:p@h:5671"),
        ({"uris": ["amqp://u:p@h/v", "amqp://u:p@i/v"]}, "amqp://u:p@h/v"),
        ({**LOGIN, "host": "", "hostnames": ["h", "i"]}, "amqp://u:p@h"),
        ({"uri": "amqp://u:p@h:1,i:2/v"}, "amqp://u:p@h:1/v"),
        ({**LOGIN, "host": "fd00::1", "port": "5672"}, "amqp://u:p@[fd00::1]:5672"),
        ({"uri": "https://u:p@dashboard", **LOGIN}, "amqp://u:p@h"),
        ({"http_api_uri": "https://u:p@api/", **LOGIN}, "amqp://u:p@h"),
    ],
)
def test_both_variables_are_the_address(credentials: dict[str, object], expected: str) -> None:
    values, warnings = given(credentials)
    assert values == {"RABBITMQ_URL": expected, "CLOUDAMQP_URL": expected}
    assert not warnings


def test_the_protocol_with_encryption_is_preferred() -> None:
    plain = {"uri": "amqp://u:p@h:5672/v"}
    encrypted = {"uri": "amqps://u:p@h:5671/v"}
    protocols = {"amqp": plain, "amqp+ssl": encrypted, "mqtt": {"uri": "mqtt://h"}}
    values, _ = given({"protocols": protocols})
    assert values["RABBITMQ_URL"] == "amqps://u:p@h:5671/v"
    values, _ = given({"protocols": protocols, "uri": "amqp://u:p@h/v"})
    assert values["RABBITMQ_URL"] == "amqp://u:p@h/v"


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"uri": "amqp://u:p@h"}, "amqp://u:p@h"),
        ({"uri": "amqp://u:p@h/"}, "amqp://u:p@h"),
        ({"uri": "amqp://u:p@h//"}, "amqp://u:p@h/%2F"),
        ({"uri": "amqp://u:p@h/%2f"}, "amqp://u:p@h/%2F"),
        ({"uri": "amqp://u:p@h/a%2Fb"}, "amqp://u:p@h/a%2Fb"),
        ({"uri": "amqp://u:p@h/a/b"}, "amqp://u:p@h/a%2Fb"),
        ({**LOGIN, "vhost": "/"}, "amqp://u:p@h/%2F"),
        ({**LOGIN, "vhost": "/shop"}, "amqp://u:p@h/%2Fshop"),
        ({**LOGIN, "virtual_host": "shop"}, "amqp://u:p@h/shop"),
        ({"uri": "amqp://u:p@h", "vhost": "shop"}, "amqp://u:p@h/shop"),
        ({"uri": "amqp://u:p@h/other", "vhost": "shop"}, "amqp://u:p@h/other"),
    ],
)
def test_the_virtual_host_may_have_slashes(
    credentials: dict[str, object], expected: str
) -> None:
    assert given(credentials)[0]["RABBITMQ_URL"] == expected


def test_only_options_that_celery_knows_stay() -> None:
    uri = "amqps://u:p@h/v?heartbeat=30&connection_attempts=3&cacertfile=/etc/ca.pem"
    values, _ = given({"uri": uri})
    assert values["RABBITMQ_URL"] == "amqps://u:p@h/v?heartbeat=30"


def test_certificates_have_their_own_variables(tmp_path: Path) -> None:
    """An address of Celery cannot name them."""
    client = PEM.replace("MIIB", "MIIC")
    credentials = {**LOGIN, "port": "5671", "ca.crt": PEM, "tls.crt": client, "tls.key": KEY}
    values, warnings = given({**credentials}, tmp_path)
    assert values.pop("RABBITMQ_URL") == values.pop("CLOUDAMQP_URL") == "amqps://u:p@h:5671"
    assert {name: Path(path).read_text("utf-8") for name, path in values.items()} == {
        "RABBITMQ_CA_FILE": PEM,
        "RABBITMQ_CERT_FILE": client,
        "RABBITMQ_KEY_FILE": KEY,
    }
    assert not warnings


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        ({}, "amqps"),
        ({"port": "5672"}, "amqp"),
        ({"tls": "false"}, "amqp"),
        ({"uri": "amqp://u:p@h"}, "amqp"),
    ],
)
def test_a_certificate_says_that_connections_are_encrypted(
    said: dict[str, object], scheme: str, tmp_path: Path
) -> None:
    values, warnings = given({**LOGIN, "ca.crt": PEM, **said}, tmp_path)
    assert values["RABBITMQ_URL"].startswith(f"{scheme}://u:p@h")
    assert ("RABBITMQ_CA_FILE" in values) == (scheme == "amqps")
    assert not warnings


@pytest.mark.parametrize("nasty", PASSWORDS, ids=ascii)
def test_every_credential_is_read_unchanged(nasty: str) -> None:
    name = nasty.strip()
    values, _ = given(
        {"host": "h", "port": "5672", "username": name, "password": nasty, "vhost": name}
    )
    # As kombu does.
    found = urlsplit(values["RABBITMQ_URL"])
    assert (found.hostname, found.port) == ("h", 5672)
    assert unquote(found.username or "") == name
    assert unquote(found.password or "") == nasty
    assert unquote(found.path[1:]) == name


@pytest.mark.parametrize("name", ["RABBITMQ_URL", "CLOUDAMQP_URL"])
def test_a_broker_of_the_user_stays(name: str) -> None:
    """Otherwise, processes that read the other variable would use another broker."""
    assert given({**LOGIN}, environment={name: ""}) == ({"SHOP_URL": "amqp://u:p@h"}, [])


def test_a_sentence_says_why_there_is_no_address() -> None:
    values, warnings = given({"http_api_uri": "https://u:hidden@h/api", "password": "p"})
    assert not values
    assert warnings == [
        "RABBITMQ_URL is not set: the binding 'shop' has no host and no usable uri."
    ]
