"""Advice about lines of requirements files."""

from __future__ import annotations

import pytest

from slipway.errors.requirement_files import (
    MistypedLine,
    RequirementsAtPathsElsewhere,
    RequirementsMistyped,
)
from slipway.messages import explain


def mistyped(file: str, *corrected: str) -> str:
    lines = tuple(
        MistypedLine(number=number, shown=f"six=<U+2013>{number}", corrected=text)
        for number, text in enumerate(corrected, start=2)
    )
    error = RequirementsMistyped(file=file, lines=lines, characters=(("U+2013", "EN DASH"),))
    return "\n".join(step.text for step in explain(error).steps)


@pytest.mark.parametrize(
    ("file", "corrected", "words"),
    [
        ("r.txt", ("six==1",), "write it instead of line 2 of r.txt:"),
        ("r.txt", ("six==1", "six==2"), "write it instead of lines 2 and 3 of r.txt:"),
        ("r.txt", ("", ""), "Type lines 2 and 3 of r.txt again"),
        ("r.txt", ("six==1", ""), "Or type line 3 of r.txt again"),
        ("pyproject.toml", ("six==1",), "instead of the dependency in pyproject.toml:"),
        ("pyproject.toml", ("",), "Type the dependency in pyproject.toml again"),
        ("pyproject.toml", ("", ""), "Type the dependencies in pyproject.toml again"),
    ],
)
def test_mistyped_lines_are_named(file: str, corrected: tuple[str, ...], words: str) -> None:
    assert words in mistyped(file, *corrected)


NAMED = "r.txt:1: six @ file:///home/a/six.whl"


@pytest.mark.parametrize(
    ("lines", "commands"),
    [((NAMED,), 1), ((NAMED, "r.txt:2: /a/other.whl#egg=other"), 0)],
)
def test_paths_are_removed_only_where_a_command_can_do_it(
    lines: tuple[str, ...], commands: int
) -> None:
    error = RequirementsAtPathsElsewhere(files=("r.txt",), lines=lines)
    exact = [line for step in explain(error).steps for line in step.exact]
    assert len([line for line in exact if line.startswith("sed ")]) == commands
