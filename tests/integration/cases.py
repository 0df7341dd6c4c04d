"""The table of errors: each case sets up what is wrong, and starts the door that says so."""

from __future__ import annotations

from collections.abc import Callable

from integration.doors import Ended
from integration.ground import Ground

Case = Callable[[Ground], Ended]

CASES: dict[str, Case] = {}
"""By name, in the order of the documentation."""
WHEN: dict[str, str] = {}
"""Name -> when an error comes up, in one sentence."""


def case(when: str) -> Callable[[Case], Case]:
    """Put a case into the table."""

    def put(function: Case) -> Case:
        CASES[function.__name__] = function
        WHEN[function.__name__] = when
        return function

    return put


def fixture_case(fixture: str, when: str) -> None:
    """Put a fixture into the table that needs nothing but to be compiled."""

    def compile_it(ground: Ground) -> Ended:
        ground.fixture(fixture)
        return ground.compile()

    compile_it.__name__ = fixture
    case(when)(compile_it)
