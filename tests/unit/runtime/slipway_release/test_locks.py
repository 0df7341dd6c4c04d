"""Tests the names and files of locks."""

from __future__ import annotations

from itertools import islice

import pytest
from slipway_release.databases import database_file, pauses
from slipway_release.locks import lock_name


def test_a_lock_is_named_after_its_database() -> None:
    assert lock_name("harbour") == "slipway-release harbour"
    long = [lock_name("x" * 64), lock_name("x" * 63 + "y"), lock_name("ü" * 64)]
    assert len(set(long)) == len(long)
    assert all(len(name) <= 64 for name in long)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("db.sqlite3", "db.sqlite3"),
        ("/data/my db", "/data/my db"),
        ("file:/data/my%20db?mode=rwc", "/data/my db"),
        ("file:data/db", "data/db"),
        (":memory:", None),
        ("", None),
        ("file::memory:?cache=shared", None),
        ("file:x?mode=memory", None),
    ],
)
def test_the_file_of_a_database_is_known(name: str, file: str | None) -> None:
    assert database_file(name) == file


def test_pauses_become_longer_up_to_a_limit() -> None:
    assert list(islice(pauses(), 8)) == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
