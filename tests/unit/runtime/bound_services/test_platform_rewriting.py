"""A DATABASE_URL that Cloud Foundry has written does not decide which database is used."""

from __future__ import annotations

import json
import random
import re
from urllib.parse import quote

import pytest
from bound_services.places import find_bindings
from bound_services.private_files import PrivateFiles
from bound_services.variables import service_variables

NASTY = "p@ss:/?#[]%&+ \"'\\"


def broker(scheme: str, host: str, nasty: str = "p", options: str = "") -> dict[str, object]:
    place = f"u:{quote(nasty, safe='')}@{host}:1234/d{options}"
    return {"uri": f"{scheme}://{place}", "jdbcUrl": f"jdbc:{scheme}://{host}:1234/d"}


def vcap_services(**services: tuple[str, object]) -> str:
    """Return VCAP_SERVICES with services by their names: a label, and credentials."""
    labels: dict[str, list[object]] = {}
    for name, (label, credentials) in services.items():
        entry = {"name": name, "label": label, "tags": [], "credentials": credentials}
        labels.setdefault(label, []).append(entry)
    return json.dumps(labels)


def as_cloud_foundry_starts(vcap: str, chance: random.Random) -> dict[str, str]:
    """Return the environment of an app, in which a random database is the one to use.

    https://github.com/cloudfoundry/buildpackapplifecycle/blob/main/databaseuri/databaseuri.go
    """
    services = [service for entries in json.loads(vcap).values() for service in entries]
    uris = [service["credentials"].get("uri", "") for service in services]
    usable = [uri for uri in uris if re.match(r"(mysql2?|postgres(ql)?)://", uri)]
    environment = {"VCAP_SERVICES": vcap}
    if usable:
        written = chance.choice(usable).replace("mysql://", "mysql2://")
        environment["DATABASE_URL"] = written.replace("postgresql://", "postgres://")
    return environment


def started(environment: dict[str, str]) -> tuple[str | None, list[str]]:
    """Return the DATABASE_URL that the app gets at the end."""
    warnings: list[str] = []
    bindings = find_bindings(environment, warnings)
    found = service_variables(bindings, environment, PrivateFiles("unused"), warnings)
    return found.get("DATABASE_URL", environment.get("DATABASE_URL")), warnings


def test_every_start_uses_the_same_database() -> None:
    vcap = vcap_services(
        shop=("p.mysql", broker("mysql", "shop", NASTY, "?reconnect=true")),
        search=("elephantsql", broker("postgresql", "search")),
        cache=("p.redis", {"host": "h", "port": 6379, "password": "p"}),
    )
    chance = random.Random(20)  # noqa: S311 - the same order in each run of the test
    environments = [as_cloud_foundry_starts(vcap, chance) for _ in range(60)]
    assert {environment["DATABASE_URL"][:5] for environment in environments} == {
        "mysql",
        "postg",
    }
    results = [started(environment) for environment in environments]
    assert all(result == results[0] for result in results)
    address, (line,) = results[0]
    assert address == "postgresql://u:p@search:1234/d"
    assert line.startswith(
        "Of the databases 'search', 'shop', the first is used for DATABASE_URL."
    )
    for environment in environments:
        address, warnings = started({**environment, "SLIPWAY_DATABASE": "shop"})
        assert address == f"mysql://u:{quote(NASTY, safe='')}@shop:1234/d"
        assert not warnings


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("mysql2://u:p@h:1234/d?reconnect=true", "mysql://u:p@h:1234/d"),
        # Go quotes fewer characters than the broker did.
        ("mysql2://u:%70@h:1234/d?reconnect=true", "mysql://u:p@h:1234/d"),
        ("mysql://u:p@h:1234/d?reconnect=true", "mysql://u:p@h:1234/d"),
        ("mysql2://u:p@h:1234/d", "mysql://u:p@h:1234/d"),
    ],
)
def test_the_address_of_a_bound_database_is_repaired(written: str, expected: str) -> None:
    vcap = vcap_services(shop=("cleardb", broker("mysql", "h", options="?reconnect=true")))
    assert started({"VCAP_SERVICES": vcap, "DATABASE_URL": written}) == (expected, [])


@pytest.mark.parametrize(
    "own",
    [
        "",
        "mysql2://other:p@h:1234/d?reconnect=true",
        "mysql2://u:other@h:1234/d?reconnect=true",
        "mysql2://u:p@other:1234/d?reconnect=true",
        "mysql2://u:p@h:1234/other?reconnect=true",
        "mysql2://u:p@h:1234/d?charset=utf8",
        "postgres://u:p@h:1234/d?reconnect=true",
        "sqlite:///db.sqlite3",
        "not an address",
        "mysql2://u:p@h:1234/d?reconnect=true#",
    ],
)
def test_the_users_own_address_stays(own: str) -> None:
    vcap = vcap_services(shop=("cleardb", broker("mysql", "h", options="?reconnect=true")))
    assert started({"VCAP_SERVICES": vcap, "DATABASE_URL": own})[0] == own


def test_the_address_of_one_of_several_databases_is_repaired_to_the_same_one() -> None:
    """Cloud Foundry never writes `mysql:`, so it is the choice of the user."""
    vcap = vcap_services(
        a=("cleardb", broker("mysql", "a", options="?reconnect=true")),
        b=("cleardb", broker("mysql", "b", options="?reconnect=true")),
    )
    environment = {"VCAP_SERVICES": vcap, "DATABASE_URL": "mysql://u:p@b:1234/d"}
    assert started(environment) == ("mysql://u:p@b:1234/d", [])


@pytest.mark.parametrize("named", ["no such database", "broken"])
def test_no_other_database_is_used_than_the_user_selects(named: str) -> None:
    vcap = vcap_services(
        shop=("cleardb", broker("mysql", "h")), broken=("mysql", {"username": "u"})
    )
    written = "mysql2://u:p@h:1234/d"
    environment = {"VCAP_SERVICES": vcap, "DATABASE_URL": written, "SLIPWAY_DATABASE": named}
    address, warnings = started(environment)
    assert address == ""
    assert (
        "DATABASE_URL is empty, so that the app does not use the database that the platform "
        "has chosen: 'shop'."
    ) in warnings


def test_the_platforms_address_stays_if_the_binding_has_no_better_one() -> None:
    """The database may have a name that only its driver knows."""
    vcap = vcap_services(shop=("postgres", {"uri": "postgres://u:p@h:1234"}))
    written = "postgres://u:p@h:1234"
    address, warnings = started({"VCAP_SERVICES": vcap, "DATABASE_URL": written})
    assert address == written
    assert warnings == ["DATABASE_URL is not set: the binding 'shop' has no database."]
