"""The formats of locks, and what advice says about them."""

from __future__ import annotations

import pytest

from slipway.domain.locks.formats import requirements_of


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("requirements.txt", "the requirements in requirements.txt"),
        ("poetry.lock", "the requirements in pyproject.toml, and lock again"),
        ("Pipfile.lock", "the requirements in Pipfile, and lock again"),
        (
            "pylock.toml",
            "the requirements in the file from which pylock.toml was made, and lock again",
        ),
    ],
)
def test_nothing_is_added_to_a_lock_by_hand(file: str, expected: str) -> None:
    assert requirements_of(file) == expected
