"""Bindings are read whatever their folders contain, and reading never blocks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slipway.effects.service_bindings import (
    EntryUnreadable,
    binding_folders,
    check_certificates,
    check_netrc,
    read_entry,
    write_private,
)
from unit.samples import write_files


def test_folders_are_bindings_and_their_files_are_entries(tmp_path: Path) -> None:
    files = {"b/type": "pypi", "b/provider": "x", "b/url": "u", "a/type": "git", "file": ""}
    found = binding_folders(write_files(tmp_path, files))
    assert [(one.name, one.type.name, sorted(one.entries)) for one in found] == [
        ("a", "type", []),
        ("b", "type", ["url"]),
    ]


def test_hidden_folders_of_kubernetes_are_ignored(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/..2026_11/type": "pypi", "a/..2026_11/url": "u", ".x/type": "y"})
    (tmp_path / "a" / "..data").symlink_to("..2026_11")
    for key in ("type", "url"):
        (tmp_path / "a" / key).symlink_to(f"..data/{key}")
    (found,) = binding_folders(tmp_path)
    assert (read_entry(found.type), sorted(found.entries)) == ("pypi", ["url"])


def test_the_older_layout_is_read_as_well(tmp_path: Path) -> None:
    files = {"a/metadata/kind": "pypi", "a/metadata/provider": "x", "a/secret/url": "u"}
    (found,) = binding_folders(write_files(tmp_path, files))
    assert (read_entry(found.type), [*found.entries]) == ("pypi", ["url"])


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        binding_folders(tmp_path / "gone")
    write_files(tmp_path, {"a/metadata/kind": "pypi"})
    (found,) = binding_folders(tmp_path)
    assert found.problem == "cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("data", "text"), [(b"a\n", "a"), (b"a\r\n\n", "a"), (b" a b ", " a b "), (b"", "")]
)
def test_an_entry_is_read_without_trailing_newlines(
    tmp_path: Path, data: bytes, text: str
) -> None:
    (tmp_path / "key").write_bytes(data)
    assert read_entry(tmp_path / "key") == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfes3cret", "is not UTF-8 text"),
        (b"s3cret\0", "is not text"),
        (
            b"s3cret" * 200_000,
            "is larger than 1 MB, the most that Slipway reads of such a file",
        ),
    ],
)
def test_an_entry_that_is_not_text_is_not_quoted(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(EntryUnreadable) as unreadable:
        read_entry(tmp_path / "key")
    assert str(unreadable.value) == reason


def test_anything_but_a_file_is_rejected_without_blocking(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("gone")
    reasons = {}
    for name in ("folder", "pipe", "loop", "dangling", "gone"):
        with pytest.raises(EntryUnreadable) as unreadable:
            read_entry(tmp_path / name)
        reasons[name] = str(unreadable.value)
    assert reasons["folder"] == "is a folder, not a regular file"
    assert reasons["pipe"] == "is a named pipe (FIFO), not a regular file"
    assert reasons["loop"] == "cannot be read: Too many levels of symbolic links"
    assert reasons["dangling"] == reasons["gone"] == "cannot be read: No such file or directory"


def test_a_netrc_that_pip_would_ignore_is_rejected_and_not_quoted(
    tmp_path: Path,
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("machine a.example login ci password s3cret\n")
    check_netrc(good)
    bad.write_text("machine a.example\nlogin ci s3cret x\n")
    with pytest.raises(EntryUnreadable) as unreadable:
        check_netrc(bad)
    assert "s3cret" not in str(unreadable.value)


@pytest.mark.parametrize("inner", ["AAAA", "!!!", ""])
def test_a_damaged_certificate_is_rejected(inner: str) -> None:
    with pytest.raises(EntryUnreadable):
        check_certificates(f"-----BEGIN CERTIFICATE-----\n{inner}\n-----END CERTIFICATE-----\n")


def test_a_private_file_can_be_read_only_by_its_owner(tmp_path: Path) -> None:
    write_private(tmp_path / "x", "text")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
