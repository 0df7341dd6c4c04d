"""The services of dotCloud are read from its flat file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bound_services.dotcloud import read, read_file

SOURCE = "/home/dotcloud/environment.json"
DATABASE = {
    "DOTCLOUD_DB_SQL_HOST": "h",
    "DOTCLOUD_DB_SQL_LOGIN": "u",
    "DOTCLOUD_DB_SQL_PASSWORD": "p",
    "DOTCLOUD_DB_SQL_PORT": "5432",
    "DOTCLOUD_DB_SQL_URL": "pgsql://u:p@h:5432",
    "DOTCLOUD_ENVIRONMENT": "default",
    "DOTCLOUD_PROJECT": "shop",
    "DOTCLOUD_SERVICE_ID": "0",
    "DOTCLOUD_SERVICE_NAME": "www",
}


def services(entries: object) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the type and the credentials of each service."""
    warnings: list[str] = []
    found = read(json.dumps(entries), SOURCE, warnings)
    assert not warnings
    assert {binding.source for binding in found} <= {SOURCE}
    return {binding.name: (binding.type, binding.credentials) for binding in found}


def test_a_database_has_the_name_of_the_project() -> None:
    """DotCloud created none, and its apps named theirs so."""
    assert services(DATABASE) == {
        "db": (
            "postgresql",
            {
                "host": "h",
                "login": "u",
                "password": "p",
                "port": "5432",
                "url": "pgsql://u:p@h:5432",
                "database": "shop",
            },
        )
    }


@pytest.mark.parametrize(
    ("key", "name", "kind"),
    [
        ("DOTCLOUD_DATA_MYSQL_URL", "data", "mysql"),
        ("DOTCLOUD_MY_SHOP_DB_MYSQL_URL", "my_shop_db", "mysql"),
        ("DOTCLOUD_CACHE_REDIS_URL", "cache", "redis"),
        ("DOTCLOUD_MQ_AMQP_URL", "mq", "amqp"),
        ("dotcloud_cache_redis_url", "cache", "redis"),
    ],
)
def test_a_service_has_a_name_and_a_kind(key: str, name: str, kind: str) -> None:
    assert services({key: "x://h"}) == {name: (kind, {"url": "x://h"})}


def test_how_to_reach_a_container_is_not_a_service() -> None:
    """Otherwise, a service with the name `mysql` would be one that SSH reaches."""
    ways = ("SSH_HOST", "SSH_PORT", "SSH_URL", "HTTP_URL", "HTTP_HOST")
    entries = {f"DOTCLOUD_MYSQL_{way}": "h" for way in ways}
    assert services({**entries, "DOTCLOUD_MYSQL_MYSQL_HOST": "db"}) == {
        "mysql": ("mysql", {"host": "db"})
    }


def test_what_the_user_has_set_is_not_a_service() -> None:
    assert not services({"DATABASE_URL": "mysql://h/d", "DJANGO_DEBUG": "1", "PORT_WWW": "80"})


def test_a_file_that_is_not_an_object_causes_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "environment.json"
    file.write_text("s3cret")
    warnings: list[str] = []
    assert not read_file(str(file), warnings)
    assert warnings == [f"No services are read from {file}: it is not a JSON object."]
