"""A key changes with each fact, and every reason for a miss is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.effects.cache.keys import CacheKey, Facts, digest_of
from unit.samples import PYTHON as INTERPRETER

FACTS: Facts = {"python": "3.13", "lines": ["django", "six"], "empty": []}


def test_the_order_of_facts_does_not_matter() -> None:
    assert digest_of(dict(reversed(list(FACTS.items())))) == digest_of(FACTS)


@pytest.mark.parametrize(
    "other",
    [
        {**FACTS, "python": "3.12"},
        {**FACTS, "lines": ["six", "django"]},
        {**FACTS, "lines": ["django six"]},
        {**FACTS, "more": ""},
        {name: value for name, value in FACTS.items() if name != "empty"},
    ],
    ids=["value", "order-of-a-list", "joined", "more", "less"],
)
def test_every_fact_counts(other: Facts) -> None:
    assert digest_of(other) != digest_of(FACTS)


def test_a_digest_is_a_valid_file_name() -> None:
    text = digest_of({"name": "ä/\udcff"})
    assert len(text) == 32
    assert text.isalnum()
    assert text.islower()


def test_a_key_keeps_texts_as_they_are_and_lists_as_digests() -> None:
    key = CacheKey.of("lock", FACTS)
    assert key.digest == digest_of(FACTS)
    assert key.facts["python"] == "3.13"
    assert key.facts["lines"] == digest_of({"lines": ["django", "six"]})


PYTHON = 'CPython 3.13.1 "linux" \\x86, build 01'
REPLACED = PYTHON.replace("01", "02")
KEY = CacheKey.of("venv", {"format": "1", "lock": "ab", "python": PYTHON})


@pytest.mark.parametrize(
    ("before", "reasons"),
    [
        ({}, ("not in the cache yet",)),
        (KEY.facts, ()),
        ({**KEY.facts, "lock": "cd"}, ("the lock has changed",)),
        (
            {**KEY.facts, "format": "0"},
            ("the last one was made by another version of Slipway",),
        ),
        (
            {"lock": "ab", "python": PYTHON},
            ("the last one was made by another version of Slipway",),
        ),
        (
            {**KEY.facts, "python": "CPython 3.12.1"},
            (f"the Python has changed from CPython 3.12.1 to {PYTHON}",),
        ),
        ({**KEY.facts, "python": 3}, (f"the Python has changed from 3 to {PYTHON}",)),
        (
            {**KEY.facts, "python": REPLACED},
            ("the Python has been replaced with another build of the same version",),
        ),
    ],
)
def test_every_reason_for_a_miss_is_named(
    before: dict[str, object], reasons: tuple[str, ...]
) -> None:
    assert KEY.reasons_for_miss(before) == reasons


@pytest.mark.parametrize(
    ("before", "is_similar"),
    [
        ({**KEY.facts, "lock": "cd"}, True),
        (KEY.facts, True),
        ({**KEY.facts, "python": "3"}, False),
        ({**KEY.facts, "more": ""}, False),
        ({}, False),
    ],
)
def test_facts_that_differ_only_in_one_are_similar(
    before: dict[str, str], *, is_similar: bool
) -> None:
    assert KEY.is_similar(before, apart_from="lock") == is_similar


@pytest.mark.parametrize(
    ("other", "clause"),
    [
        (REPLACED, f"another build of the same Python, {REPLACED}"),
        ("CPython 3.12.1, build 01", "another Python, CPython 3.12.1, build 01"),
    ],
)
def test_the_most_similar_entry_may_be_for_another_build_of_the_same_python(
    other: str, clause: str
) -> None:
    assert KEY.reasons_for_miss_among([{**KEY.facts, "python": other}]) == (
        f"the most similar virtual environment in the cache is for {clause}",
    )


def test_the_identity_of_a_python_ends_with_its_build() -> None:
    key = CacheKey.of("venv", {"python": replace(INTERPRETER, build="01").identity})
    before = {"python": replace(INTERPRETER, build="02").identity}
    assert key.reasons_for_miss(before) == (
        "the Python has been replaced with another build of the same version",
    )
