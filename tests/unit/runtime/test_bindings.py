"""The one place that says what is bound is found, and is the place other buildpacks look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from bindings import binding_root, find_bindings

from unit.samples import write_files


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "/platform/bindings"),
        ({"CNB_PLATFORM_DIR": "/p"}, "/p/bindings"),
        ({"CNB_PLATFORM_DIR": "/p", "CNB_BINDINGS": "/b"}, "/b"),
        ({"CNB_BINDINGS": "/b", "SERVICE_BINDING_ROOT": "/s"}, "/s"),
        ({"CNB_BINDINGS": "/b", "SERVICE_BINDING_ROOT": ""}, "/b"),
    ],
)
def test_the_folder_is_that_of_packit(environment: dict[str, str], expected: str) -> None:
    root, _ = binding_root(environment)
    assert root == expected


def test_folders_are_read(tmp_path: Path) -> None:
    write_files(tmp_path, {"shop/type": "mysql", "shop/uri": "mysql://h/d"})
    told: list[str] = []
    (found,) = find_bindings({"SERVICE_BINDING_ROOT": str(tmp_path)}, told)
    assert (found.source, found.name, found.type) == (str(tmp_path), "shop", "mysql")
    assert found.credentials == {"uri": "mysql://h/d"}
    assert not told


def test_cloud_foundry_says_all_of_it_in_its_variable(tmp_path: Path) -> None:
    write_files(tmp_path, {"shop/type": "mysql"})
    text = '{"postgresql": [{"name": "db"}]}'
    told: list[str] = []
    environment = {"SERVICE_BINDING_ROOT": str(tmp_path), "VCAP_SERVICES": text}
    (found,) = find_bindings(environment, told)
    assert (found.source, found.type) == ("VCAP_SERVICES", "postgresql")


def test_a_variable_that_names_no_folder_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    missing = str(tmp_path / "missing")
    assert not find_bindings({"SERVICE_BINDING_ROOT": missing}, told)
    assert told == ["No services are bound: SERVICE_BINDING_ROOT names no folder."]


def test_where_nothing_is_bound_nothing_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    assert not find_bindings({"CNB_PLATFORM_DIR": str(tmp_path)}, told)
    assert not told
