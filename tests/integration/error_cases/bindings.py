"""Errors of service bindings, which builds of Cloud Native Buildpacks use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from integration.classic_platform import Result
from integration.error_cases.table import case
from integration.packages import write_tree
from integration.scenario import Scenario


def _built_with(scenario: Scenario, bindings: Mapping[str, str]) -> Result:
    app = scenario.app({"requirements.txt": ""})
    write_tree(scenario.folder / "platform" / "bindings", dict(bindings))
    places = [scenario.folder / name for name in ("layers", "platform", "plan.toml")]
    return replace(scenario.platform, cwd=app).run_script("build", *places)


@case("An entry of a binding does not contain what it should.")
def binding_without_an_address(scenario: Scenario) -> Result:
    return _built_with(scenario, {"corp/type": "pypi", "corp/url": "index.example/simple"})


@case("Two bindings have an entry that only one can have.")
def bindings_with_the_same_entry(scenario: Scenario) -> Result:
    first = {"corp/type": "pypi", "corp/url": "https://index.example/simple"}
    second = {"team/type": "pypi", "team/url": "https://team.example/simple"}
    return _built_with(scenario, {**first, **second})
