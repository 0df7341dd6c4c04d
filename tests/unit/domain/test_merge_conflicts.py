"""The marks that git leaves in a file are found, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from slipway.domain.merge_conflicts import conflict_in
from slipway.domain.toml_text import parse_toml
from slipway.errors.app import FileNotToml
from slipway.messages import explain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("six\n", (0, "")),
        ("Title\n=======\n<<<<<<<< HEAD\n <<<<<<< HEAD\n<<<<<<<HEAD", (0, "")),
        ("six\n<<<<<<< HEAD\nidna\n", (2, "<<<<<<< HEAD")),
        ("six\r\n\r\n>>>>>>> other\r\n", (3, ">>>>>>> other")),
        ("||||||| base", (1, "||||||| base")),
        ("<<<<<<<", (1, "<<<<<<<")),
    ],
)
def test_the_first_mark_is_found(text: str, expected: tuple[int, str]) -> None:
    assert conflict_in(text) == expected


def test_a_conflict_in_toml_is_called_so() -> None:
    with pytest.raises(FileNotToml) as caught:
        parse_toml("[project]\n<<<<<<< HEAD\nname = 1\n", "pyproject.toml")
    message = explain(caught.value)
    assert message.title == "pyproject.toml has a merge conflict"
    assert message.found.startswith("Line 2 of pyproject.toml is `<<<<<<< HEAD`.")


def test_toml_may_have_such_a_line_in_a_text() -> None:
    text = "text = '''\n<<<<<<< HEAD\n'''"
    assert parse_toml(text, "pyproject.toml") == {"text": "<<<<<<< HEAD\n"}
