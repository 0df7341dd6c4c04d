"""All parts of an address are quoted, and drivers accept all its options."""

from __future__ import annotations

import pytest
from binding import Binding
from service_address import Incomplete, url


def of(scheme: str = "mysql", address: str = "", **credentials: str) -> str:
    warnings: list[str] = []
    result = url(Binding("test", "shop", "", "", (), credentials), scheme, address, warnings)
    assert not warnings
    return result


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (
            {"host": "h", "port": "3306", "database": "d", "username": "u", "password": "p"},
            "mysql://u:p@h:3306/d",
        ),
        ({"hostname": "h", "db_name": "d", "user": "u"}, "mysql://u@h/d"),
        ({"host": "h", "dbname": "d", "name": "of the service"}, "mysql://h/d"),
        ({"host": "h", "name": "d"}, "mysql://h/d"),
        ({"host": " h ", "port": " 1 ", "database": " d "}, "mysql://h:1/d"),
        ({"host": "fd00::1", "port": "1", "database": "d"}, "mysql://[fd00::1]:1/d"),
        ({"host": "h", "database": "a b/c?d"}, "mysql://h/a%20b%2Fc%3Fd"),
        (
            {"host": "/run/my sql.sock", "database": "d"},
            "mysql:///d?unix_socket=%2Frun%2Fmy%20sql.sock",
        ),
    ],
)
def test_an_address_is_made_of_separate_credentials(
    credentials: dict[str, str], expected: str
) -> None:
    assert of("mysql", **credentials) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgres://u:p@h:5432/d", "postgresql://u:p@h:5432/d"),
        ("postgres://u:p%40%2F%25@h/d", "postgresql://u:p%40%2F%25@h/d"),
        ("postgres://u:p@ss:w+d@h/d", "postgresql://u:p%40ss%3Aw%2Bd@h/d"),
        ("postgres://u:pä@h/d", "postgresql://u:p%C3%A4@h/d"),
        ("postgres://u:%zz@h/d", "postgresql://u:%25zz@h/d"),
        ("postgres://u:p@[fd00::1]:5432/d", "postgresql://u:p@[fd00::1]:5432/d"),
        ("postgres://u:p@h/d?sslmode=verify-full", "postgresql://u:p@h/d?sslmode=verify-full"),
        ("postgres:///d?host=/run/pg", "postgresql:///d?host=%2Frun%2Fpg"),
        ("postgres://%2Frun%2Fpg/d", "postgresql:///d?host=%2Frun%2Fpg"),
        (
            "postgres://h/d?currentSchema=shop",
            "postgresql://h/d?options=-c%20search_path%3Dshop",
        ),
    ],
)
def test_an_address_keeps_its_parts(address: str, expected: str) -> None:
    assert of("postgresql", address) == expected


def test_separate_credentials_add_missing_parts_of_an_address() -> None:
    login = {"username": "u", "password": "p"}
    found = of("mysql", "mysql://h:1/d", host="other", database="x", **login)
    assert found == "mysql://u:p@h:1/d"


@pytest.mark.parametrize(
    "password", ["a#b", "a/b", "1/2", "a?b", "[a", "a\nb", "a/b@c"], ids=ascii
)
def test_separate_credentials_replace_an_unquoted_address(password: str) -> None:
    address = f"mysql://u:{password}@h/d"
    assert of("mysql", address, host="other", database="d") == "mysql://other/d"
    with pytest.raises(Incomplete, match="no usable uri") as error:
        of("mysql", address)
    assert password not in str(error.value)


@pytest.mark.parametrize(
    "option",
    ["reconnect=true", "autoReconnect=true", "useSSL=false", "useUnicode=true", "pool=5"],
)
def test_options_of_other_drivers_are_left_out(option: str) -> None:
    found = of("mysql", f"mysql://h/d?{option}&charset=utf8mb4&ssl-ca=/ca.pem")
    assert found == "mysql://h/d?charset=utf8mb4&ssl-ca=%2Fca.pem"


@pytest.mark.parametrize(
    ("scheme", "option"),
    [("mysql", "ssl-mode=VERIFY_CA"), ("mysql", "useSSL=true"), ("postgres", "ssl=true")],
)
def test_an_encrypting_option_is_left_out_with_a_warning(scheme: str, option: str) -> None:
    warnings: list[str] = []
    binding = Binding("test", "shop", "", "", (), {})
    assert url(binding, scheme, f"{scheme}://h/d?{option}", warnings) == f"{scheme}://h/d"
    (line,) = warnings
    assert f"The option '{option.partition('=')[0]}' of the binding 'shop'" in line


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ({}, "has no host and no usable uri"),
        ({"host": "h"}, "has no database"),
        ({"host": "h", "database": "d", "port": "s3cret"}, "has a port that is not a number"),
        ({"host": "h", "database": "d", "port": "65536"}, "has a port that is not a number"),
        ({"host": "h", "database": "d", "port": "²"}, "has a port that is not a number"),
        ({"host": "s3cret@h", "database": "d"}, "has a host that is not valid in an address"),
        ({"host": "h\n", "hostname": "a\nb", "database": "d\ud800"}, "are not UTF-8"),
    ],
)
def test_the_error_names_the_missing_part_but_no_value(
    credentials: dict[str, str], reason: str
) -> None:
    with pytest.raises(Incomplete, match=reason) as error:
        of("mysql", **credentials)
    assert "s3cret" not in str(error.value)
