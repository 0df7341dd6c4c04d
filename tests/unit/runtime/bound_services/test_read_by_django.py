"""The libraries that settings use read the right values from DATABASE_URL."""

from __future__ import annotations

import string

import dj_database_url
import environ
import pytest
from bound_services.binding import new_binding
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables

PASSWORDS = [
    "plain",
    "p@ss:/?#[]%&+ \"'\\",
    "%41%zz%",
    "+a b+",
    "ä€😀ß",
    "@",
    ":",
    " leading and trailing ",
    "postgres://u:p@h/d?a=b#c",
    "${HOME} $(id) `id`",
    string.printable,
    "".join(map(chr, range(1, 0x180))),
]
TYPES = {
    "postgresql": "django.db.backends.postgresql",
    "postgres": "django.db.backends.postgresql",
    "postgis": "django.contrib.gis.db.backends.postgis",
    "mysql": "django.db.backends.mysql",
}


def settings_of(address: str) -> list[dict[str, object]]:
    """Return DATABASES["default"] according to each of the libraries."""
    return [
        dict(dj_database_url.parse(address)),
        dict(environ.Env.db_url_config(address)),
    ]


def address_of(type_: str, address: str = "", **credentials: str) -> str:
    warnings: list[str] = []
    binding = new_binding("test", "shop", type_, {"uri": address, **credentials})
    found = service_variables([binding], {}, PrivateFiles("unused"), warnings)
    assert not warnings
    return found["DATABASE_URL"]


@pytest.mark.parametrize("scheme", TYPES)
@pytest.mark.parametrize("nasty", PASSWORDS, ids=ascii)
def test_every_credential_is_read_unchanged(scheme: str, nasty: str) -> None:
    name = nasty.strip()
    address = address_of(
        scheme, host="h.example", port="1234", database=name, username=name, password=nasty
    )
    for settings in settings_of(address):
        assert settings["ENGINE"] == TYPES[scheme]
        assert (settings["HOST"], settings["PORT"]) == ("h.example", 1234)
        assert (settings["NAME"], settings["USER"]) == (name, name)
        assert settings["PASSWORD"] == nasty
        assert not settings.get("OPTIONS")


@pytest.mark.parametrize("nasty", PASSWORDS, ids=ascii)
def test_an_address_written_twice_means_the_same(nasty: str) -> None:
    once = address_of("mysql", host="h", database="d", username="u", password=nasty)
    assert address_of("mysql", once) == once


@pytest.mark.parametrize(
    ("scheme", "address", "options"),
    [
        ("mysql", "mysql://h/d?reconnect=true&useSSL=false&charset=utf8", {"charset": "utf8"}),
        ("postgres", "postgres://h/d?sslmode=require", {"sslmode": "require"}),
        (
            "postgres",
            "postgres://h/d?currentSchema=shop",
            {"options": "-c search_path=shop"},
        ),
        ("postgres", "postgres://%2Frun%2Fpg/d", {"host": "/run/pg"}),
        (
            "postgres",
            "postgres://h1,h2,[fd00::1]:5434/d",
            {"host": "h1,h2,fd00::1", "port": ",,5434"},
        ),
    ],
)
def test_only_options_that_drivers_support_are_passed(
    scheme: str, address: str, options: dict[str, str]
) -> None:
    for settings in settings_of(address_of(scheme, address)):
        assert settings["NAME"] == "d"
        assert settings["OPTIONS"] == options


def test_a_host_may_be_an_ipv6_address() -> None:
    address = address_of("postgresql", host="fd00::1", port="5432", database="d")
    for settings in settings_of(address):
        assert (settings["HOST"], settings["PORT"]) == ("fd00::1", 5432)


@pytest.mark.parametrize(
    ("scheme", "engines"),
    [
        ("redshift", ["django_redshift_backend"] * 2),
        ("oracle", ["django.db.backends.oracle"] * 2),
        # dj-database-url has another scheme for the package of today, mssql-django.
        ("mssql", ["sql_server.pyodbc", "mssql"]),
    ],
)
def test_other_databases_are_read(scheme: str, engines: list[str]) -> None:
    found = settings_of(address_of(scheme, f"{scheme}://u:p%40@h:1234/d"))
    assert [settings["ENGINE"] for settings in found] == engines
    for settings in found:
        read = [settings[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")]
        assert [str(value) for value in read] == ["h", "1234", "d", "u", "p@"]
