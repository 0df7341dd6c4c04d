"""Which applied migrations come from a newer release."""

from __future__ import annotations

from slipway_release.migrations import newer_than_known

FIRST, SECOND, THIRD = (("berths", f"000{number}_change") for number in (1, 2, 3))
SQUASHED = ("berths", "0001_squashed_0002_change")
OTHER = ("piers", "0001_initial")


def test_migrations_after_the_newest_known_one_are_newer() -> None:
    applied = [FIRST, OTHER, SECOND, THIRD]
    assert newer_than_known(applied, [FIRST, OTHER]) == [
        "berths.0002_change",
        "berths.0003_change",
    ]


def test_nothing_is_newer_if_all_are_known() -> None:
    assert newer_than_known([FIRST, SECOND], [SECOND, FIRST, THIRD]) == []


def test_squashed_migrations_that_were_deleted_are_older() -> None:
    applied = [FIRST, SECOND, SQUASHED]
    assert newer_than_known(applied, [SQUASHED, THIRD]) == []


def test_migrations_of_a_removed_app_are_older() -> None:
    assert newer_than_known([FIRST, OTHER], [FIRST]) == []


def test_migrations_of_an_app_that_began_again_are_older() -> None:
    assert newer_than_known([FIRST, SECOND], [("berths", "0001_initial")]) == []
