"""Folders with certain files are found, the nearest first."""

from __future__ import annotations

from pathlib import Path

from slipway.effects.subfolders import folders_with
from unit.samples import write_files

MARKS = ("manage.py", "requirements.txt")


def test_each_folder_is_named_with_its_files(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "frontend/package.json": "",
            "services/api/requirements.txt": "",
            "backend/requirements.txt": "",
            "backend/manage.py": "",
            "backend/shop/manage.py": "",
            "node_modules/x/requirements.txt": "",
            ".hidden/requirements.txt": "",
            "a/b/c/d/requirements.txt": "",
        },
    )
    assert [*folders_with(tmp_path, MARKS)] == [
        ("backend", ("manage.py", "requirements.txt")),
        ("services/api", ("requirements.txt",)),
    ]


def test_files_of_the_root_do_not_count(tmp_path: Path) -> None:
    write_files(tmp_path, {"manage.py": "", "requirements.txt": ""})
    assert [*folders_with(tmp_path, MARKS)] == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"app/x": ""})
    (tmp_path / "app" / "again").symlink_to("..")
    (tmp_path / "app" / "manage.py").symlink_to("x")
    assert [*folders_with(tmp_path, MARKS)] == []
