"""Source that cannot be parsed, or followed, counts as missing."""

from __future__ import annotations

import ast

import pytest

from slipway.domain.python.syntax import parse_module, statement_of


@pytest.mark.parametrize(
    "source", ["x = [\n", "print 'Python 2'", "\x00", "(" * 9000, f"x = {'-' * 1000}1"]
)
def test_what_cannot_be_parsed_or_followed_is_nothing(source: str) -> None:
    assert parse_module(source) is None
    assert statement_of(source) is None


def test_the_first_statement_is_parsed() -> None:
    assert isinstance(statement_of("raise ValueError\nx = 1"), ast.Raise)
    assert statement_of("") is None
