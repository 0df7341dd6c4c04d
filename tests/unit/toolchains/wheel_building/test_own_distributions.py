"""Slipway's own wheels are enough to build most source trees."""

from __future__ import annotations

from conftest import ROOT
from slipway.domain.requirements.dependency_closure import dependency_closure
from slipway.errors.dependencies import RequiredPackage
from slipway.toolchains.wheel_building.own_distributions import read_own_distributions
from unit.samples import PYTHON


def test_they_have_everything_that_setuptools_and_wheel_require() -> None:
    own = {found.name: found for found in read_own_distributions(ROOT / "vendor")}
    requires = [
        RequiredPackage(requirement=one, required_by="") for one in ("setuptools", "wheel")
    ]
    closure = dependency_closure(requires, own, PYTHON.markers)
    assert closure.missing == ()
    assert closure.required == set(own)
