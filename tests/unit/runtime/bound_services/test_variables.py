"""Bound services become variables, and it is clear which service each one is from."""

from __future__ import annotations

from itertools import permutations

import pytest
from bound_services import databases
from bound_services.binding import Binding, new_binding
from bound_services.private_files import PrivateFiles
from bound_services.variables import has_login, service_variables


def bound(
    name: str = "shop", type_: str = "", *tags: str, instance: str = "", **credentials: str
) -> Binding:
    binding = new_binding("test", name, type_, credentials, tags=tags)
    return binding._replace(instance=instance)


def mysql(name: str, *tags: str, instance: str = "") -> Binding:
    credentials = {"host": "h", "database": "d", "user": "u", "password": name}
    return bound(name, "mysql", *tags, instance=instance, **credentials)


def given(*bindings: Binding, **environment: str) -> tuple[dict[str, str], list[str]]:
    warnings: list[str] = []
    files = PrivateFiles("unused")
    return service_variables(list(bindings), environment, files, warnings), warnings


def used(*bindings: Binding, **environment: str) -> str:
    """Return the name of the database that is used."""
    address = given(*bindings, **environment)[0].get("DATABASE_URL", "")
    return address.partition("u:")[2].partition("@")[0]


def test_services_of_unknown_kinds_are_ignored() -> None:
    unknown = bound("ca", "ca-certificates"), bound("mongo", "mongodb", uri="mongodb://h/d")
    assert given(*unknown) == ({}, [])


@pytest.mark.parametrize("value", ["postgres://mine", ""])
def test_what_the_user_has_set_stays(value: str) -> None:
    found, warnings = given(mysql("a"), mysql("b"), DATABASE_URL=value)
    assert found == {"A_URL": "mysql://u:a@h/d", "B_URL": "mysql://u:b@h/d"}
    assert not warnings
    assert given(mysql("a"), DATABASE_URL=value, A_URL=value) == ({}, [])


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["a", "default", "database"], "default"),
        (["a", "db", "database"], "database"),
        (["a", "DB"], "DB"),
    ],
)
def test_a_database_with_a_usual_name_is_preferred(names: list[str], chosen: str) -> None:
    for bindings in permutations(map(mysql, names)):
        assert used(*bindings) == chosen
        assert not given(*bindings)[1]


@pytest.mark.parametrize("named", ["b", "B"])
def test_the_case_of_a_name_makes_no_difference(named: str) -> None:
    values, warnings = given(mysql("a"), mysql("b"), SLIPWAY_DATABASE=named)
    assert values["DATABASE_URL"] == "mysql://u:b@h/d"
    assert not warnings


def test_a_database_of_no_known_kind_is_named() -> None:
    login = {"username": "u", "password": "pw", "database": "d"}
    found, (line,) = given(
        new_binding("VCAP", "shop-db", "user-provided", {"host": "h", "port": "25432", **login})
    )
    assert not found
    assert line == (
        "The binding 'shop-db' sets no variable, because it does not say which database it is. "
        "Give it the tag or the type postgresql or mysql, or an entry uri that starts with "
        "postgresql:// or mysql://."
    )


FIRST_OF_THREE = (
    "Of the databases 'a', 'b', '0', the first is used for DATABASE_URL. "
    "To use another one, set SLIPWAY_DATABASE to its name."
)


def test_the_first_of_several_databases_is_used_and_said() -> None:
    bindings = (mysql("b"), mysql("a"), bound("0", "postgres", uri="postgres://h/d"))
    results = [given(*order) for order in permutations(bindings)]
    assert all(result == results[0] for result in results)
    assert results[0] == (
        {
            "DATABASE_URL": "mysql://u:a@h/d",
            "B_URL": "mysql://u:b@h/d",
            "DATABASE_0_URL": "postgres://h/d",
        },
        [FIRST_OF_THREE],
    )


def test_many_databases_are_not_all_named() -> None:
    (line,) = given(*(mysql(f"db-{number:03}") for number in range(500)))[1]
    assert "'db-009', and 490 more, the first is used for DATABASE_URL." in line
    assert "db-010" not in line


@pytest.mark.parametrize(
    ("bindings", "chosen"),
    [
        ([mysql("shop-replica"), mysql("shop")], "shop"),
        ([mysql("a", "readonly"), mysql("b")], "b"),
        ([mysql("a", "read-only"), mysql("b")], "b"),
        ([mysql("a", instance="shop_read_replica"), mysql("b")], "b"),
        ([mysql("default", "replica"), mysql("b")], "b"),
        ([mysql("shop-ro"), mysql("shop-rw")], "shop-rw"),
        ([mysql("shop-replica")], "shop-replica"),
    ],
)
def test_a_copy_for_reading_is_not_used_if_there_is_another(
    bindings: list[Binding], chosen: str
) -> None:
    assert used(*bindings) == chosen
    assert not given(*bindings)[1]


def test_the_user_can_select_a_database() -> None:
    bindings = (mysql("default"), mysql("b", instance="orders"), mysql("b-replica"))
    for name, chosen in (("b", "b"), ("orders", "b"), ("b-replica", "b-replica")):
        assert used(*bindings, SLIPWAY_DATABASE=name) == chosen
        assert not given(*bindings, SLIPWAY_DATABASE=name)[1]


def test_no_other_database_is_used_instead_of_the_selected_one() -> None:
    found, (line,) = given(mysql("a"), mysql("database"), SLIPWAY_DATABASE="b")
    assert "DATABASE_URL" not in found
    assert line == (
        "DATABASE_URL is not set: SLIPWAY_DATABASE is 'b', but the bound databases are "
        "'a', 'database'."
    )


def test_no_other_database_is_used_instead_of_a_broken_one() -> None:
    found, warnings = given(bound("default", "mysql", user="u"), mysql("b"))
    assert found == {"B_URL": "mysql://u:b@h/d"}
    assert warnings == [
        "DATABASE_URL is not set: the binding 'default' has no host and no usable uri."
    ]


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("shop", "SHOP_URL"),
        ("shop-orders.eu", "SHOP_ORDERS_EU_URL"),
        ("--shop--", "SHOP_URL"),
        ("données", "DONNEES_URL"),
        ("2nd", "DATABASE_2ND_URL"),
        ("cache", "DATABASE_CACHE_URL"),
        ("database", "DATABASE_DATABASE_URL"),
        ("EMAIL", "DATABASE_EMAIL_URL"),
        # They mean something else to Django, to other tools or to the app.
        ("static", "DATABASE_STATIC_URL"),
        ("site", "DATABASE_SITE_URL"),
        ("login-redirect", "DATABASE_LOGIN_REDIRECT_URL"),
        ("pip-index", "DATABASE_PIP_INDEX_URL"),
        ("uv-default-index", "DATABASE_UV_DEFAULT_INDEX_URL"),
        ("aws-endpoint", "DATABASE_AWS_ENDPOINT_URL"),
        ("ssl", "DATABASE_SSL_URL"),
    ],
)
def test_each_further_database_has_a_variable(name: str, variable: str) -> None:
    found, warnings = given(mysql("default"), mysql(name))
    assert found[variable] == given(mysql(name))[0]["DATABASE_URL"]
    assert len(found) == 2
    assert not warnings


def test_a_further_service_has_the_file_that_its_address_needs() -> None:
    ca = "/etc/hostname"
    services = (
        bound("default", "rabbitmq", uri="amqps://u:p@default"),
        bound("a", "rabbitmq", uri="amqps://u:p@a", ca=ca),
    )
    found = given(*services)[0]
    assert (found["A_URL"], found["A_CA_FILE"]) == ("amqps://u:p@a", ca)
    found, warnings = given(*services, A_CA_FILE="mine")
    assert not [name for name in found if name.startswith("A_")]
    assert warnings == [
        "The binding 'a' sets no variable, because A_CA_FILE has a value already."
    ]


def test_a_certificate_of_the_user_stays_with_its_key() -> None:
    service = bound("a", "rabbitmq", uri="amqps://u:p@a", sslcert="/etc/hostname")
    assert "RABBITMQ_URL" in given(service)[0]
    for name in ("RABBITMQ_CERT_FILE", "RABBITMQ_KEY_FILE"):
        assert "RABBITMQ_URL" not in given(service, **{name: "mine"})[0]


def test_a_name_without_letters_is_said() -> None:
    found, warnings = given(mysql("default"), mysql("база"))
    assert list(found) == ["DATABASE_URL"]
    assert warnings == [
        "The binding 'база' sets no variable, because its name has no letters from A to Z."
    ]


def test_two_services_with_the_same_variable_are_said() -> None:
    for bindings in permutations((mysql("default"), mysql("my-shop"), mysql("my_shop"))):
        found, (line,) = given(*bindings)
        assert found["MY_SHOP_URL"] == "mysql://u:my-shop@h/d"
        assert line == (
            "The binding 'my_shop' sets no variable, because MY_SHOP_URL is the address of "
            "'my-shop'."
        )


PARTS = {"host": "h", "database": "d", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("credentials", "unreadable"),
    [
        (PARTS, "password"),
        (PARTS, "username"),
        ({"uri": "postgres://u@h/d"}, "password"),
        ({"host": "h", "name": "d"}, "database"),
        (PARTS, "port"),
        (PARTS, "uri"),
    ],
)
def test_an_address_is_whole_or_not_set(credentials: dict[str, str], unreadable: str) -> None:
    readable = {key: text for key, text in credentials.items() if key != unreadable}
    problems = {unreadable: "is not a file"}
    binding = new_binding("test", "shop", "postgres", readable, unreadable=problems)
    found, (line,) = given(binding)
    assert not found
    assert line == (
        f"DATABASE_URL is not set: the binding 'shop' has the entry {unreadable!r}, which is "
        "not a file."
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
    problems = dict.fromkeys(unreadable, "is not a file")
    binding = new_binding("test", "shop", "postgres", credentials, unreadable=problems)
    assert given(binding) == ({"DATABASE_URL": "postgres://u:p@h:1/d"}, [])


def test_an_entry_has_the_name_that_the_binding_gives_it() -> None:
    problems = {"DB_PassWord": "is not a file"}
    binding = new_binding("test", "shop", "mysql", {"DB_HOST": "h"}, unreadable=problems)
    (line, *_) = given(binding)[1]
    assert "has the entry 'DB_PassWord', which is not a file" in line


@pytest.mark.parametrize(
    ("credentials", "meant"),
    [
        ({"host": "h", "database": "d", "username": "u", "pasword": "p"}, "password"),
        ({"uri": "postgres://h/d", "pwd": "p"}, "password"),
        ({"username": "u", "password": "p", "ulr": "postgres://h/d"}, "url"),
    ],
)
def test_an_entry_that_resembles_a_missing_one_is_named(
    credentials: dict[str, str], meant: str
) -> None:
    key = list(credentials)[-1]
    line = (
        f"The entry {key!r} of the binding 'shop' is not read. Its name should probably be "
        f"{meant}."
    )
    assert line in given(bound("shop", "postgres", **credentials))[1]


def test_entries_of_brokers_are_nobodys_mistake() -> None:
    entries = {"jdbcUrl": "", "pgpass": "", "ports": "1", "pasword": "", "DB_USER": "u"}
    assert given(bound("shop", "postgres", uri="postgres://u:p@h/d", **entries))[1] == []


def test_a_misspelled_type_is_named() -> None:
    binding = bound("shop", "", **PARTS, tpye="mysql")
    (line,) = given(binding)[1]
    assert line.startswith("The entry 'tpye' of the binding 'shop' is not read.")


def s3(**credentials: str) -> Binding:
    keys = {"access_key_id": "k", "secret_access_key": "s"}
    return bound("media", "s3", **keys, **credentials)


@pytest.mark.parametrize(
    "name",
    [
        "AWS_S3_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL",
        "AWS_STORAGE_BUCKET_NAME",
        "AWS_PROFILE",
        "AWS_S3_SECRET_ACCESS_KEY",
    ],
)
def test_no_key_is_set_for_the_storage_of_the_user(name: str) -> None:
    found, warnings = given(s3(endpoint="https://s3.example", bucket="shop"), **{name: "mine"})
    assert not found
    of_binding = "AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_STORAGE_BUCKET_NAME"
    line = "AWS_ACCESS_KEY_ID is not set: the binding 'media' has another value than "
    assert warnings == [f"{line}{name}, which you have set."] * (name in of_binding)


def test_the_endpoint_and_the_bucket_of_the_user_complete_a_binding() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    for name in ("AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_STORAGE_BUCKET_NAME"):
        assert given(s3(), **{name: "mine"}) == (keys, [])
    same = given(s3(bucket="shop"), AWS_STORAGE_BUCKET_NAME="shop")
    assert same == (keys, [])


def test_a_storage_of_ibm_needs_the_endpoint_of_the_user() -> None:
    keys = {"cos_hmac_keys.access_key_id": "k", "cos_hmac_keys.secret_access_key": "s"}
    (line,) = given(bound("media", "s3", **keys))[1]
    assert line.startswith("The binding 'media' does not say where its buckets are.")
    for name in ("AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        found, warnings = given(bound("media", "s3", **keys), **{name: "https://s3.example"})
        assert found
        assert not warnings


@pytest.mark.parametrize("text", ["postgres://u:s3cret@h/d", "u:s3cret@h", "password=s3cret"])
def test_an_address_instead_of_a_name_is_not_shown(text: str) -> None:
    found, (line,) = given(mysql("a"), SLIPWAY_DATABASE=text)
    assert not found.get("DATABASE_URL")
    assert line == (
        "DATABASE_URL is not set: SLIPWAY_DATABASE is not the name of a binding: the bound "
        "databases are 'a'."
    )


@pytest.mark.parametrize(
    "address",
    ["postgres://u:a#b/c@h/d", "postgres://u:a/b@h/d", "postgres://u:a?b@h/d"],
)
def test_characters_of_a_password_that_must_be_quoted_are_named(address: str) -> None:
    found, (line, *_) = given(bound("shop", "postgres", uri=address))
    assert not found
    assert line == (
        "DATABASE_URL is not set: the binding 'shop' has no host and no usable uri. If the "
        "password in the address has characters such as #, / or ?, write them as %23, %2F and "
        "%3F."
    )


@pytest.mark.parametrize("password", ["caf%E9", "Pn%F2Gq&"])
@pytest.mark.parametrize("scheme", ["postgres", "redis", "amqp", "smtp", "memcached"])
def test_a_password_that_is_not_utf_8_is_said(scheme: str, password: str) -> None:
    found, warnings = given(bound("shop", uri=f"{scheme}://u:{password}@h/d"))
    assert not found
    assert warnings
    assert all("has credentials that are not UTF-8" in line for line in warnings)


def test_a_fault_in_one_group_keeps_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> dict[str, str]:
        raise LookupError("s3cret")

    monkeypatch.setattr(databases, "variables", fail)
    found, warnings = given(mysql("a"), bound("b", uri="redis://h"))
    assert found == {"REDIS_URL": "redis://h", "CACHE_URL": "redis://h"}
    assert warnings == [
        (
            "DATABASE_URL is not set: Slipway failed to read the binding 'a' (LookupError). "
            "Please report it."
        )
    ]


def test_a_login_is_found_in_an_address_of_any_length() -> None:
    assert has_login("postgres://u:p@h/d")
    for address in ("redis://h", "redis://u@h", "redis://:p@h", "redis://h/a:b@c"):
        assert not has_login(address)
    assert not has_login("://" + ":" * 1_000_000)
