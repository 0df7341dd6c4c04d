"""Every path of an Installation exists in Slipway's own folder."""

from __future__ import annotations

from conftest import ROOT
from slipway.domain.installation import Installation


def test_each_path_exists() -> None:
    parts = {name for name, value in vars(Installation).items() if isinstance(value, property)}
    assert "vendor" in parts
    for name in parts - {"export", "offline"}:  # a build or a package writes them
        assert getattr(Installation(ROOT), name).exists(), name
