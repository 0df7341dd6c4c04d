"""Errors of an app that requests uv."""

from __future__ import annotations

from integration.classic_platform import PATH, Result
from integration.error_cases.table import case
from integration.index import Index
from integration.packages import wheel
from integration.scenario import Scenario

UV = {"SLIPWAY_TOOLCHAIN": "uv"}


@case("The app requests uv, but neither the image nor the index has it.")
def uv_not_available(scenario: Scenario) -> Result:
    index = Index()
    index.add(wheel(scenario.folder, "anchor", "1.0"))
    scenario.app({"requirements.txt": "anchor\n"})
    return scenario.with_own_cache.compile_with(index, UV, PATH=PATH)


@case("The app requests uv, but no server answers at the address of the index.")
def uv_out_of_reach(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "anchor\n"})
    nobody = scenario.with_index("https://index.invalid/simple/")
    return nobody.with_own_cache.compile(UV, PATH=PATH)


@case("The app requests uv, but is built offline.")
def uv_offline(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "./vendor/anchor-1.0-py3-none-any.whl\n"})
    (scenario.build / "vendor").mkdir()
    wheel(scenario.build / "vendor", "anchor", "1.0")
    return scenario.with_own_cache.compile({**UV, "SLIPWAY_OFFLINE": "true"}, PATH=PATH)


@case("The app requests uv, but has a setting of pip that uv does not support.")
def uv_without_a_setting(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "--prefer-binary\nanchor\n"})
    return scenario.compile(UV)
