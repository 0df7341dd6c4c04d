"""The table of errors: each case sets up what is wrong, and starts the door that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from integration.doors import Ended
from integration.ground import Ground

Case = Callable[[Ground], Ended]

CASES: dict[str, Case] = {}
"""By name, in the order of the documentation. A docstring is the case in one sentence."""


def case(function: Case) -> Case:
    """Put a case into the table."""
    CASES[function.__name__] = function
    return function


def sentence(name: str) -> str:
    """Say when an error comes up."""
    return (CASES[name].__doc__ or "").strip()


def fixture_case(fixture: str, when: str) -> None:
    """Put a fixture into the table that needs nothing but to be compiled."""

    def compile_it(ground: Ground) -> Ended:
        ground.fixture(fixture)
        return ground.compile()

    compile_it.__name__, compile_it.__doc__ = fixture, when
    case(compile_it)


def names() -> Iterator[str]:
    yield from CASES
