"""Files are read in every encoding that pip supports, written atomically, and digested."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.effects.files import (
    AppFolder,
    read_if_there,
    remove,
    scratch,
    sha256_of,
    tree_digest,
    walk_folders,
    write,
)
from slipway.errors.app import FileUndecodable, FileUnreadable
from slipway.errors.vendored import OutsideTheApp
from unit.samples import write_files


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("ä\n".encode(), id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + "ä\n".encode(), id="UTF-8-with-mark"),
        pytest.param("ä\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xfe\xff" + "ä\n".encode("utf-16-be"), id="UTF-16-big-endian"),
    ],
)
def test_text_is_read_in_the_encodings_that_pip_supports(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert AppFolder(tmp_path).text("a.txt") == "ä\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_named(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("six\n".encode(encoding))
    with pytest.raises(FileUndecodable) as undecodable:
        AppFolder(tmp_path).text("a.txt")
    assert undecodable.value.encoding == encoding.upper().replace("-16-", "-16")


@pytest.mark.parametrize("data", [b"one\ntwo \xe4\n", b"one\n\xff"])
def test_the_error_names_the_line_with_invalid_bytes(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(FileUndecodable) as undecodable:
        AppFolder(tmp_path).text("a.txt")
    assert (undecodable.value.file, undecodable.value.line) == ("a.txt", 2)


@pytest.mark.parametrize("name", ["gone.txt", "file/below.txt", "gone/below.txt"])
def test_a_missing_file_has_no_text(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    app = AppFolder(tmp_path)
    assert app.text(name) is None
    assert not app.has(name)


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("a.txt")
    with pytest.raises(FileUnreadable) as unreadable:
        AppFolder(tmp_path).text("a.txt")
    assert unreadable.value.file == "a.txt"
    assert "symbolic links" in unreadable.value.reason


def test_a_folder_is_listed_in_order_with_subfolders_marked(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.txt": "", "a/c.txt": "", "A.txt": ""})
    app = AppFolder(tmp_path)
    assert app.entries() == ("A.txt", "a/", "b.txt")
    assert app.entries("a/") == ("c.txt",)
    assert app.entries("gone") == app.entries("b.txt") == ()


def test_a_written_file_is_complete_and_readable_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "below" / "a.txt"
    write(path, "old")
    write(path, "ä\n")
    assert path.read_bytes() == "ä\n".encode()
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


def test_a_failed_write_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write(path, "new \udcff")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_in_place_of_a_written_file_is_removed(tmp_path: Path) -> None:
    write_files(tmp_path, {"build.json/a/b.txt": ""})
    write(tmp_path / "build.json", "new")
    assert (tmp_path / "build.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["build.json"]


def test_a_scratch_folder_is_private_and_removed_afterwards() -> None:
    with scratch("test") as folder:
        (folder / "below").mkdir()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling", "nothing"])
def test_anything_is_removed_except_the_target_of_a_link(kind: str, tmp_path: Path) -> None:
    behind = write_files(tmp_path / "behind", {"kept.txt": ""})
    path = tmp_path / "path"
    match kind:
        case "file":
            path.touch()
        case "folder":
            write_files(path, {"a/b.txt": ""})
        case "link":
            path.symlink_to(behind)
        case "dangling":
            path.symlink_to(tmp_path / "gone")
    remove(path)
    assert not os.path.lexists(path)
    assert (behind / "kept.txt").exists()


def test_what_another_build_removes_first_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    remove(tmp_path / "gone")


FILES = {"a.txt": "one", "below/b.txt": "two"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = write_files(tmp_path / "tree", FILES)
    (root / "link").symlink_to("a.txt")
    return root


def test_a_tree_of_the_same_content_has_the_same_digest(tree: Path, tmp_path: Path) -> None:
    other = write_files(tmp_path / "elsewhere", {**dict(reversed(FILES.items()))})
    (other / "link").symlink_to("a.txt")
    os.utime(other / "a.txt", (1, 1))
    assert tree_digest(other) == tree_digest(tree)


@pytest.mark.parametrize("change", ["content", "name", "mode", "link", "more", "pipe"])
def test_the_digest_of_a_tree_changes_with_its_content(change: str, tree: Path) -> None:
    before = tree_digest(tree)
    match change:
        case "content":
            (tree / "a.txt").write_text("six")
        case "name":
            (tree / "a.txt").rename(tree / "c.txt")
        case "mode":
            (tree / "a.txt").chmod(0o755)
        case "link":
            (tree / "link").unlink()
            (tree / "link").symlink_to("below/b.txt")
        case "more":
            (tree / "below" / "c.txt").touch()
        case "pipe":
            os.mkfifo(tree / "pipe")
    assert tree_digest(tree) != before


def test_the_digest_of_a_file_is_that_of_its_content(tree: Path) -> None:
    assert sha256_of(tree / "a.txt").startswith("7692c3ad3540")


def test_an_arbitrary_file_is_read_if_possible(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one \xff")
    assert read_if_there(tmp_path / "a") == "one \ufffd"
    assert read_if_there(tmp_path) is None
    assert read_if_there(tmp_path / "gone") is None


# Symbolic links in an app


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_files(tmp_path / "app", {"vendor/x/a.py": "", "../outside/b.py": ""})


def real(app: Path, path: str) -> str:
    return AppFolder(app).real_path(path)


def test_without_links_the_real_path_is_the_path(app: Path) -> None:
    assert real(app, "vendor/x/a.py") == "vendor/x/a.py"
    assert real(app, ".") == "."


def test_a_link_inside_the_app_leads_to_its_target(app: Path) -> None:
    (app / "libs").symlink_to("vendor")
    assert real(app, "libs/x") == "vendor/x"


def test_the_app_itself_may_be_behind_a_link(app: Path) -> None:
    (app.parent / "current").symlink_to(app)
    assert real(app.parent / "current", "vendor/x") == "vendor/x"


@pytest.mark.parametrize("path", ["vendor/nothing", "vendor/self", "vendor/nul\0byte"])
def test_the_real_path_of_a_missing_file_is_the_path_itself(path: str, app: Path) -> None:
    (app / "vendor/self").symlink_to("self")
    assert real(app, path) == path


@pytest.mark.parametrize("path", ["vendor/out", "vendor/out/b.py"])
def test_the_error_names_a_link_out_of_the_app(path: str, app: Path) -> None:
    (app / "vendor/out").symlink_to("../../outside")
    with pytest.raises(OutsideTheApp) as outside:
        real(app, path)
    assert (outside.value.path, outside.value.target) == ("vendor/out", "../../outside")


def test_an_absolute_link_always_leads_out_of_the_app(
    app: Path,
) -> None:
    (app / "vendor/y").symlink_to(app / "vendor/x")
    with pytest.raises(OutsideTheApp):
        real(app, "vendor/y")


def test_a_folder_whose_name_begins_like_the_apps_is_out_of_the_app(app: Path) -> None:
    write_files(app.parent, {"app-old/x/a.py": ""})
    (app / "vendor/old").symlink_to("../../app-old/x")
    with pytest.raises(OutsideTheApp):
        real(app, "vendor/old")


def test_what_has_a_path_and_how_a_file_begins(tmp_path: Path) -> None:
    app = AppFolder(write_files(tmp_path, {"a.txt": "abcdef", "folder/b": ""}))
    (tmp_path / "dead").symlink_to("missing")
    assert [app.is_at(name) for name in ("a.txt", "folder", "dead", "c")] == [
        True,
        True,
        True,
        False,
    ]
    assert [app.start_of(name, 3) for name in ("a.txt", "folder", "dead")] == [b"abc", b"", b""]


def test_folders_are_walked_as_by_the_standard_library(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/b/c": "", "a/d": "", "e/f/g": "", "skip/h/i": "", "j": ""})
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "loop").symlink_to("loop")
    walked = []
    for walk in (walk_folders, os.walk):
        found = []
        for folder, folders, names in walk(tmp_path):
            folders[:] = sorted(name for name in folders if name != "skip")
            found.append((folder, folders, sorted(names)))
        walked.append(found)
    assert walked[0] == walked[1]
    assert [*walk_folders(tmp_path / "gone")] == []


def test_folders_deeper_than_the_stack_are_walked(
    tmp_path: Path, make_deep: Callable[[Path], None]
) -> None:
    make_deep(tmp_path)
    assert len([*walk_folders(tmp_path)]) > 1000
