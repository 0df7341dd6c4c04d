"""A bound Redis becomes REDIS_URL, as redis-py, Channels and Celery read it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from bound_services.binding import new_binding
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables

from unit.runtime.bound_services.test_read_by_django import PASSWORDS

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
REFUSED = (
    "has a socket or several hosts, for which libraries have no address in common. Write them "
    "into the app's settings"
)
SENTINEL = (
    "is for Redis Sentinel, whose servers do not fit into one address. Write them into the "
    "app's settings"
)


def given(credentials: dict[str, str], folder: Path = Path()) -> tuple[str, list[str]]:
    """Return REDIS_URL, and the warnings about it."""
    warnings: list[str] = []
    bindings = [new_binding("test", "shop", "redis", credentials)]
    environment = {"CACHE_URL": ""}
    values = service_variables(bindings, environment, PrivateFiles(str(folder)), warnings)
    assert {*values} <= {"REDIS_URL"}
    return values.get("REDIS_URL", ""), warnings


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"uri": "redis://:p@h:6379/1"}, "redis://:p@h:6379/1"),
        ({"uri": "valkey://:p@h:6379/1"}, "redis://:p@h:6379/1"),
        ({"uri": "redis://h:6379?db=3"}, "redis://h:6379/3"),
        ({"uri": "redis://h:6379/shop"}, "redis://h:6379"),
        ({"host": "h", "port": "6379", "password": "p/w"}, "redis://:p%2Fw@h:6379"),
        ({"host": "h", "password": "p", "db": "2", "name": "cache"}, "redis://:p@h/2"),
        ({"host": "h", "password": "p", "name": "12"}, "redis://:p@h"),
        ({"host": "h", "password": "p", "ssl": "false"}, "redis://:p@h"),
        ({"host": "h", "password": "p", "port": "6379", "tls_port": ""}, "redis://:p@h:6379"),
        ({"host": "h", "password": "p", "port": "6379", "tls_port": "0"}, "redis://:p@h:6379"),
        ({"host": "fd00::1", "password": "p", "port": "6379"}, "redis://:p@[fd00::1]:6379"),
    ],
)
def test_redis_url_is_the_address(credentials: dict[str, str], expected: str) -> None:
    assert given(credentials) == (expected, [])


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"url": "rediss://u:p@h:6380"}, "rediss://u:p@h:6380"),
        ({"url": "valkeys://u:p@h:6380"}, "rediss://u:p@h:6380"),
        ({"url": "redis://u:p@h:6380?ssl=true"}, "rediss://u:p@h:6380"),
        ({"url": "redis://u:p@h:6380?ssl_cert_reqs=required"}, "rediss://u:p@h:6380"),
        ({"url": "redis://u:p@h:6379", "tls": "true"}, "rediss://u:p@h:6379"),
        ({"host": "h", "password": "p", "ssl_enabled": "true"}, "rediss://:p@h"),
        ({"host": "h", "password": "p", "tls_port": "6380"}, "rediss://:p@h:6380"),
        ({"host": "h", "key": "p", "port": "6379", "sslPort": "6380"}, "rediss://:p@h:6380"),
    ],
)
def test_an_encrypted_connection_is_verified(
    credentials: dict[str, str], expected: str
) -> None:
    """Celery refuses the address if it does not say so."""
    address, _ = given(credentials)
    assert address == f"{expected}?ssl_cert_reqs=required"


def test_a_whole_address_counts_more_than_a_further_port() -> None:
    credentials = {"uri": "redis://:p@h:6379", "port": "6379", "tls_port": "6380"}
    assert given(credentials) == ("redis://:p@h:6379", [])


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("none", "none"),
        ("CERT_NONE", "none"),
        ("optional", "optional"),
        ("CERT_REQUIRED", "required"),
        ("strict", "required"),
    ],
)
def test_how_to_verify_is_written_as_all_libraries_read_it(option: str, expected: str) -> None:
    address, _ = given({"uri": f"rediss://:p@h?ssl_cert_reqs={option}"})
    assert address == f"rediss://:p@h?ssl_cert_reqs={expected}"


def test_options_of_other_languages_are_left_out() -> None:
    address, _ = given({"uri": "redis://:p@h?family=0&socket_timeout=5&keyPrefix=x"})
    assert address == "redis://:p@h?socket_timeout=5"


def test_certificates_become_files(tmp_path: Path) -> None:
    client = PEM.replace("MIIB", "MIIC")
    key = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
    credentials = {"host": "h", "password": "p", "tls": "on", "ca.crt": PEM}
    credentials.update({"tls.crt": client, "tls.key": key})
    address, warnings = given(credentials, tmp_path)
    options = dict(parse_qsl(urlsplit(address).query))
    assert options.pop("ssl_cert_reqs") == "required"
    assert {name: Path(path).read_text("utf-8") for name, path in options.items()} == {
        "ssl_ca_certs": PEM,
        "ssl_certfile": client,
        "ssl_keyfile": key,
    }
    assert not warnings


def test_a_certificate_is_not_used_without_encryption(tmp_path: Path) -> None:
    credentials = {"host": "h", "password": "p", "ca.crt": PEM}
    for said in ({"tls": "false"}, {"uri": "redis://:p@h"}):
        address, warnings = given({**credentials, **said}, tmp_path)
        assert (address, warnings, [*tmp_path.iterdir()]) == ("redis://:p@h", [], [])


def test_the_key_of_a_certificate_is_no_password() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
    assert given({"host": "h", "key": key})[0] == "redis://h"
    assert given({"host": "h", "key": "aB+="})[0] == "redis://:aB%2B%3D@h"


@pytest.mark.parametrize("nasty", PASSWORDS, ids=ascii)
def test_every_password_is_read_unchanged(nasty: str) -> None:
    address, _ = given({"host": "h", "port": "6379", "username": "u", "password": nasty})
    found = urlsplit(address)
    assert (found.hostname, found.port, found.username) == ("h", 6379, "u")
    assert unquote(found.password or "") == nasty


@pytest.mark.parametrize(
    ("credentials", "problem"),
    [
        ({"sentinels": "a:26379,b:26379", "master_name": "m"}, SENTINEL),
        ({"host": "h", "port": "26379", "master_name": "m"}, SENTINEL),
        ({"uri": "redis+sentinel://h:26379/m"}, SENTINEL),
        ({"host": "/run/redis.sock"}, REFUSED),
        ({"uri": "redis://a:1,b:2"}, REFUSED),
        ({"host": "h", "port": "tcp"}, "has a port that is not a number up to 65535"),
    ],
)
def test_a_sentence_says_why_there_is_no_address(
    credentials: dict[str, str], problem: str
) -> None:
    address, warnings = given({"password": "hidden", **credentials})
    assert address == ""
    assert warnings == [f"REDIS_URL is not set: the binding 'shop' {problem}."]


def test_the_address_of_sentinels_is_used_if_the_binding_has_one() -> None:
    """Some brokers write both."""
    assert given({"uri": "redis://:p@h:6379", "master_name": "m"})[0] == "redis://:p@h:6379"


@pytest.mark.parametrize("key", ["ca.crt", "sslkey"])
def test_a_certificate_that_cannot_be_read_or_used_turns_off_no_encryption(key: str) -> None:
    credentials = {"host": "h", "port": "6379", "password": "p"}
    binding = new_binding("x", "shop", "redis", credentials, unreadable={key: "is not a text"})
    warnings: list[str] = []
    assert not service_variables([binding], {"CACHE_URL": ""}, PrivateFiles(), warnings)
    assert warnings == [
        f"REDIS_URL is not set: the binding 'shop' has the entry {key!r}, which is not a text."
    ]


def test_a_certificate_says_that_connections_are_encrypted(tmp_path: Path) -> None:
    credentials = {"host": "h", "password": "p", "cacert": PEM}
    assert given(credentials, tmp_path)[0].startswith("rediss://:p@h?")
