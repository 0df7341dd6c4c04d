"""A layer says what it is for and what it was made from, and why it does not serve again."""

from __future__ import annotations

import pytest

from slipway.domain.cloud_native.layers import TYPES, facts_in, render_layer
from slipway.domain.toml_text import parse_toml

FACTS = {"format": "1", "lock": "ab", "python": 'CPython 3.13.1 "linux" \\x86'}


@pytest.mark.parametrize("name", TYPES)
def test_a_layer_is_read_back_as_it_was_written(name: str) -> None:
    assert facts_in(render_layer(name, FACTS)) == FACTS


def test_the_app_gets_what_it_runs_with_and_the_cache_stays_behind() -> None:
    types = {
        name: {
            kind
            for kind, is_set in parse_toml(render_layer(name, {}), "")["types"].items()
            if is_set
        }
        for name in TYPES
    }
    assert types == {
        "runtime": {"launch"},
        "cache": {"cache"},
        "python": {"launch", "build", "cache"},
        "venv": {"launch", "build", "cache"},
    }


def test_the_environment_comes_first_on_path() -> None:
    """The lifecycle puts each layer's `bin` before those of the layers before it."""
    assert max(TYPES) == "venv"
    assert list(TYPES) == sorted(TYPES)


@pytest.mark.parametrize(
    "text", ["", "[types]\nlaunch = true\n", "metadata = 3\n", "[[[", "\0"]
)
def test_what_slipway_has_not_written_says_nothing(text: str) -> None:
    assert facts_in(text) == {}
