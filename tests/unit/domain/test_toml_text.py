"""A document that is written as TOML is read back unchanged."""

from __future__ import annotations

import pytest

from slipway.domain.toml_text import inline, parse_toml, render_toml
from slipway.errors.app import FileNotToml


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "a \"b\" 'c'",
        "C:\\xfoo\\x",
        "\\u0041 \\",
        "\u00e9 \u2603 \U0001f600",
        "\t\n\r\b\f\x07\x1f\x7f",
        "",
    ],
)
def test_any_text_is_read_back(text: str) -> None:
    document = {"table": {"key": text}, "list": [{"inner": [text, text]}]}
    assert parse_toml(render_toml(document), "x") == document
    inlined = {**document, "yes": True, "number": 7}
    assert parse_toml(f"value = {inline(inlined)}\n", "x") == {"value": inlined}


def test_invalid_toml_is_an_error_with_the_file() -> None:
    with pytest.raises(FileNotToml) as error:
        parse_toml("[a\n", "pyproject.toml")
    assert error.value.file == "pyproject.toml"
