"""Each part of Slipway's own folder is where Installation has it."""

from __future__ import annotations

from conftest import ROOT
from slipway.domain.installation import Installation


def test_each_part_is_there() -> None:
    parts = {name for name, value in vars(Installation).items() if isinstance(value, property)}
    assert "vendor" in parts
    for name in parts - {"export"}:  # the one that a build writes
        assert getattr(Installation(ROOT), name).exists(), name
