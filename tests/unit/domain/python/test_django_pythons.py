"""The Pythons that releases of Django name are known for each release of a series."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from slipway.domain.python.django_pythons import (
    NEWEST_RELEASES,
    PYTHONS,
    named_pythons,
    newest_release,
)


@pytest.mark.parametrize(
    ("version", "pythons"),
    [
        ("3.2", ("3.6", "3.9")),
        ("3.2.9", ("3.6", "3.10")),
        ("4.0.3", ("3.8", "3.10")),
        ("4.1.2", ("3.8", "3.10")),
        ("4.1.3", ("3.8", "3.11")),
        ("4.2.8", ("3.8", "3.12")),
        ("5.1.2", ("3.10", "3.12")),
        ("5.1.3", ("3.10", "3.13")),
        ("4.2b1", ("3.8", "3.11")),
        ("4.2.0", ("3.8", "3.11")),
        ("4.2.999", ("3.8", "")),
        ("99.0", None),
        ("4", ("3.8", "3.10")),
        ("one", None),
    ],
)
def test_a_release_names_pythons(version: str, pythons: tuple[str, str] | None) -> None:
    assert named_pythons(version) == pythons


@pytest.mark.parametrize("series", NEWEST_RELEASES)
def test_each_series_is_in_both_tables(series: str) -> None:
    oldest, newest = named_pythons(NEWEST_RELEASES[series]) or ("", "")
    assert oldest.startswith("3.")
    assert newest.startswith("3.")


def test_each_row_belongs_to_a_series() -> None:
    assert {".".join(row.split(".")[:2]) for row in PYTHONS} == NEWEST_RELEASES.keys()


@pytest.mark.parametrize(
    ("specifiers", "release"),
    [
        ("<5,>=4.2", NEWEST_RELEASES["4.2"]),
        ("~=4.0.1", NEWEST_RELEASES["4.0"]),
        ("==4.1.*", NEWEST_RELEASES["4.1"]),
        ("<4.2.8,>=4.2", "4.2"),
        (">=4.2", ""),
        ("!=4.2.1", ""),
        ("", ""),
        (">=98,<99", ""),
    ],
)
def test_the_newest_release_in_a_range_is_known(specifiers: str, release: str) -> None:
    assert newest_release(SpecifierSet(specifiers)) == release
