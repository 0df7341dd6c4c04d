"""A source tree has the same digest anywhere, and its copy contains the digested files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.effects.packages.source_trees import copy_source, digest_source
from slipway.errors.vendored import OutsideTheApp, VendoredBroken
from unit.samples import write_files

FILES = {
    "vendor/acme/pyproject.toml": "[project]",
    "vendor/acme/src/acme/__init__.py": "one",
    "vendor/shared/data.txt": "shared",
}
ACME = "vendor/acme"


def make(root: Path) -> Path:
    app = write_files(root, FILES)
    (app / ACME / "link.py").symlink_to("src/acme/__init__.py")
    return app


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return make(tmp_path / "app")


def copied(app: Path, path: str = ACME) -> dict[str, str]:
    """Copy a tree; return the content of each file in the copy, or `->` and a link's text."""
    place = app.parent / "copy"
    copy_source(app, path, place)
    entries = [path for path in place.rglob("*") if path.is_symlink() or path.is_file()]
    return {
        str(path.relative_to(place)): f"-> {path.readlink()}"
        if path.is_symlink()
        else path.read_text()
        for path in entries
    }


def add_files_that_are_not_source(tree: Path) -> None:
    write_files(
        tree,
        {
            ".git/HEAD": "x",
            "src/.git": "gitdir: elsewhere",
            "src/__pycache__/a.txt": "x",
            "src/acme/a.pyc": "x",
            ".venv/pyvenv.cfg": "x",
            "node_modules/a/index.js": "x",
        },
    )
    (tree / ".tox").symlink_to("/nowhere")


def test_the_same_tree_has_the_same_digest_anywhere(app: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "other")
    (other / ACME).rename(other / "vendor" / "renamed")
    os.utime(other / "vendor/renamed/pyproject.toml", (1, 1))
    (other / "vendor/renamed/pyproject.toml").chmod(0o600)
    (other / "vendor/renamed/empty").mkdir()
    assert digest_source(other, "vendor/renamed") == digest_source(app, ACME)


def test_files_that_no_package_is_built_from_do_not_count(app: Path) -> None:
    before = digest_source(app, ACME)
    add_files_that_are_not_source(app / ACME)
    assert digest_source(app, ACME) == before
    assert sorted(copied(app)) == ["link.py", "pyproject.toml", "src/acme/__init__.py"]


def test_the_variables_that_a_platform_writes_to_the_app_do_not_count(app: Path) -> None:
    """Dokku writes all of them to one file of the app, before it builds."""
    (app / ACME / ".env").write_text("DEBUG=1")
    before, package = digest_source(app, "."), digest_source(app, ACME)
    (app / ".env").write_text("TOKEN=secret")
    assert digest_source(app, ".") == before
    assert ".env" not in copied(app, ".")
    (app / ACME / ".env").write_text("DEBUG=0")
    assert digest_source(app, ACME) != package


def change_content(tree: Path) -> None:
    (tree / "pyproject.toml").write_text("[tool.x]")


def change_name(tree: Path) -> None:
    (tree / "pyproject.toml").rename(tree / "pyproject.tom")


def change_bit(tree: Path) -> None:
    (tree / "pyproject.toml").chmod(0o755)


def change_link(tree: Path) -> None:
    (tree / "link.py").unlink()
    (tree / "link.py").symlink_to("pyproject.toml")


def change_link_to_file(tree: Path) -> None:
    (tree / "link.py").unlink()
    (tree / "link.py").write_text("src/acme/__init__.py")


def change_folder(tree: Path) -> None:
    (tree / "src/acme/__init__.py").rename(tree / "src/__init__.py")


@pytest.mark.parametrize(
    "change",
    [
        change_content,
        change_name,
        change_bit,
        change_link,
        change_link_to_file,
        change_folder,
    ],
)
def test_the_digest_changes_with_the_tree(app: Path, change: Callable[[Path], None]) -> None:
    before = digest_source(app, ACME)
    change(app / ACME)
    assert digest_source(app, ACME) != before


def test_the_digest_of_a_file_is_its_sha256(app: Path) -> None:
    digest = hashlib.sha256(b"shared").hexdigest()
    assert digest_source(app, "vendor/shared/data.txt") == digest
    (app / "vendor/again.txt").symlink_to("shared/data.txt")
    assert digest_source(app, "vendor/again.txt") == digest


def test_only_the_given_names_are_digested(app: Path) -> None:
    before = digest_source(app, ACME)
    write_files(app / ACME, {"build/lib/acme.py": "x", "acme.egg-info/PKG-INFO": "x"})
    names = {"link.py", "pyproject.toml", "src/acme/__init__.py", "gone.py"}
    assert digest_source(app, ACME) != before
    assert digest_source(app, ACME, names) == before


def test_a_copy_is_writable_and_keeps_links_and_executable_bits(app: Path) -> None:
    (app / ACME / "run").write_text("#!/bin/sh")
    (app / ACME / "run").chmod(0o555)
    (app / ACME / "pyproject.toml").chmod(0o444)
    files = copied(app)
    assert files["link.py"] == "-> src/acme/__init__.py"
    copy = app.parent / "copy"
    assert (copy / "run").stat().st_mode & 0o777 == 0o755
    assert (copy / "pyproject.toml").stat().st_mode & 0o777 == 0o644
    assert (copy / "run").stat().st_mtime == (copy / "pyproject.toml").stat().st_mtime


def test_a_copy_has_the_digest_of_its_source(app: Path) -> None:
    (app / ACME / "data").symlink_to("../shared")
    (app / ACME / "gone").symlink_to("src/nothing")
    copy_source(app, ACME, app.parent / "copy")
    assert digest_source(app.parent, "copy") == digest_source(app, ACME)


def test_a_single_file_is_copied(app: Path) -> None:
    copy_source(app, "vendor/shared/data.txt", app.parent / "copy.txt")
    assert (app.parent / "copy.txt").read_text() == "shared"


def test_the_app_itself_is_a_tree_too(app: Path) -> None:
    before = digest_source(app, ".")
    assert set(copied(app, ".")) == {*FILES, f"{ACME}/link.py"}
    (app / "vendor/shared/data.txt").write_text("new")
    assert digest_source(app, ".") != before


def test_what_earlier_buildpacks_install_is_not_of_the_package(app: Path) -> None:
    """Their files name the folder of each build, and may link to the system."""
    before = digest_source(app, ".")
    pc = "prefix=/build_1/.apt/usr\n"
    write_files(app, {".apt/usr/lib/pkgconfig/q.pc": pc, ".heroku/python/lib/os.py": "x"})
    (app / ".apt/usr/lib/libblas.so.3").symlink_to("/etc/alternatives/libblas.so.3")
    assert digest_source(app, ".") == before
    assert set(copied(app, ".")) == {*FILES, f"{ACME}/link.py"}


@pytest.mark.parametrize("text", ["../shared/data.txt", "../acme2/../shared/data.txt"])
def test_a_link_out_of_the_tree_is_replaced_by_its_target(app: Path, text: str) -> None:
    (app / "vendor/acme2").mkdir()
    (app / ACME / "data.txt").symlink_to(text)
    before = digest_source(app, ACME)
    assert copied(app)["data.txt"] == "shared"
    (app / "vendor/shared/data.txt").write_text("new")
    assert digest_source(app, ACME) != before


def test_a_linked_folder_outside_the_tree_is_copied_with_its_links(app: Path) -> None:
    (app / "vendor/shared/inside.txt").symlink_to("data.txt")
    write_files(app, {"top.txt": "top"})
    (app / "vendor/shared/outside.txt").symlink_to("../../top.txt")
    (app / ACME / "data").symlink_to("../shared")
    files = copied(app)
    assert files["data/data.txt"] == "shared"
    assert files["data/inside.txt"] == "-> data.txt"
    assert files["data/outside.txt"] == "top"


def test_a_link_may_leave_the_tree_and_come_back(
    app: Path,
) -> None:
    (app / ACME / "back.py").symlink_to("../acme/src/acme/__init__.py")
    assert copied(app)["back.py"] == "one"


@pytest.mark.parametrize(
    "text",
    [
        "../../../elsewhere",
        "../../../app/vendor/shared/data.txt",
        "{app}/vendor/shared/data.txt",
        "/nowhere",
    ],
)
def test_the_error_names_a_link_out_of_the_app_and_its_target(app: Path, text: str) -> None:
    text = text.format(app=app)
    (app / ACME / "src" / "bad").symlink_to(f"../{text}" if text[0] == "." else text)
    for act in (digest_source, copied):
        with pytest.raises(OutsideTheApp) as outside:
            act(app, ACME)
        assert outside.value.path == f"{ACME}/src/bad"
        assert outside.value.target.endswith(text)


def test_the_error_names_the_link_that_leaves_and_not_one_that_leads_to_it(app: Path) -> None:
    (app / "vendor/out").symlink_to("../../elsewhere")
    (app / ACME / "first").symlink_to("../out/file")
    with pytest.raises(OutsideTheApp) as outside:
        digest_source(app, ACME)
    assert (outside.value.path, outside.value.target) == ("vendor/out", "../../elsewhere")


@pytest.mark.parametrize("path", ["vendor/bad", "vendor/bad/below"])
def test_a_package_that_is_itself_a_link_out_of_the_app_is_rejected(
    app: Path, tmp_path: Path, path: str
) -> None:
    write_files(tmp_path / "elsewhere", {"below/a.py": ""})
    (app / "vendor/bad").symlink_to("../../elsewhere")
    with pytest.raises(OutsideTheApp) as outside:
        digest_source(app, path)
    assert (outside.value.path, outside.value.target) == ("vendor/bad", "../../elsewhere")


def test_a_package_may_be_a_link_within_the_app(app: Path) -> None:
    (app / "linked").symlink_to("vendor/acme")
    assert digest_source(app, "linked") == digest_source(app, ACME)
    assert copied(app, "linked")["link.py"] == "-> src/acme/__init__.py"


def test_dangling_links_count_by_their_target(
    app: Path,
) -> None:
    (app / ACME / "build_scripts").symlink_to("src/nothing")
    before = digest_source(app, ACME)
    (app / ACME / "outside").symlink_to("../nothing")
    (app / ACME / "loop").symlink_to("loop")
    assert digest_source(app, ACME) != before
    files = copied(app)
    assert files["build_scripts"] == "-> src/nothing"
    assert "outside" not in files


def test_a_link_to_a_folder_around_the_tree_is_rejected(app: Path) -> None:
    (app / ACME / "src" / "up").symlink_to("..")
    assert copied(app)["src/up"] == "-> .."
    (app / ACME / "all").symlink_to("..")
    with pytest.raises(VendoredBroken) as broken:
        digest_source(app, ACME)
    assert broken.value.path == f"{ACME}/all"


def test_a_tree_that_is_deeper_than_any_package_is_rejected(app: Path) -> None:
    deep = app / ACME / "/".join("d" * 101)
    deep.mkdir(parents=True)
    with pytest.raises(VendoredBroken) as broken:
        digest_source(app, ACME)
    assert broken.value.path == f"{ACME}/d"


def test_trees_that_link_to_each_other_are_rejected(app: Path) -> None:
    (app / ACME / "other").symlink_to("../shared")
    (app / "vendor/shared/back").symlink_to("../acme")
    with pytest.raises(VendoredBroken) as broken:
        digest_source(app, ACME)
    assert broken.value.path == "vendor/shared/back"


def test_names_of_any_bytes_are_digested_and_copied(app: Path) -> None:
    before = digest_source(app, ACME)
    for name in ("a b.py", "grüße.py", "line\nbreak.py", os.fsdecode(b"latin-\xe4.py")):
        (app / ACME / name).write_text(name.encode("ascii", "replace").decode())
    assert digest_source(app, ACME) != before
    assert len(copied(app)) == 7


def test_pipes_are_ignored(app: Path) -> None:
    before = digest_source(app, ACME)
    os.mkfifo(app / ACME / "pipe")
    assert digest_source(app, ACME) == before
    assert "pipe" not in copied(app)


def test_a_path_that_does_not_exist_is_reported(app: Path) -> None:
    with pytest.raises(VendoredBroken) as broken:
        digest_source(app, "vendor/gone")
    assert broken.value.path == "vendor/gone"
