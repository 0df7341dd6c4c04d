"""Only regular files are read, up to a limit, and nothing is waited for."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.domain.redaction import Secrets
from slipway.effects import reading
from slipway.effects.config_vars import read_config_vars
from slipway.effects.files import AppFolder, copy_files, copy_folder, tree_digest
from slipway.effects.packages.git import Git
from slipway.effects.processes import Processes
from slipway.effects.reading import NotReadable, hash_of, read_bytes, start_of
from slipway.errors.app import FileUnreadable
from slipway.errors.vendored import OutsideTheApp
from unit.fakes import no_time
from unit.samples import write_files


@pytest.fixture(autouse=True)
def _never_wait() -> Iterator[None]:
    """Kill a test that waits for a writer."""
    signal.alarm(20)
    yield
    signal.alarm(0)


def _socket(path: Path) -> None:
    os.chdir(path.parent)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)


KINDS: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a named pipe (FIFO)": os.mkfifo,
    "a socket": _socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", [read_bytes, lambda path: start_of(path, 4)])
def test_anything_else_is_named(
    kind: str,
    read: Callable[..., object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    KINDS[kind](tmp_path / "a.txt")
    with pytest.raises(NotReadable) as refused:
        read(tmp_path / "a.txt")
    assert f"is {kind}, not a regular file" in str(refused.value)
    assert reading.kind_at(tmp_path / "a.txt") == kind


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "a device"])
def test_anything_else_is_named_in_the_app(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    KINDS[kind](tmp_path / "a.txt")
    with pytest.raises(FileUnreadable) as refused:
        AppFolder(tmp_path).text("a.txt")
    assert f"is {kind}, not a regular file" in refused.value.reason


def test_a_link_to_a_device_is_a_link_out_of_the_app(tmp_path: Path) -> None:
    KINDS["a device"](tmp_path / "a.txt")
    with pytest.raises(OutsideTheApp):
        AppFolder(tmp_path).text("a.txt")


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    with file.open("wb") as stream:
        stream.truncate(reading.MOST_TEXT)
    assert len(read_bytes(file)) == reading.MOST_TEXT
    os.truncate(file, reading.MOST_TEXT + 1)
    with pytest.raises(NotReadable, match="is larger than 10 MB") as refused:
        read_bytes(file)
    assert refused.value.errno == errno.EFBIG
    assert hash_of(file, "sha256")  # a file of any size has a hash


def test_a_file_without_a_size_is_read() -> None:
    assert read_bytes("/proc/self/status").startswith(b"Name:")


@pytest.mark.parametrize("name", ["a\0b", "a\ud800"])
def test_a_name_that_no_file_can_have_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / name)
    assert AppFolder(tmp_path).text(name) is None


def test_a_link_is_read_unless_it_is_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "x"})
    (tmp_path / "link").symlink_to("a.txt")
    assert read_bytes(tmp_path / "link") == b"x"
    with pytest.raises(NotReadable, match="is a symbolic link"):
        read_bytes(tmp_path / "link", follow=False)


def test_the_app_has_no_text_outside_of_it(tmp_path: Path) -> None:
    write_files(tmp_path, {"secret.txt": "x", "app/a.txt": "x"})
    (tmp_path / "app" / "link.txt").symlink_to("../secret.txt")
    (tmp_path / "app" / "up").symlink_to("..")
    app = AppFolder(tmp_path / "app")
    for name in ("link.txt", "up/secret.txt", "../secret.txt"):
        with pytest.raises(OutsideTheApp):
            app.text(name)


def test_special_files_are_neither_copied_nor_waited_for(tmp_path: Path) -> None:
    source = write_files(tmp_path / "source", {"a.txt": "x", "folder/b.txt": "x"})
    os.mkfifo(source / "pipe")
    os.mkfifo(source / "folder" / "pipe")
    copy_folder(source, tmp_path / "one")
    copy_files(source, tmp_path / "two", ["a.txt", "folder", "pipe"])
    for copy in ("one", "two"):
        names = {
            str(path.relative_to(tmp_path / copy)) for path in (tmp_path / copy).rglob("*")
        }
        assert names == {"a.txt", "folder", "folder/b.txt"}


def test_a_tree_digest_counts_links_to_folders_and_names_of_any_bytes(tmp_path: Path) -> None:
    tree = write_files(tmp_path / "tree", {"a/x.txt": "x", "b/x.txt": "x"})
    os.mkfifo(tree / "pipe")
    (tree / os.fsdecode(b"\xff.txt")).touch()
    (tree / "link").symlink_to("a")
    before = tree_digest(tree)
    (tree / "link").unlink()
    (tree / "link").symlink_to("b")
    assert tree_digest(tree) != before


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    above = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=above)
        below = os.open("d", os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)
    try:
        assert tree_digest(tmp_path)
        assert not [*AppFolder(tmp_path).modules()]
    finally:  # pytest's own clean-up fails for such a tree
        subprocess.run(["rm", "-r", tmp_path / "d"], check=True)


def test_config_variables_are_files_that_a_process_can_get(tmp_path: Path) -> None:
    write_files(tmp_path, {"A": "1\n"})
    os.mkfifo(tmp_path / "PIPE")
    (tmp_path / "ZERO").symlink_to("/dev/zero")
    assert read_config_vars(tmp_path, Secrets()) == {"A": "1"}
    write_files(tmp_path, {"LONG": "x" * 200_000})
    with pytest.raises(FileUnreadable):
        read_config_vars(tmp_path, Secrets())


def test_a_git_pointer_that_is_a_pipe_is_no_repository(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".git")
    git = Git(Processes(now=no_time), {})
    assert git.unusable(tmp_path) == "its .git points to a folder that does not exist"
