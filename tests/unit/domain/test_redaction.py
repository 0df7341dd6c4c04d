"""Credentials are removed from every address, and nothing else is."""

from __future__ import annotations

import pytest

from slipway.domain.redaction import printable, redact, without_credentials

HIDDEN = {
    "user and password": ("https://user:pw@h.example/simple", "https://{}h.example/simple"),
    "token": ("https://t0ken@h.example/", "https://{}h.example/"),
    "only a password": ("https://:pw@h.example/", "https://{}h.example/"),
    "only a user": ("git+ssh://git@h.example/r.git", "git+ssh://{}h.example/r.git"),
    "repository": (
        "git+https://u:p@h.example/r.git@v1#egg=x",
        "git+https://{}h.example/r.git@v1#egg=x",
    ),
    "named": ("name @ https://u:p@h.example/n.zip", "name @ https://{}h.example/n.zip"),
    "mail address as user": ("https://u@corp.example:p@h.example/", "https://{}h.example/"),
    "several @": ("https://a@b@c@h.example/", "https://{}h.example/"),
    "variables": ("https://${USER}:${TOKEN}@h.example/", "https://{}h.example/"),
    "option": (
        "--extra-index-url=https://u:p@h.example/",
        "--extra-index-url=https://{}h.example/",
    ),
    "two addresses": ("a://u@x b://u@y", "a://{0}x b://{0}y"),
    "in quotes": ('"https://u:p@h.example"', '"https://{}h.example"'),
    "database": ("postgres://u:p@db.example:5432/name", "postgres://{}db.example:5432/name"),
    "port and query": ("https://u:p@h.example:8080?a=b@c", "https://{}h.example:8080?a=b@c"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_the_part_before_the_at_sign_is_removed(name: str) -> None:
    text, expected = HIDDEN[name]
    assert redact(text) == expected.format("****@")
    assert without_credentials(text) == expected.format("")


@pytest.mark.parametrize(
    "text",
    [
        "https://h.example/@scope/package",
        "https://h.example/r.git@v1",
        "https://h.example?mail=a@b.example",
        "https://h.example#a@b",
        "name @ https://h.example/n.zip",
        "git@h.example:r.git",
        "mail a@b.example, see https://h.example",
        "django==5.2",
        "",
    ],
)
def test_a_text_without_credentials_stays_as_it_is(text: str) -> None:
    assert redact(text) == text
    assert without_credentials(text) == text


@pytest.mark.parametrize("name", HIDDEN)
def test_redacting_twice_changes_nothing(name: str) -> None:
    once = redact(HIDDEN[name][0])
    assert redact(once) == once


def test_characters_that_are_not_visible_are_escaped() -> None:
    assert printable("a\x1b[31m\tb\u200b\xa0\0 ä ☃") == "a\\x1b[31m\\tb\\u200b\\xa0\\x00 ä ☃"
