"""VCAP_SERVICES is read as brokers write it, and no value prevents an app from starting."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from bound_services.binding import (
    ADDRESS,
    DATABASE,
    HOST,
    MOST_SERVICES,
    PASSWORD,
    PORT,
    USERNAME,
    Incomplete,
)
from bound_services.json_objects import MOST_ENTRIES
from bound_services.vcap_services import read, read_file

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
    assert warnings == ["No services are read from VCAP_SERVICES: it is not a JSON object."]


@pytest.mark.parametrize(
    "service",
    [
        {},
        {"name": {}, "tags": {}, "credentials": []},
        {"name": 5, "tags": [None, {}, "MySQL"], "credentials": {"uri": None}},
    ],
)
def test_a_service_without_credentials_causes_no_warning(service: object) -> None:
    warnings: list[str] = []
    (binding,) = read(json.dumps({"mysql": [service]}), warnings)
    assert not binding.first(("uri",))
    assert not warnings


@pytest.mark.parametrize("service", [None, 1, "s3cret", [], {"credentials": {"uri": "u"}}])
def test_what_is_not_a_list_of_services_causes_a_warning(service: object) -> None:
    good = {"name": "good", "credentials": {"uri": "u"}}
    warnings: list[str] = []
    found = read(json.dumps({"mysql": [good, []], "redis": service}), warnings)
    assert [binding.name for binding in found] == ["good"]
    named = "'mysql'" if service == [] else "'mysql', 'redis'"
    assert warnings == [f"These entries of VCAP_SERVICES are not services: {named}."]


def test_an_entry_with_many_wrong_services_is_named_once() -> None:
    warnings: list[str] = []
    assert not read('{"a": [1, 2, 3, 4]}', warnings)
    assert warnings == ["These entries of VCAP_SERVICES are not services: 'a'."]


def test_many_wrong_entries_cause_one_warning() -> None:
    warnings: list[str] = []
    assert not read(json.dumps({f"label {number}": 1 for number in range(100)}), warnings)
    assert warnings == [
        (
            "These entries of VCAP_SERVICES are not services: 'label 0', 'label 1', 'label 2' "
            "and 97 more."
        )
    ]


def test_services_of_the_first_cloud_foundry_are_read() -> None:
    """It had no URI, and called the database `name`."""
    credentials = {"name": "d8c5", "user": "u", "password": "p", "hostname": "h", "port": 3306}
    label = "mysql-5.1"
    text = json.dumps({label: [{"name": "db", "label": label, "credentials": credentials}]})
    (binding,) = read(text, [])
    assert (binding.name, binding.type, binding.instance) == ("db", "mysql-5.1", "")
    found = [binding.first(keys) for keys in (DATABASE, USERNAME, PASSWORD, HOST, PORT)]
    assert found == ["d8c5", "u", "p", "h", "3306"]


def test_values_of_several_levels_have_keys_with_dots() -> None:
    credentials = {
        "protocols": {"amqp+ssl": {"uris": ["amqps://a", "amqps://b"], "port": 5671}},
        "uri": {"ref": "x"},
        "tls": False,
    }
    (binding,) = read(json.dumps({"rabbit": [{"credentials": credentials}]}), [])
    assert binding.credentials == {
        "protocols.amqpssl.uris.0": "amqps://a",
        "protocols.amqpssl.uris.1": "amqps://b",
        "protocols.amqpssl.port": "5671",
        "uri.ref": "x",
        "tls": "false",
    }
    with pytest.raises(Incomplete, match="has the entry 'uri', which is not a text"):
        binding.first(ADDRESS)


def test_numbers_are_read_as_they_are_written() -> None:
    """Python would take minutes for a number of a million digits, or refuse it."""
    text = '{"x": [{"credentials": {"port": 5432, "big": ' + "9" * 1_000_000 + "}}]}"
    (binding,) = read(text, [])
    assert binding.credentials == {"port": "5432"}
    assert binding.unreadable == {"big": "is larger than 64 KiB"}


def test_an_instance_and_its_binding_may_have_different_names() -> None:
    service = {"name": "db", "binding_name": "db", "instance_name": "shop-db-2"}
    (binding,) = read(json.dumps({"mysql": [service]}), [])
    assert (binding.name, binding.instance) == ("db", "shop-db-2")


def test_megabytes_are_read_in_part(tmp_path: Path) -> None:
    many = {"x": [{"name": f"{number}", "credentials": {}} for number in range(2000)]}
    warnings: list[str] = []
    assert len(read(json.dumps(many), warnings)) == MOST_SERVICES
    assert warnings == ["Only the first 500 of the 2000 services of VCAP_SERVICES are read."]
    large = {"x": [{"credentials": {"k" * 100_000: {f"{n}": "v" for n in range(2000)}}}]}
    (binding,) = read(json.dumps(large), [])
    assert not binding.credentials
    entries = {f"{number}": "v" for number in range(2000)}
    (binding,) = read(json.dumps({"x": [{"credentials": entries}]}), [])
    assert len(binding.credentials) == MOST_ENTRIES


def test_the_file_form_is_read_like_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "vcap_services"
    file.write_text(json.dumps(SERVICES))
    warnings: list[str] = []
    found = read_file(str(file), warnings)
    assert [binding.source for binding in found] == ["VCAP_SERVICES_FILE_PATH"] * 2
    sources = [binding._replace(source="VCAP_SERVICES") for binding in found]
    assert sources == read(json.dumps(SERVICES), [])
    assert not warnings


def absent(path: Path) -> None:
    path.unlink(missing_ok=True)


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def large(path: Path) -> None:
    path.write_text("s3cret" * 800_000)


def binary(path: Path) -> None:
    path.write_bytes(b"s3cret\xff")


def text(path: Path) -> None:
    path.write_text("s3cret")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (absent, "cannot be read: No such file or directory"),
        (folder, "cannot be read: Is a directory"),
        (pipe, "is not a file"),
        (large, "is larger than 4096 KiB"),
        (binary, "is not UTF-8 text"),
        (text, "is not a JSON object"),
    ],
)
def test_a_file_that_cannot_be_read_causes_a_warning(
    make: Callable[[Path], None], problem: str, tmp_path: Path
) -> None:
    make(tmp_path / "vcap_services")
    warnings: list[str] = []
    assert not read_file(str(tmp_path / "vcap_services"), warnings)
    assert warnings == [
        f"No services are read from the file of VCAP_SERVICES_FILE_PATH: it {problem}."
    ]


def test_a_binding_in_a_message_does_not_show_its_credentials() -> None:
    (binding,) = read('{"mysql": [{"name": "db", "credentials": {"password": "s3cret"}}]}', [])
    assert repr(binding) == "<binding 'db' of VCAP_SERVICES>"
