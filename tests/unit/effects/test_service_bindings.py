"""Bindings are read whatever lies in their folder, and nothing of it is ever waited for."""

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


def test_bindings_are_the_folders_and_their_entries_the_files(tmp_path: Path) -> None:
    files = {"b/type": "pypi", "b/provider": "x", "b/url": "u", "a/type": "git", "file": ""}
    found = binding_folders(write_files(tmp_path, files))
    assert [(one.name, one.type.name, sorted(one.entries)) for one in found] == [
        ("a", "type", []),
        ("b", "type", ["url"]),
    ]


def test_folders_of_kubernetes_are_no_bindings_nor_entries(tmp_path: Path) -> None:
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


def test_a_root_that_is_not_there_has_no_bindings(tmp_path: Path) -> None:
    assert binding_folders(tmp_path / "gone") == ()


@pytest.mark.parametrize(
    ("data", "text"), [(b"a\n", "a"), (b"a\r\n\n", "a"), (b" a b ", " a b "), (b"", "")]
)
def test_an_entry_is_its_text_without_newlines_at_the_end(
    tmp_path: Path, data: bytes, text: str
) -> None:
    (tmp_path / "key").write_bytes(data)
    assert read_entry(tmp_path / "key") == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfes3cret", "is no text in UTF-8"),
        (b"s3cret\0", "is no text"),
        (b"s3cret" * 200_000, "is larger than 1 MB"),
    ],
)
def test_an_entry_that_is_no_text_is_not_quoted(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(EntryUnreadable) as unreadable:
        read_entry(tmp_path / "key")
    assert str(unreadable.value) == reason


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("gone")
    reasons = {}
    for name in ("folder", "pipe", "loop", "dangling", "gone"):
        with pytest.raises(EntryUnreadable) as unreadable:
            read_entry(tmp_path / name)
        reasons[name] = str(unreadable.value)
    assert reasons["folder"] == "cannot be read: Is a directory"
    assert reasons["pipe"] == "is no file"
    assert reasons["loop"] == "cannot be read: Too many levels of symbolic links"
    assert reasons["dangling"] == reasons["gone"] == "cannot be read: No such file or directory"


def test_a_netrc_that_pip_would_ignore_is_refused_unquoted(
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
def test_a_damaged_certificate_is_refused(inner: str) -> None:
    with pytest.raises(EntryUnreadable):
        check_certificates(f"-----BEGIN CERTIFICATE-----\n{inner}\n-----END CERTIFICATE-----\n")


def test_what_is_written_for_a_build_is_for_nobody_else(tmp_path: Path) -> None:
    write_private(tmp_path / "x", "text")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
