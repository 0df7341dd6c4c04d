"""The table of kinds is the same in the code and in the documentation."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT
from slipway.effects.cache.keys import digest_of
from slipway.effects.cache.kinds import KINDS, LIBRARY, VENV

DOCUMENT = (ROOT / "docs" / "cache.md").read_text("utf-8")


def test_the_document_has_the_table_of_kinds() -> None:
    rows = re.findall(r"^\| `(.+)` \| (.+) \| (.+) \| (.+) \|$", DOCUMENT, re.MULTILINE)
    assert rows == [
        (kind.name, kind.content, kind.decided_by, kind.evict.value) for kind in KINDS
    ]


def test_no_two_kinds_have_the_same_name() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_a_key_has_the_format_of_its_kind() -> None:
    key = VENV.key({"lock": "ab"})
    assert key.kind == "venv"
    assert key.facts == {"format": VENV.format, "lock": "ab"}
    assert key.digest == digest_of(key.facts)


@pytest.mark.parametrize("script", ["compile", "build"])
def test_the_scripts_of_platforms_name_the_folder_of_the_library(script: str) -> None:
    """The scripts run before any module of Slipway can be imported."""
    text = (ROOT / "bin" / script).read_text("utf-8")
    assert f"/{LIBRARY.name}" in text
