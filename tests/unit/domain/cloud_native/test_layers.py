"""The file of a layer has its types, and the facts that it was made from."""

from __future__ import annotations

import pytest

from slipway.domain.cloud_native.layers import TYPES, facts_in, render_layer
from slipway.domain.toml_text import parse_toml

FACTS = {"format": "1", "lock": "ab", "python": 'CPython 3.13.1 "linux" \\x86'}


@pytest.mark.parametrize("name", TYPES)
def test_the_facts_of_a_layer_are_read_back(name: str) -> None:
    assert facts_in(render_layer(name, FACTS)) == FACTS


def test_each_layer_has_its_types() -> None:
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


def test_the_virtual_environment_comes_first_on_path() -> None:
    """The lifecycle puts the `bin` of each layer before that of the layer before it."""
    assert max(TYPES) == "venv"
    assert list(TYPES) == sorted(TYPES)


@pytest.mark.parametrize(
    "text", ["", "[types]\nlaunch = true\n", "metadata = 3\n", "[[[", "\0"]
)
def test_a_file_from_another_program_has_no_facts(text: str) -> None:
    assert facts_in(text) == {}
