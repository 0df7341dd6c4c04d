"""A bound Redis or Memcached becomes CACHE_URL, as the libraries for settings read it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import django_cache_url
import environ
import pytest
from bound_services.binding import Binding, new_binding
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables

from unit.runtime.bound_services.test_read_by_django import PASSWORDS

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
NATIVE = "django.core.cache.backends.redis.RedisCache"


def redis(name: str = "shop", **credentials: str) -> Binding:
    return new_binding("test", name, "redis", {"host": name, "password": "p", **credentials})


def memcached(name: str = "shop", **credentials: str) -> Binding:
    entries = {"host": name, "port": "11211", **credentials}
    return new_binding("test", name, "memcached", entries)


def given(
    *bindings: Binding, folder: Path = Path(), **environment: str
) -> tuple[dict[str, str], list[str]]:
    warnings: list[str] = []
    files = PrivateFiles(str(folder))
    return service_variables([*bindings], environment, files, warnings), warnings


def locations(address: str) -> list[object]:
    """Return where the cache is, according to each library."""
    return [
        django_cache_url.parse(address)["LOCATION"],
        environ.Env.cache_url_config(address, backend=NATIVE)["LOCATION"],
    ]


@pytest.mark.parametrize("nasty", PASSWORDS, ids=ascii)
def test_every_password_of_redis_is_read_unchanged(nasty: str) -> None:
    values, _ = given(redis("h", password=nasty, port="6379", db="1"))
    for location in locations(values["CACHE_URL"]):
        found = urlsplit(str(location))
        assert (found.hostname, found.port, found.path) == ("h", 6379, "/1")
        # As redis-py does.
        assert unquote(found.password or "") == nasty


def test_the_address_has_no_options_for_a_public_authority() -> None:
    """Both libraries would take them for settings of Django."""
    values, _ = given(redis("h", tls="true"))
    assert values["CACHE_URL"] == "rediss://:p@h"
    assert "CACHE_CA_FILE" not in values


def test_a_private_authority_is_an_option_and_a_variable(tmp_path: Path) -> None:
    values, _ = given(redis("h", tls="true", ca=PEM), folder=tmp_path)
    assert Path(values["CACHE_CA_FILE"]).read_text("utf-8") == PEM
    config = environ.Env.cache_url_config(values["CACHE_URL"], backend=NATIVE)
    assert config["LOCATION"] == "rediss://:p@h"
    assert config["OPTIONS"] == {
        "ssl_cert_reqs": "required",
        "ssl_ca_certs": values["CACHE_CA_FILE"],
    }


def test_a_server_that_the_platform_does_not_verify_is_not_verified() -> None:
    values, _ = given(redis("h", uri="rediss://:p@h?ssl_cert_reqs=none&socket_timeout=5"))
    config = environ.Env.cache_url_config(values["CACHE_URL"], backend=NATIVE)
    assert config["OPTIONS"] == {"ssl_cert_reqs": "none"}


def test_an_ipv6_host_is_read_by_redis_py() -> None:
    values, _ = given(redis("h", host="fd00::1", port="6379"))
    for location in locations(values["CACHE_URL"]):
        assert unquote(urlsplit(str(location)).hostname or "") == "fd00::1"
        assert urlsplit(str(location)).port == 6379


def test_a_memcached_is_preferred_to_a_redis_which_may_be_for_something_else() -> None:
    values, warnings = given(redis("a"), memcached("b"))
    assert values == {
        "REDIS_URL": "redis://:p@a",
        "MEMCACHED_URL": "memcached://b:11211",
        "MEMCACHED_SERVERS": "b:11211",
        "CACHE_URL": "pymemcache://b:11211",
    }
    (line,) = warnings
    assert line == (
        "Of the caches 'b', 'a', the first is used for CACHE_URL. To use another one, set "
        "SLIPWAY_CACHE to its name."
    )


def test_a_memcached_with_a_login_is_no_cache_if_there_is_a_redis() -> None:
    bindings = redis("a"), memcached("b", username="u", password="pw")  # noqa: S106 - none of a real server
    values, warnings = given(*bindings)
    assert values["CACHE_URL"] == "redis://:p@a"
    assert not warnings
    values, (line,) = given(*bindings, SLIPWAY_CACHE="b")
    assert "CACHE_URL" not in values
    assert line.startswith("CACHE_URL is not set: the binding 'b' needs a login")


def test_the_user_can_select_a_cache() -> None:
    values, warnings = given(redis("a"), memcached("b"), SLIPWAY_CACHE="a")
    assert values["CACHE_URL"] == "redis://:p@a"
    assert not warnings


def test_a_redis_with_the_name_of_its_purpose_is_used_for_it() -> None:
    values, warnings = given(redis("cache"), redis("queue"))
    assert values == {
        "REDIS_URL": "redis://:p@queue",
        "CACHE_URL": "redis://:p@cache",
        "REDIS_CACHE_URL": "redis://:p@cache",
    }
    assert not warnings


def test_one_redis_is_for_everything() -> None:
    values, warnings = given(redis("a"))
    assert values == {"REDIS_URL": "redis://:p@a", "CACHE_URL": "redis://:p@a"}
    assert not warnings


def test_of_two_redis_the_same_is_for_everything() -> None:
    values, warnings = given(redis("b"), redis("a"))
    assert values == {
        "REDIS_URL": "redis://:p@a",
        "CACHE_URL": "redis://:p@a",
        "B_URL": "redis://:p@b",
    }
    assert warnings == [
        f"Of the {noun} 'a', 'b', the first is used for {name}_URL. To use another one, set "
        f"SLIPWAY_{name} to its name."
        for name, noun in (("REDIS", "Redis services"), ("CACHE", "caches"))
    ]


@pytest.mark.parametrize("value", ["locmem://", ""])
def test_a_cache_of_the_user_stays(value: str) -> None:
    assert given(redis("a"), CACHE_URL=value)[0] == {"REDIS_URL": "redis://:p@a"}
