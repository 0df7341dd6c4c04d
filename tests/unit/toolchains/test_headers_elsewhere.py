"""A header in a folder where compilers do not look is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.errors.building import FailedBuild, HeaderMissing, PackageBuildFailed
from slipway.toolchains.headers_elsewhere import look_elsewhere


@pytest.fixture
def include(tmp_path: Path) -> Path:
    for name in ("gdal/gdal.h", "mygdal.h", "x86_64-linux-gnu/ffi.h", "own.h", "a/b/c.h"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("header", "folder"),
    [
        ("gdal.h", "gdal"),
        ("b/c.h", "a"),
        ("c.h", "a/b"),
        ("own.h", ""),  # compilers look there
        ("ffi.h", ""),
        ("al.h", ""),
        ("none.h", ""),
    ],
)
def test_the_folder_of_a_header_is_found(header: str, folder: str, include: Path) -> None:
    error = look_elsewhere(HeaderMissing(package="anchor", header=header), [include])
    assert error.found_in == (str(include / folder) if folder else "")


def test_missing_folders_have_no_headers(tmp_path: Path) -> None:
    error = look_elsewhere(HeaderMissing(package="anchor", header="a.h"), [tmp_path / "none"])
    assert error.found_in == ""


@pytest.mark.parametrize("error", [None, PackageBuildFailed(package="anchor")])
def test_other_errors_stay_as_they_are(error: FailedBuild | None, include: Path) -> None:
    assert look_elsewhere(error, [include]) is error
