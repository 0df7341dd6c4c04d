"""Folders are removed however deep they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.effects.removal import remove_folder
from unit.samples import write_files


def test_a_folder_is_removed_without_the_targets_of_links(tmp_path: Path) -> None:
    behind = write_files(tmp_path / "behind", {"kept.txt": ""})
    folder = write_files(tmp_path / "folder", {"a/b/c.txt": "", "a/d.txt": "", "e/f/g": "h"})
    (folder / "a/link").symlink_to(behind)
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "e/pipe")
    os.link(behind / "kept.txt", folder / "a/hard")
    remove_folder(folder)
    assert not folder.exists()
    assert (behind / "kept.txt").exists()


def test_a_folder_deeper_than_the_stack_and_the_longest_path_is_removed(
    tmp_path: Path, make_deep: Callable[[Path], None]
) -> None:
    folder = write_files(tmp_path / "folder", {"a/file": "", "z/file": ""})
    make_deep(folder)
    make_deep(folder / "a")
    before = len(os.listdir("/proc/self/fd"))
    remove_folder(folder)
    assert not folder.exists()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_missing_folder_and_a_link_are_errors(tmp_path: Path) -> None:
    behind = write_files(tmp_path / "behind", {"kept.txt": ""})
    (tmp_path / "link").symlink_to(behind)
    for name in ("missing", "link", "behind/kept.txt"):
        with pytest.raises(OSError, match=name):
            remove_folder(tmp_path / name)
    assert (behind / "kept.txt").exists()


def test_what_can_be_removed_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_files(tmp_path / "folder", {"a/stays": "", "a/b": "", "c/d": "", "e": ""})
    unlink = os.unlink

    def refuse(name: str, *, dir_fd: int) -> None:
        if name == "stays":
            raise PermissionError(1, "Operation not permitted", name)
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(PermissionError, match="stays"):
        remove_folder(folder)
    assert [path.name for path in folder.rglob("*")] == ["a", "stays"]
