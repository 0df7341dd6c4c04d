"""Bindings are read from one place, the same one as in other buildpacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from bound_services.places import binding_root, find_bindings

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
def test_the_folder_is_the_same_as_in_packit(
    environment: dict[str, str], expected: str
) -> None:
    root, _ = binding_root(environment)
    assert root == expected


def test_bindings_in_folders_are_read(tmp_path: Path) -> None:
    write_files(tmp_path, {"shop/type": "mysql", "shop/uri": "mysql://h/d"})
    warnings: list[str] = []
    (found,) = find_bindings({"SERVICE_BINDING_ROOT": str(tmp_path)}, warnings)
    assert (found.source, found.name, found.type) == (str(tmp_path), "shop", "mysql")
    assert found.credentials == {"uri": "mysql://h/d"}
    assert not warnings


def test_vcap_services_takes_precedence_over_folders(tmp_path: Path) -> None:
    write_files(tmp_path, {"shop/type": "mysql"})
    text = '{"postgresql": [{"name": "db"}]}'
    warnings: list[str] = []
    environment = {"SERVICE_BINDING_ROOT": str(tmp_path), "VCAP_SERVICES": text}
    (found,) = find_bindings(environment, warnings)
    assert (found.source, found.type) == ("VCAP_SERVICES", "postgresql")


def test_a_variable_with_a_missing_folder_is_a_warning(tmp_path: Path) -> None:
    warnings: list[str] = []
    missing = str(tmp_path / "missing")
    assert not find_bindings({"SERVICE_BINDING_ROOT": missing}, warnings)
    assert warnings == [
        "No services are read from SERVICE_BINDING_ROOT: it is not the path of a folder."
    ]


def test_without_bindings_there_is_no_warning(tmp_path: Path) -> None:
    warnings: list[str] = []
    assert not find_bindings({"CNB_PLATFORM_DIR": str(tmp_path)}, warnings)
    assert not warnings
