"""A service is recognized by what its binding says about it."""

from __future__ import annotations

import pytest
from bound_services.binding import new_binding
from bound_services.kinds import DATABASE, kind_of, similar_type


def found(
    type_: str = "user-provided", name: str = "shop", tags: str = "", **credentials: str
) -> tuple[str, str] | None:
    known = kind_of(new_binding("test", name, type_, credentials, tags=tuple(tags.split(","))))
    return known and (known[0].name, known[1])


@pytest.mark.parametrize(
    ("label", "scheme"),
    [
        ("postgresql", "postgresql"),
        ("PostgreSQL", "postgresql"),
        ("postgres", "postgres"),
        ("postgis", "postgis"),
        ("postgresql-9.6", "postgresql"),
        ("postgresql96", "postgresql"),
        ("a9s-postgresql13", "postgresql"),
        ("csb-aws-postgresql", "postgresql"),
        ("aws-rds-postgres", "postgres"),
        ("rdspostgresql", "postgresql"),
        ("azure-postgresql", "postgresql"),
        ("google-cloudsql-postgres", "postgres"),
        ("elephantsql", "postgresql"),
        ("crunchy-postgresql", "postgresql"),
        ("cockroachdb", "postgresql"),
        ("timescaledb", "postgresql"),
        ("redshift", "redshift"),
        ("mysql", "mysql"),
        ("mysql-5.1", "mysql"),
        ("mysql57", "mysql"),
        ("p-mysql", "mysql"),
        ("p.mysql", "mysql"),
        ("rdsmysql", "mysql"),
        ("cleardb", "mysql"),
        ("jawsdb-maria", "mysql"),
        ("mysqls", "mysql"),
        ("mysqld", "mysql"),
        ("mariadb", "mysql"),
        ("mariadbent", "mysql"),
        ("azure-mssql", "mssql"),
        ("csb-azure-mssql-db", "mssql"),
        ("sqlserver", "mssql"),
        ("oracle", "oracle"),
    ],
)
def test_a_database_is_recognized_by_the_label_of_its_broker(label: str, scheme: str) -> None:
    assert found(label) == ("database", scheme)


@pytest.mark.parametrize("scheme", ["mysql", "MYSQL", "mysql2", "mariadb", "mysql+pymysql"])
def test_the_scheme_of_an_address_counts_most(scheme: str) -> None:
    assert found("redis", uri=f"{scheme}://h/d") == ("database", "mysql")
    assert found("redis", uri=f"jdbc:{scheme}://h/d") == ("database", "mysql")


@pytest.mark.parametrize(
    "said",
    [
        {"tags": "relational,mysql"},
        {"engine": "MySQL"},
        {"UriPrefix": "mysql://"},
        {"MYSQL_HOST": "h"},
        {"name": "shop-mysql"},
        {"port": "3306"},
    ],
)
def test_further_words_and_the_port_count(said: dict[str, str]) -> None:
    assert found(**said) == ("database", "mysql")


def test_the_name_of_the_instance_counts_too() -> None:
    binding = new_binding("test", "shop", "user-provided", {"host": "h"})
    assert kind_of(binding) is None
    assert kind_of(binding._replace(instance="Shop-MySQL")) == (DATABASE, "mysql")


@pytest.mark.parametrize(
    ("label", "credentials"),
    [
        ("user-provided", {}),
        ("user-provided", {"uri": "https://h"}),
        ("newrelic", {"licenseKey": "x", "port": "443"}),
        ("autoscaler", {"username": "u", "password": "p"}),
    ],
)
def test_other_services_are_unknown(label: str, credentials: dict[str, str]) -> None:
    assert found(label, **credentials) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgress", "postgres"),
        ("postgre", "postgres"),
        ("msyql", "mysql"),
        ("maria-db", "mariadb"),
        ("reddis", "redis"),
        ("memcahced", "memcached"),
        ("rabit", "rabbitmq"),
        ("smpt", "smtp"),
        ("elasticseach", "elasticsearch"),
    ],
)
def test_a_misspelled_type_resembles_a_known_one(written: str, meant: str) -> None:
    assert similar_type(written) == meant


def test_types_of_other_services_and_of_builds_are_not_misspelled() -> None:
    others = (
        "mongodb couchdb cassandra influxdb kafka sqlite user-provided config-server "
        "service-registry p-identity newrelic sentry sso autoscaler credhub vault sqs sns "
        "database x pypi pip ca-certificates git-credentials"
    ).split()
    assert not [other for other in ("", *others) if similar_type(other)]


def test_a_long_type_resembles_none() -> None:
    assert similar_type("postgres" * 5000) == ""


def test_a_website_is_no_database_because_of_its_name() -> None:
    assert found(name="mysql-admin", uri="https://admin.example") is None


def test_no_word_means_two_kinds_of_databases() -> None:
    assert not DATABASE.words.keys() & DATABASE.schemes.keys()
