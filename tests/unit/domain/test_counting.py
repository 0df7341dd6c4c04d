"""Numbers stand in sentences as people write them."""

from __future__ import annotations

import pytest

from slipway.domain.counting import counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 packages"), (1, "1 package"), (2, "2 packages")]
)
def test_one_thing_is_not_many(number: int, text: str) -> None:
    assert counted(number, "package") == text
