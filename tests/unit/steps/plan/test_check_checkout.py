"""What a checkout has done to the files of an app stops the build, or is in a notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.errors.checkout import LfsPointers
from slipway.steps.plan.check_checkout import check_checkout
from unit.samples import write_files

POINTER = f"""\
version https://git-lfs.github.com/spec/v1
oid sha256:{"4d7a" * 16}
size 12345
"""
ATTRIBUTES = {".gitattributes": "*.png filter=lfs diff=lfs merge=lfs -text\n"}


def notices(root: Path, files: dict[str, str]) -> list[str]:
    return [*check_checkout(AppFolder(write_files(root, files)), ["vendor"])]


@pytest.mark.parametrize(
    "path", ["vendor/acme-1-py3-none-any.whl", "vendor/acme-1.tar.gz", "vendor/acme/src/a.so"]
)
def test_a_pointer_in_place_of_a_vendored_file_stops_the_build(
    path: str, tmp_path: Path
) -> None:
    with pytest.raises(LfsPointers) as pointers:
        notices(tmp_path, {path: POINTER, "vendor/other.py": "x = 1\n"})
    assert pointers.value.paths == (path,)


def test_pointers_elsewhere_are_named_if_the_app_uses_lfs(tmp_path: Path) -> None:
    images = {f"shop/static/{name}.png": POINTER for name in "abcd"}
    [notice] = notices(tmp_path, {**ATTRIBUTES, **images, "shop/a.py": ""})
    assert "4 Git LFS pointers" in notice
    assert "shop/static/a.png, shop/static/b.png, shop/static/c.png and 1 more" in notice


def test_an_app_with_its_content_has_no_notice(tmp_path: Path) -> None:
    files = {**ATTRIBUTES, "shop/static/a.png": "PNG", "vendor/acme/__init__.py": ""}
    assert notices(tmp_path, files) == []


def test_without_lfs_only_the_vendor_folders_are_read(tmp_path: Path) -> None:
    assert notices(tmp_path, {"docs/example.txt": POINTER}) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("vendor/acme/common.py", "../shared/common.py"),
        ("vendor/acme/shared", "../shared"),
        ("vendor/shared/latest.py", "common.py"),
    ],
)
def test_a_link_that_became_a_text_file_is_named(path: str, text: str, tmp_path: Path) -> None:
    [notice] = notices(tmp_path, {"vendor/shared/common.py": "x = 1\n", path: text})
    assert notice.startswith(f"{path} holds only the path {text}, so it may have been a symb")


@pytest.mark.parametrize("text", ["../shared/common.py\n", "missing.py", "1.0", "/etc", "."])
def test_other_short_files_are_not_links(text: str, tmp_path: Path) -> None:
    files = {"vendor/shared/common.py": "x = 1\n", "vendor/acme/VERSION": text}
    assert notices(tmp_path, files) == []


def test_names_that_differ_only_by_case_are_named(tmp_path: Path) -> None:
    [notice] = notices(tmp_path, {"vendor/Acme/a.py": "", "vendor/acme/b.py": ""})
    assert notice.startswith("vendor/Acme/ and vendor/acme/ differ only by case")


def test_links_and_unreadable_names_are_skipped(tmp_path: Path) -> None:
    write_files(tmp_path, {"vendor/a.py": ""})
    (tmp_path / "vendor/b.py").symlink_to("a.py")
    assert notices(tmp_path, {}) == []
