"""Addresses are read as brokers write them, and written with all their parts quoted."""

from __future__ import annotations

import pytest
from bound_services.address import (
    NO_PARTS,
    Parts,
    addresses_in,
    check_host_and_port,
    parts_of,
    split_address,
    write_address,
)
from bound_services.binding import Binding, Incomplete, new_binding

SCHEMES = {"mysql": "mysql", "postgres": "postgres", "sqlserver": "mssql", "oracle": "oracle"}


def bound(**credentials: str) -> Binding:
    return new_binding("test", "shop", "", credentials)


def of(**credentials: str) -> Parts:
    return parts_of(bound(**credentials), SCHEMES)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("mysql://u:p@h:3306/d", Parts("u", "p", "h", "3306", "d", {})),
        ("mysql://u:p%40%2F%25@h/d", Parts("u", "p@/%", "h", "", "d", {})),
        ("mysql://u:p@ss:w+d@h/d", Parts("u", "p@ss:w+d", "h", "", "d", {})),
        ("mysql://u:[a@h/d", Parts("u", "[a", "h", "", "d", {})),
        ("mysql://u:pä@h/d", Parts("u", "pä", "h", "", "d", {})),
        ("mysql://u:%zz@h/d", Parts("u", "%zz", "h", "", "d", {})),
        ("mysql://u@h?a=b%26&c", Parts("u", "", "h", "", "", {"a": "b&"})),
        ("mysql://[fd00::1]:1/d", Parts("", "", "fd00::1", "1", "d", {})),
        ("mysql://[fd00::1]/d", Parts("", "", "fd00::1", "", "d", {})),
        ("mysql:///d", Parts("", "", "", "", "d", {})),
        ("mysql://h/d?user=u@h&a=b", Parts("", "", "h", "", "d", {"user": "u@h", "a": "b"})),
        ("//h:1", Parts("", "", "h", "1", "", {})),
    ],
)
def test_an_address_is_split_and_written(address: str, expected: Parts) -> None:
    assert split_address(address) == expected
    assert split_address(write_address(expected, "mysql")) == expected


@pytest.mark.parametrize(
    ("place", "host", "port"),
    [
        ("%2Frun%2Fdb", "/run/db", ""),
        ("a:1,b:2", "a,b", "1,2"),
        ("a,[fd00::1]:2", "a,fd00::1", ",2"),
        ("a,b", "a,b", ""),
    ],
)
def test_an_address_may_have_a_socket_or_several_hosts(
    place: str, host: str, port: str
) -> None:
    expected = Parts("u", "p", host, port, "d", {})
    assert split_address(f"postgres://u:p@{place}/d") == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "h",
        "mysql://u:a#b@h/d",
        "mysql://u:a/b@h/d",
        "mysql://u:1/2@h/d",
        "mysql://u:a?b@h/d",
        "mysql://u:a/b@c@h/d",
        "mysql://u@h:1?a=b@h/d",
        "mysql://u@h:1/a=b@h/d",
        "mysql://u:a\nb@h/d",
        "mysql://h:port/d",
        "mysql://h:65536/d",
        "mysql://fd00::1/d",
    ],
)
def test_an_invalid_or_ambiguous_address_is_not_split(address: str) -> None:
    assert split_address(address) is None


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (
            {"host": "h", "port": "3306", "username": "u", "password": "p"},
            Parts("u", "p", "h", "3306", "", {}),
        ),
        ({"hostname": " h ", "port": " 1 ", "user": " u "}, Parts("u", "", "h", "1", "", {})),
        ({"host": "h", "password": " p "}, Parts("", " p ", "h", "", "", {})),
        ({"host": "h:5432"}, Parts("", "", "h", "5432", "", {})),
        ({"host": "h:5432", "port": "1"}, Parts("", "", "h", "5432", "", {})),
        ({"host": "fd00::1", "port": "1"}, Parts("", "", "fd00::1", "1", "", {})),
        ({"host": "[fd00::1]:2"}, Parts("", "", "fd00::1", "2", "", {})),
        ({"hosts.0": "a", "hosts.1": "b"}, Parts("", "", "a,b", "", "", {})),
        (
            {"uri": "mysql://h:1/d", "host": "no", "username": "u", "password": "p"},
            Parts("u", "p", "h", "1", "d", {}),
        ),
        (
            {"uri": "mysql://u:a/b@h/d", "host": "other", "password": "a/b"},
            Parts("", "a/b", "other", "", "", {}),
        ),
    ],
)
def test_separate_credentials_add_what_an_address_lacks(
    credentials: dict[str, str], expected: Parts
) -> None:
    assert of(**credentials) == expected


@pytest.mark.parametrize(
    ("written", "password", "expected"),
    [
        ("p%41", "p%41", "p%41"),
        ("p%2541", "p%41", "p%41"),
        ("p%40", "p@", "p@"),
        ("p", "of another user", "p"),
    ],
)
def test_a_password_that_a_broker_did_not_quote_is_not_unquoted(
    written: str, password: str, expected: str
) -> None:
    assert of(uri=f"mysql://u:{written}@h/d", password=password).password == expected


@pytest.mark.parametrize(
    ("credentials", "host"),
    [
        ({"url": "https://admin", "uri": "mysql://uri", "jdbcUrl": "jdbc:mysql://java"}, "uri"),
        ({"url": "mysql://url", "zUri": "mysql://other"}, "url"),
        ({"uri": "mysql://u:a/b@h/d", "masterUri": "mysql://master"}, "master"),
        ({"uris.0": "mysql://first", "uris.1": "mysql://second"}, "first"),
        ({"connection.mysql.composed.0": "mysql://ibm", "connection.cli": "mysql"}, "ibm"),
        ({"protocols.x.uri": "mysql://nested", "http_api_uri": "mysql://no"}, "nested"),
        ({"read_uri": "mysql://no", "host": "h"}, "h"),
        ({"uri": "jdbc:mysql://java/d"}, "java"),
        ({"jdbc-uri": "jdbc:mysql://java:3306/d?user=u"}, "java"),
        ({"jdbcUrl": "jdbc:sqlserver://java:1433;database=d;user=u"}, "java"),
        ({"jdbcUrl": "jdbc:oracle:thin:@//java:1521/service"}, "java"),
        ({"jdbcUrl": "jdbc:oracle:thin:@java:1521:sid"}, "java"),
    ],
)
def test_the_best_address_is_used(credentials: dict[str, str], host: str) -> None:
    assert of(**credentials).host == host


def test_the_properties_of_sql_server_are_options() -> None:
    jdbc = "jdbc:sqlserver://h:1433;databaseName=d b;user=u@h;password=p=w;encrypt=true"
    assert addresses_in(bound(jdbcurl=jdbc)) == [
        "sqlserver://h:1433/d%20b?user=u%40h&password=p%3Dw&encrypt=true"
    ]


@pytest.mark.parametrize("password", ["a#b", "a/b", "1/2", "a?b", "a\nb", "a/b@c"], ids=ascii)
def test_an_error_quotes_no_password(password: str) -> None:
    with pytest.raises(Incomplete, match="has no host and no usable uri") as error:
        check_host_and_port(of(uri=f"mysql://u:{password}@h/d"))
    assert password not in str(error.value)


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("", "", "has no host and no usable uri"),
        ("h", "s3cret", "has a port that is not a number up to 65535"),
        ("h", "65536", "has a port that is not a number up to 65535"),
        ("h", "²", "has a port that is not a number up to 65535"),
        ("s3cret@h", "", "has a host that is not valid in an address"),
        ("a,b", "", "has a host that is not valid in an address"),
        ("h:1:2", "", "has a host that is not valid in an address"),
        ("fe80::1%eth0", "", "has a host that is not valid in an address"),
        ("bücher.example", "", "has a host that is not valid in an address"),
    ],
)
def test_a_host_and_a_port_must_fit_into_an_address(host: str, port: str, reason: str) -> None:
    with pytest.raises(Incomplete, match=reason) as error:
        check_host_and_port(NO_PARTS._replace(host=host, port=port))
    assert "s3cret" not in str(error.value)


def test_credentials_must_be_utf_8() -> None:
    with pytest.raises(Incomplete, match="has credentials that are not UTF-8"):
        write_address(NO_PARTS._replace(host="h", username="\ud800"), "mysql")
