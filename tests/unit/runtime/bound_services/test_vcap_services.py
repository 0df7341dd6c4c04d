"""VCAP_SERVICES is read as brokers write it, and no value prevents an app from starting."""

from __future__ import annotations

import json

import pytest
from bound_services.vcap_services import read

SERVICES = {
    "p.mysql": [
        {
            "name": "shop-db",
            "label": "p.mysql",
            "tags": ["MySQL", "relational"],
            "credentials": {"hostname": "h", "port": 3306, "tls": True, "more": {"a": 1}},
        }
    ],
    "user-provided": [{"name": None, "instance_name": "queue", "credentials": {"uri": "u"}}],
}


def test_a_service_has_its_broker_tags_and_credentials() -> None:
    warnings: list[str] = []
    mysql, queue = read(json.dumps(SERVICES), warnings)
    assert (mysql.name, mysql.type, mysql.tags) == (
        "shop-db",
        "p.mysql",
        ("mysql", "relational"),
    )
    assert mysql.first(("host", "hostname")) == "h"
    assert (mysql.first(("port",)), mysql.first(("tls",))) == ("3306", "true")
    assert (queue.name, queue.type) == ("queue", "user-provided")
    assert not warnings


@pytest.mark.parametrize("text", ["s3cret", "[]", "null", "1", "{", "[" * 100_000, "1" * 5000])
def test_a_value_that_is_not_an_object_is_not_quoted(text: str) -> None:
    warnings: list[str] = []
    assert not read(text, warnings)
    assert warnings == ["No services are bound: VCAP_SERVICES is not a JSON object."]


@pytest.mark.parametrize(
    "service",
    [
        None,
        1,
        [],
        {},
        {"name": {}, "tags": {}, "credentials": []},
        {"name": 5, "tags": [None, {}, "MySQL"], "credentials": {"uri": None}},
    ],
)
def test_a_service_with_another_structure_breaks_nothing(service: object) -> None:
    warnings: list[str] = []
    for binding in read(json.dumps({"mysql": [service], "x": service}), warnings):
        assert not binding.first(("uri",))
    assert not warnings


def test_a_binding_in_a_message_does_not_show_its_credentials() -> None:
    (binding,) = read('{"mysql": [{"name": "db", "credentials": {"password": "s3cret"}}]}', [])
    assert repr(binding) == "<binding 'db' of VCAP_SERVICES>"
