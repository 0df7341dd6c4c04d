"""A fingerprint changes with each fact, and with nothing else."""

from __future__ import annotations

import pytest

from slipway.domain.cache_key import Facts, cache_key

FACTS: Facts = {"python": "3.13", "lines": ["django", "six"], "empty": []}


def test_the_order_of_facts_does_not_matter() -> None:
    assert cache_key(dict(reversed(list(FACTS.items())))) == cache_key(FACTS)


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
    assert cache_key(other) != cache_key(FACTS)


def test_a_fingerprint_is_a_name_that_every_file_system_takes() -> None:
    text = cache_key({"name": "ä/\udcff"})
    assert len(text) == 32
    assert text.isalnum()
    assert text.islower()
