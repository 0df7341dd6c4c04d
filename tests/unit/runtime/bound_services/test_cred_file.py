"""The add-ons of cloudControl are read with each of their spellings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bound_services.binding import DATABASE, HOST, PASSWORD, PORT, USERNAME, Binding
from bound_services.cred_file import read, read_file

KEYS = (DATABASE, HOST, PORT, USERNAME, PASSWORD)


def read_all(addons: object) -> list[Binding]:
    warnings: list[str] = []
    found = read(json.dumps(addons), warnings)
    assert not warnings
    return found


@pytest.mark.parametrize(
    "keys",
    [
        "MYSQLS_DATABASE MYSQLS_HOSTNAME MYSQLS_PORT MYSQLS_USERNAME MYSQLS_PASSWORD",
        "MYSQLS_DATABASE MYSQLS_HOST MYSQLS_PORT MYSQLS_USER MYSQLS_PASSWORD",
        "mysqls_database mysqls_hostname mysqls_port mysqls_username mysqls_password",
        "DATABASE HOSTNAME PORT USERNAME PASSWORD",
        "database host port user password",
    ],
)
@pytest.mark.parametrize("name", ["MYSQLS", "mysqls"])
def test_an_addon_is_read_with_each_spelling_of_its_keys(name: str, keys: str) -> None:
    values = ["d", "h", "3306", "u", "p"]
    (binding,) = read_all({name: dict(zip(keys.split(), values, strict=True))})
    assert (binding.source, binding.name, binding.type) == ("CRED_FILE", "mysqls", "mysqls")
    assert [binding.first(each) for each in KEYS] == values


def test_an_addon_may_have_only_an_address() -> None:
    (binding,) = read_all({"ELEPHANTSQL": {"ELEPHANTSQL_URL": "postgres://u:p@h/d"}})
    assert binding.name == "elephantsql"
    assert binding.credentials == {"url": "postgres://u:p@h/d"}


def test_addons_stay_in_their_order() -> None:
    found = read_all({"REDISGREEN": {"REDISGREEN_URL": "redis://h"}, "BLITZ": {}})
    assert [binding.name for binding in found] == ["redisgreen", "blitz"]


@pytest.mark.parametrize("name", ["CONFIG", "config"])
def test_the_configuration_of_the_app_is_not_an_addon(name: str) -> None:
    """Its values are for the app, which reads them by hand."""
    assert not read_all({name: {"CONFIG_VARS": {"DATABASE_URL": "postgres://h/d", "A": True}}})


def test_entries_that_are_not_addons_cause_a_warning() -> None:
    warnings: list[str] = []
    found = read('{"A": "s3cret", "B": null, "C": {"C_URL": "redis://h"}}', warnings)
    assert [binding.name for binding in found] == ["c"]
    assert warnings == ["These entries of CRED_FILE are not services: 'A', 'B'."]


@pytest.mark.parametrize("text", ["s3cret", "", "[]", '{"MYSQLS": ', "null"])
def test_a_file_that_is_not_an_object_causes_a_warning(text: str, tmp_path: Path) -> None:
    file = tmp_path / "creds.json"
    file.write_text(text)
    warnings: list[str] = []
    assert not read_file(str(file), warnings)
    assert warnings == [
        "No services are read from the file of CRED_FILE: it is not a JSON object."
    ]


def test_a_missing_file_causes_a_warning(tmp_path: Path) -> None:
    """In a build, cloudControl had no such file."""
    warnings: list[str] = []
    assert not read_file(str(tmp_path / "creds.json"), warnings)
    assert warnings == [
        (
            "No services are read from the file of CRED_FILE: it cannot be read: No such file "
            "or directory."
        )
    ]
