"""The table of error cases: each sets up a failure, and runs the script that reports it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from integration.classic_platform import Result
from integration.scenario import Scenario

Case = Callable[[Scenario], Result]

CASES: dict[str, Case] = {}
"""Name -> case, in the order of the documentation."""
WHEN: dict[str, str] = {}
"""Name -> when the error occurs, in one sentence."""

WITH_PIP_TOOLS = "_with_pip_tools"
"""How the names of variants end, which only the stage `long` builds."""


def case(when: str, *, pip_differs: bool = False) -> Callable[[Case], Case]:
    """Add a case to the table; a second time, if it reads differently with pip-tools."""

    def add(function: Case) -> Case:
        name = function.__name__
        CASES[name], WHEN[name] = function, when
        if pip_differs:
            name = f"{name}{WITH_PIP_TOOLS}"
            CASES[name] = lambda scenario: function(replace(scenario, toolchain="pip-tools"))
            WHEN[name] = "The same with pip-tools."
        return function

    return add


def fixture_case(fixture: str, when: str) -> None:
    """Add the build of a fixture to the table."""

    def compile_it(scenario: Scenario) -> Result:
        scenario.fixture(fixture)
        return scenario.compile()

    compile_it.__name__ = fixture
    case(when)(compile_it)
