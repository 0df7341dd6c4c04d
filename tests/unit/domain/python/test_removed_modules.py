"""Modules of older Pythons are known with the first Python without them."""

from __future__ import annotations

import sys

import pytest

from slipway.domain.python.removed_modules import REMOVED, removed_in


@pytest.mark.parametrize(
    ("module", "version"),
    [("cgi", "3.13"), ("imp", "3.12"), ("symbol", "3.10"), ("urllib2", "3.0"), ("json", "")],
)
def test_the_first_python_without_a_module(module: str, version: str) -> None:
    assert removed_in(module) == version


def test_this_python_agrees() -> None:
    gone = {name for name, minor in REMOVED.items() if minor <= sys.version_info.minor}
    assert gone.isdisjoint(sys.stdlib_module_names)
