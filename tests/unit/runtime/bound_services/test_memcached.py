"""A bound Memcached becomes MEMCACHED_URL and MEMCACHED_SERVERS."""

from __future__ import annotations

import django_cache_url
import pytest
from bound_services.binding import new_binding
from bound_services.json_objects import flat
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables


def given(credentials: dict[str, object]) -> tuple[dict[str, str], list[str]]:
    warnings: list[str] = []
    entries, unreadable = flat(credentials)
    binding = new_binding("test", "shop", "memcached", entries, unreadable=unreadable)
    return service_variables([binding], {}, PrivateFiles(), warnings), warnings


def test_a_list_of_servers_has_an_end() -> None:
    values, warnings = given({"servers": "a," * 1001})
    assert not values
    assert (
        "MEMCACHED_URL is not set: the binding 'shop' has more than 1000 servers." in warnings
    )


@pytest.mark.parametrize(
    ("credentials", "servers"),
    [
        ({"host": "h", "port": "11211"}, "h:11211"),
        ({"host": "h"}, "h"),
        ({"hostname": "fd00::1", "port": "11211"}, "[fd00::1]:11211"),
        ({"uri": "memcached://h:11211"}, "h:11211"),
        ({"uri": "memcache://a:1,b:2/"}, "a:1,b:2"),
        ({"servers": "a:1,b:2"}, "a:1,b:2"),
        ({"servers": "a:1;b:2"}, "a:1,b:2"),
        ({"servers": " a:1  b:2\n"}, "a:1,b:2"),
        ({"servers": "a,b", "port": "11212"}, "a:11212,b:11212"),
        ({"servers": ["a:1", "b:2"]}, "a:1,b:2"),
        ({"servers": "[fd00::1]:1"}, "[fd00::1]:1"),
        ({"servers": "fd00::1"}, "[fd00::1]"),
        ({"hosts": ["a", "b"], "port": "1"}, "a:1,b:1"),
        ({"MEMCACHIER_SERVERS": "a:1"}, "a:1"),
        ({"MEMCACHEDCLOUD_SERVERS": "a:1"}, "a:1"),
    ],
)
def test_the_servers_are_found(credentials: dict[str, object], servers: str) -> None:
    values, warnings = given(credentials)
    assert values == {
        "MEMCACHED_URL": f"memcached://{servers}",
        "MEMCACHED_SERVERS": servers,
        "CACHE_URL": f"pymemcache://{servers}",
    }
    assert not warnings
    parsed = django_cache_url.parse(values["MEMCACHED_URL"])
    assert parsed["LOCATION"].replace(";", ",") == servers


def test_a_login_has_its_own_variables() -> None:
    """pymemcache cannot log in; pylibmc takes the login from OPTIONS."""
    values, warnings = given({"servers": "a:1,b:2", "username": "u", "password": "p/w"})
    assert values == {
        "MEMCACHED_URL": "memcached://u:p%2Fw@a:1,b:2",
        "MEMCACHED_SERVERS": "a:1,b:2",
        "MEMCACHED_USERNAME": "u",
        "MEMCACHED_PASSWORD": "p/w",
    }
    (line,) = warnings
    assert line == (
        "CACHE_URL is not set: the binding 'shop' needs a login, which the address of a cache "
        "cannot hold. Use MEMCACHED_SERVERS, MEMCACHED_USERNAME and MEMCACHED_PASSWORD in the "
        "app's settings."
    )


def test_a_cache_is_not_used_without_the_encryption_that_it_needs() -> None:
    values, warnings = given({"host": "h", "tls": True})
    assert "CACHE_URL" not in values
    (line,) = warnings
    assert line == (
        "CACHE_URL is not set: the binding 'shop' needs encrypted connections, which the "
        "address of a cache cannot ask for. Use MEMCACHED_SERVERS in the app's settings."
    )


def test_the_host_may_be_a_socket() -> None:
    values, _ = given({"host": "/run/memcached.sock"})
    assert values == {
        "MEMCACHED_URL": "memcached:///run/memcached.sock",
        "MEMCACHED_SERVERS": "unix:/run/memcached.sock",
        "CACHE_URL": "pymemcache:///run/memcached.sock",
    }


@pytest.mark.parametrize(
    ("credentials", "problem"),
    [
        ({}, "has no host and no usable uri"),
        ({"servers": "a:1,b:tcp"}, "has a port that is not a number up to 65535"),
        ({"servers": "a:1,b/c"}, "has a host that is not valid in an address"),
        (
            {"servers": ["a:1", "[fd00::1]:1"]},
            "has several servers, of which one has an IPv6 address, which no address can hold",
        ),
    ],
)
def test_a_sentence_says_why_there_is_no_address(
    credentials: dict[str, object], problem: str
) -> None:
    values, warnings = given(credentials)
    assert not values
    assert warnings == [
        f"{name} is not set: the binding 'shop' {problem}."
        for name in ("MEMCACHED_URL", "CACHE_URL")
    ]
