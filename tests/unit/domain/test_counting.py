"""A noun has the form that its number requires."""

from __future__ import annotations

import pytest

from slipway.domain.counting import counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 packages"), (1, "1 package"), (2, "2 packages")]
)
def test_only_one_is_singular(number: int, text: str) -> None:
    assert counted(number, "package") == text
