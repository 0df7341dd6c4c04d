"""Bound services become DATABASE_URL and REDIS_URL, and it is clear which one is used."""

from __future__ import annotations

import pytest
from binding import Binding
from service_urls import urls


def bound(
    name: str = "shop", type_: str = "", *tags: str, provider: str = "", **credentials: str
) -> Binding:
    return Binding("test", name, type_, provider, tags, credentials)


def mysql(name: str) -> Binding:
    return bound(name, "mysql", host=name, database="d")


def given(*bindings: Binding, **environment: str) -> tuple[dict[str, str], list[str]]:
    warnings: list[str] = []
    return urls(list(bindings), environment, warnings), warnings


@pytest.mark.parametrize(
    ("binding", "scheme"),
    [
        (bound(type_="postgresql"), "postgresql"),
        (bound(type_="postgres"), "postgres"),
        (bound(type_="postgis"), "postgis"),
        (bound(type_="mysql"), "mysql"),
        (bound(type_="mariadb"), "mysql"),
        (bound(type_="p.mysql"), "mysql"),
        (bound(type_="aws-rds-postgres"), "postgres"),
        (bound(provider="mariadb"), "mysql"),
        (bound("shop", "csb", "relational", "postgresql"), "postgresql"),
    ],
)
def test_a_database_is_recognized_by_the_platforms_name_for_it(
    binding: Binding, scheme: str
) -> None:
    binding.credentials.update(host="h", database="d")
    assert given(binding) == ({"DATABASE_URL": f"{scheme}://h/d"}, [])


@pytest.mark.parametrize("scheme", ["mysql", "MYSQL", "mysql2", "mariadb", "mysql+pymysql"])
def test_a_database_is_recognized_by_its_address_alone(scheme: str) -> None:
    binding = bound(type_="user-provided", uri=f"{scheme}://h/d")
    assert given(binding) == ({"DATABASE_URL": "mysql://h/d"}, [])


def test_an_address_with_another_scheme_is_not_used() -> None:
    binding = bound(
        type_="mysql", uri="jdbc:mysql://j/d", url="https://admin", host="h", database="d"
    )
    assert given(binding) == ({"DATABASE_URL": "mysql://h/d"}, [])


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"uri": "redis://:p@h:6379/1"}, "redis://:p@h:6379/1"),
        ({"url": "rediss://u:p@h:6380"}, "rediss://u:p@h:6380"),
        ({"host": "h", "port": "6379", "password": "p/w"}, "redis://:p%2Fw@h:6379"),
        ({"host": "h", "db": "2", "name": "cache"}, "redis://h/2"),
        ({"host": "h", "name": "cache"}, "redis://h"),
        ({"host": "h", "tls": "true"}, "rediss://h"),
        ({"host": "h", "ssl": "false"}, "redis://h"),
        (
            {"uri": "rediss://h?ssl_cert_reqs=none&Other=1"},
            "rediss://h?ssl_cert_reqs=none&Other=1",
        ),
    ],
)
def test_redis_url_is_set(credentials: dict[str, str], expected: str) -> None:
    assert given(bound(type_="redis", **credentials)) == ({"REDIS_URL": expected}, [])


def test_services_of_other_kinds_are_ignored() -> None:
    mail = bound("mail", "smtp", host="h", uri="smtp://h")
    assert given(mail, bound("ca", "ca-certificates")) == ({}, [])


@pytest.mark.parametrize("value", ["postgres://mine", ""])
def test_what_the_user_has_set_stays(value: str) -> None:
    """Bindings that are not needed then cause no warnings."""
    assert given(mysql("a"), mysql("b"), DATABASE_URL=value) == ({}, [])


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["a", "default", "database"], "default"),
        (["a", "db", "database"], "database"),
        (["a", "DB"], "DB"),
    ],
)
def test_a_database_with_a_usual_name_is_preferred(names: list[str], chosen: str) -> None:
    assert given(*map(mysql, names)) == ({"DATABASE_URL": f"mysql://{chosen}/d"}, [])


@pytest.mark.parametrize("names", [["b", "a"], ["a", "b"]])
def test_the_first_of_several_databases_is_used_with_a_warning(names: list[str]) -> None:
    found, warnings = given(*map(mysql, names))
    assert found == {"DATABASE_URL": "mysql://a/d"}
    (line,) = warnings
    assert line == (
        "DATABASE_URL is set from 'a', the first of 'a', 'b'. "
        "To use another one, set SLIPWAY_DATABASE to its name."
    )


def test_only_redis_url_can_select_another_redis() -> None:
    found, warnings = given(bound("b", "redis", host="b"), bound("a", "redis", host="a"))
    assert found == {"REDIS_URL": "redis://a"}
    assert warnings == [
        "REDIS_URL is set from 'a', the first of 'a', 'b'. To use another one, set REDIS_URL."
    ]


def test_the_user_can_select_a_database() -> None:
    found, warnings = given(mysql("default"), mysql("b"), SLIPWAY_DATABASE="b")
    assert found == {"DATABASE_URL": "mysql://b/d"}
    assert not warnings


def test_no_other_database_is_used_instead_of_the_selected_one() -> None:
    found, warnings = given(mysql("a"), SLIPWAY_DATABASE="b")
    assert not found
    assert warnings == [
        "DATABASE_URL is not set: SLIPWAY_DATABASE is 'b', but the bound databases are: 'a'."
    ]


def test_no_other_database_is_used_instead_of_a_broken_one() -> None:
    found, warnings = given(bound("default", "mysql", user="u"), mysql("b"))
    assert not found
    assert warnings == [
        "DATABASE_URL is not set: the binding 'default' has no host and no usable uri."
    ]


PARTS = {"host": "h", "database": "d", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("credentials", "unreadable", "named"),
    [
        (PARTS, "password", "password"),
        (PARTS, "username", "username"),
        ({"uri": "postgres://u@h/d"}, "password", "password"),
        ({"host": "h", "name": "d"}, "database", "database"),
        (PARTS, "port", "port"),
        (PARTS, "uri", "uri"),
    ],
)
def test_an_address_is_whole_or_not_set(
    credentials: dict[str, str], unreadable: str, named: str
) -> None:
    given_ = {key: text for key, text in credentials.items() if key != unreadable}
    binding = Binding("test", "shop", "postgres", "", (), given_, (unreadable,))
    assert given(binding) == (
        {},
        [f"DATABASE_URL is not set: {named} of the binding 'shop' cannot be read."],
    )


@pytest.mark.parametrize(
    ("credentials", "unreadable"),
    [
        ({"uri": "postgres://u:p@h:1/d"}, ("password", "username", "port", "database")),
        ({"uri": "postgres://u:p@h:1/d"}, ("url",)),
        ({**PARTS, "port": "1"}, ("user", "dbname", "tls")),
    ],
)
def test_a_credential_that_is_not_needed_may_be_unreadable(
    credentials: dict[str, str], unreadable: tuple[str, ...]
) -> None:
    binding = Binding("test", "shop", "postgres", "", (), credentials, unreadable)
    found, warnings = given(binding)
    assert found["DATABASE_URL"].startswith("postgres://u:p@h:1/d")
    assert not warnings


def test_the_encryption_of_redis_must_be_readable() -> None:
    binding = Binding("test", "cache", "redis", "", (), {"host": "h"}, ("tls",))
    assert given(binding) == (
        {},
        ["REDIS_URL is not set: tls of the binding 'cache' cannot be read."],
    )


@pytest.mark.parametrize(
    ("credentials", "others", "named"),
    [
        ({"host": "h", "database": "d", "username": "u"}, ("pasword",), "password"),
        ({"host": "h", "database": "d", "password": "p"}, ("User_Name",), "username"),
        ({"username": "u", "password": "p"}, ("URL",), "url"),
        ({"host": "h", "username": "u", "password": "p"}, ("databse",), "database"),
        ({"database": "d", "username": "u", "password": "p"}, ("HostName",), "hostname"),
        ({"host": "h", "database": "d", "username": "u"}, ("passwd",), "password"),
        ({"uri": "postgres://h/d"}, ("pwd",), "password"),
        ({"username": "u", "password": "p"}, ("ulr",), "url"),
    ],
)
def test_an_entry_that_resembles_a_missing_one_is_named(
    credentials: dict[str, str], others: tuple[str, ...], named: str
) -> None:
    binding = Binding("test", "shop", "postgres", "", (), credentials, (), others)
    line = (
        f"The entry {others[0]!r} of the binding 'shop' is not read. Its name should probably "
        f"be {named}."
    )
    assert line in given(binding)[1]


@pytest.mark.parametrize(
    ("type_", "credentials"),
    [
        ("postgres", {"uri": "postgres://u:p@h/d"}),
        ("postgres", {**PARTS, "port": "5432"}),
        ("redis", {"host": "h", "port": "1", "username": "u", "password": "p"}),
        ("mongodb", {}),
    ],
)
def test_entries_of_brokers_are_nobodys_mistake(
    type_: str, credentials: dict[str, str]
) -> None:
    others: tuple[str, ...] = (
        "jdbcUrl",
        "instance-name",
        "pgpass",
        "ports",
        "pasword",
        "hosts",
        "ca.crt",
    )
    others += ("database_id",) if type_ == "redis" else ()
    binding = Binding("test", "shop", type_, "", (), credentials, (), others)
    assert given(binding)[1] == []


def test_a_misspelled_type_is_named() -> None:
    binding = Binding("test", "shop", "", "", (), PARTS, (), ("tpye", "Type"))
    assert [line.partition(" is not read")[0] for line in given(binding)[1]] == [
        "The entry 'tpye' of the binding 'shop'",
        "The entry 'Type' of the binding 'shop'",
    ]
