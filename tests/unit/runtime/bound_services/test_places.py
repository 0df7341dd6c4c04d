"""Bindings are read from one place, the same one as in other buildpacks."""

from __future__ import annotations

import os
import shutil
import tempfile
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


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Make all places, each with one binding that has the name of its place."""
    write_files(tmp_path, {"folders/folder/type": "mysql", "creds": '{"CRED": {}}'})
    write_files(tmp_path, {"vcap": '{"mysql": [{"name": "file"}]}'})
    write_files(tmp_path, {"dotcloud": '{"DOTCLOUD_DOTCLOUD_SQL_HOST": "h"}'})
    monkeypatch.setattr("bound_services.places.DOTCLOUD_FILE", str(tmp_path / "dotcloud"))
    return {
        "VCAP_SERVICES": '{"mysql": [{"name": "vcap"}]}',
        "VCAP_SERVICES_FILE_PATH": str(tmp_path / "vcap"),
        "SERVICE_BINDING_ROOT": str(tmp_path / "folders"),
        "CRED_FILE": str(tmp_path / "creds"),
    }


NAMES = ("vcap", "file", "folder", "cred", "dotcloud")


@pytest.mark.parametrize("number", range(len(NAMES)))
@pytest.mark.parametrize(
    "value", ["", "{}", "s3cret"], ids=["unset", "without services", "malformed"]
)
def test_the_first_place_with_a_service_counts(
    number: int, value: str, places: dict[str, str]
) -> None:
    """A place that is empty or malformed does not hide the next one."""
    places.update(dict.fromkeys([*places][:number], value))
    places.setdefault("CNB_PLATFORM_DIR", "/missing")
    warnings: list[str] = []
    (found,) = find_bindings(places, warnings)
    assert found.name == NAMES[number]
    assert "s3cret" not in str(warnings)
    assert len(warnings) == (
        number if value == "s3cret" else max(0, number - 1) if value else 0
    )


def test_a_variable_with_a_missing_folder_is_a_warning(tmp_path: Path) -> None:
    warnings: list[str] = []
    missing = str(tmp_path / "missing")
    assert not find_bindings({"SERVICE_BINDING_ROOT": missing}, warnings)
    assert warnings == [
        "No services are read from SERVICE_BINDING_ROOT: it is not the path of a folder."
    ]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_this_user_cannot_reach_is_not_called_missing() -> None:
    root = Path(tempfile.mkdtemp())
    write_files(root, {"bindings/db/type": "mysql"})
    warnings: list[str] = []
    os.seteuid(65534)
    try:
        assert not find_bindings({"CNB_BINDINGS": str(root / "bindings")}, warnings)
    finally:
        os.seteuid(0)
        shutil.rmtree(root)
    (warning,) = warnings
    assert warning == (
        "No services are read from CNB_BINDINGS: it cannot be read: Permission denied. The "
        "user with the ID 65534, which runs this process, must be able to read it."
    )


def test_the_first_variable_counts_even_if_its_folder_is_missing(tmp_path: Path) -> None:
    """As in packit, so that all buildpacks read the same bindings."""
    write_files(tmp_path, {"db/type": "mysql"})
    environment = {"SERVICE_BINDING_ROOT": "/missing", "CNB_BINDINGS": str(tmp_path)}
    warnings: list[str] = []
    assert not find_bindings(environment, warnings)
    assert len(warnings) == 1


def test_without_bindings_there_is_no_warning(tmp_path: Path) -> None:
    warnings: list[str] = []
    assert not find_bindings({"CNB_PLATFORM_DIR": str(tmp_path)}, warnings)
    # Some platforms set it whether or not there are services.
    assert not find_bindings({"SERVICE_BINDING_ROOT": str(tmp_path)}, warnings)
    assert not warnings


def test_a_reference_to_credhub_is_not_a_service(tmp_path: Path) -> None:
    write_files(tmp_path, {"db/type": "mysql", "db/credhub-ref": "/c/s3cret", "a/host": "h"})
    write_files(tmp_path, {"db/instance-guid": "1", "db/name": "db"})
    (tmp_path / "vcap").write_text(
        '{"mysql": [{"name": "db", "credentials": {"credhub-ref": "s3cret"}}, {"name": "a"}]}'
    )
    for environment in (
        {"SERVICE_BINDING_ROOT": str(tmp_path)},
        {"VCAP_SERVICES_FILE_PATH": str(tmp_path / "vcap")},
        {"VCAP_SERVICES": (tmp_path / "vcap").read_text()},
    ):
        warnings: list[str] = []
        assert [binding.name for binding in find_bindings(environment, warnings)] == ["a"]
        assert warnings == [
            (
                "The binding 'db' has a reference to CredHub instead of credentials, because "
                "the platform has not replaced it."
            )
        ]
