"""A vendored package knows its folder, and the name by which it is imported."""

from __future__ import annotations

import pytest

from slipway.domain.vendoring.packages import VendoredPackage, Vendoring, is_archive_name
from unit.samples import plain, tree, wheel_file


@pytest.mark.parametrize(
    ("package", "folder", "import_name"),
    [
        (plain("vendor/buoys"), "vendor", "buoys"),
        (plain("vendor/buoys.py"), "vendor", "buoys"),
        (plain("vendor/lib/src/buoys"), "vendor/lib/src", "buoys"),
        (plain("buoys.py"), ".", "buoys"),
    ],
)
def test_a_plain_package_is_imported_from_its_parent_folder(
    package: VendoredPackage, folder: str, import_name: str
) -> None:
    assert (package.folder, package.import_name) == (folder, import_name)


def test_each_folder_of_plain_packages_is_named_once() -> None:
    vendoring = Vendoring(
        packages=(
            plain("libs/a.py"),
            tree("vendor/acme"),
            plain("vendor/b"),
            plain("vendor/c.py"),
            wheel_file("wheels/d-1.0-py3-none-any.whl"),
        )
    )
    assert vendoring.plain_folders == ("libs", "vendor")


def test_an_app_without_plain_packages_has_no_plain_folder() -> None:
    assert Vendoring().plain_folders == ()


@pytest.mark.parametrize("ending", "tar.gz TGZ tar.bz2 tbz tar.xz txz tar zip".split())
def test_an_archive_is_recognized_by_its_name(ending: str) -> None:
    assert is_archive_name(f"tides-1.0.{ending}")


@pytest.mark.parametrize("name", ["tides-1.0-py3-none-any.whl", "tides.gz", "zip", "tides.py"])
def test_other_files_are_not_taken_for_archives(name: str) -> None:
    assert not is_archive_name(name)
