"""The table of errors: each case sets up what is wrong, and runs the script that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from integration.classic_platform import Ended
from integration.scenario import Scenario

Case = Callable[[Scenario], Ended]

CASES: dict[str, Case] = {}
"""By name, in the order of the documentation."""
WHEN: dict[str, str] = {}
"""Name -> when an error comes up, in one sentence."""


def case(when: str, *, pip_differs: bool = False) -> Callable[[Case], Case]:
    """Put a case into the table; a second time where pip-tools does not say quite the same."""

    def put(function: Case) -> Case:
        name = function.__name__
        CASES[name], WHEN[name] = function, when
        if pip_differs:
            name = f"{name}_with_pip_tools"
            CASES[name] = lambda scenario: function(replace(scenario, toolchain="pip-tools"))
            WHEN[name] = "The same with pip-tools."
        return function

    return put


def fixture_case(fixture: str, when: str) -> None:
    """Put a fixture into the table that needs nothing but to be compiled."""

    def compile_it(scenario: Scenario) -> Ended:
        scenario.fixture(fixture)
        return scenario.compile()

    compile_it.__name__ = fixture
    case(when)(compile_it)
