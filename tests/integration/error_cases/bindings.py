"""Errors of service bindings, which builds of Cloud Native Buildpacks use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from integration.classic_platform import Result
from integration.error_cases.table import case
from integration.index import Index, served
from integration.packages import write_tree
from integration.scenario import Scenario


def _built_with(
    scenario: Scenario, bindings: Mapping[str, str], requirements: str = ""
) -> Result:
    app = scenario.app({"requirements.txt": requirements})
    write_tree(scenario.folder / "platform" / "bindings", dict(bindings))
    places = [scenario.folder / name for name in ("layers", "platform", "plan.toml")]
    env = {**scenario.platform.env, "SLIPWAY_BUNDLE_PYTHON": "false"}
    return replace(scenario.platform, cwd=app, env=env).run_script("build", *places)


@case("An entry of a binding does not contain what it should.")
def binding_without_an_address(scenario: Scenario) -> Result:
    return _built_with(scenario, {"corp/type": "pypi", "corp/url": "index.example/simple"})


@case("Two bindings have an entry that only one can have.")
def bindings_with_the_same_entry(scenario: Scenario) -> Result:
    first = {"corp/type": "pypi", "corp/url": "https://index.example/simple"}
    second = {"team/type": "pypi", "team/url": "https://team.example/simple"}
    return _built_with(scenario, {**first, **second})


@case("The password for an index in a binding is wrong.")
def binding_with_a_wrong_password(scenario: Scenario) -> Result:
    with served(Index(user="ci:token")) as index:
        bindings = {
            "corp/type": "pypi",
            "corp/url": index.url,
            "corp/username": "ci",
            "corp/password": "lost-at-sea",
        }
        return _built_with(scenario, bindings, "anchor\n")
