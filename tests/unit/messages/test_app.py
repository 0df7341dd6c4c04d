"""Words about variables and settings are true for each size and kind."""

from __future__ import annotations

import pytest

from slipway.errors.app import SettingInvalid, VariablesTooLarge
from slipway.messages import explain


@pytest.mark.parametrize(
    ("size", "title"),
    [
        (128 * 1024 - 6, "The config variables are too large together"),
        (128 * 1024 - 5, "A config variable is too large"),
    ],
)
def test_one_variable_can_be_too_large_alone(size: int, title: str) -> None:
    error = VariablesTooLarge(total=3_000_000, largest="DATA", size=size)
    assert explain(error).title == title


@pytest.mark.parametrize(
    ("kind", "words"),
    [("a boolean", "sets toolchain to a boolean,"), ("empty", "to an empty text, which")],
)
def test_a_value_is_described(kind: str, words: str) -> None:
    error = SettingInvalid("toolchain", "[tool.slipway] in pyproject.toml", kind, "uv", "")
    assert words in explain(error).found
