"""Parsers survive hostile input, and take linear time for it."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from itertools import count
from random import Random

import pytest

from conftest import ROOT
from unit.fuzz import growing
from unit.fuzz.fuzzing import faults
from unit.fuzz.parsers import PARSERS

SECONDS = 0.1
"""For each parser; `fuzzing.py` runs for as long as you like."""
INPUTS_THAT_GROW = 3
ALWAYS = (("", " "), ("", " #"), ("", "a"), ("", "\n"))

FOLDERS = (ROOT / "lib" / "slipway" / "domain", ROOT / "lib" / "runtime")
FROM_OUTSIDE = {
    *("text", "output", "line", "content", "document", "metadata", "constraint", "requested"),
    *("head", "header", "address", "requirement", "marker", "setup_cfg", "archival", "table"),
}
"""Names of parameters that get what other people or programs have written."""
NOT_PARSERS = {
    "redaction.visible": "it is for one line that is shown; tests of redaction measure it",
    "redaction.without_colours": "as above",
    "redaction.redact_line": "as above",
    "toml_text.table_in": "it looks up keys",
    "web.shell_commands.unfinished": "it makes an error",
    "locks.formats.how_to_add": "it makes a clause",
    "django.exception_chain.one_line": "it is for one text that is shown",
    "django.exception_chain.shortened": "as above",
    "requirements.conflicts.who_requires": "it gets what a parser returned",
    "requirements.lines.with_relative_paths": "as above",
    "requirements.lock.without_hashes": "as above",
    "locks.fit.missing_file": "it gets what a parser of pip's or uv's output returned",
    "tool_output.failed_installation.cause_of": "the parsers of pip's and uv's output call it",
    "bound_services.binding.plain": "it is for one word",
    "start_variables.main": "it is a program",
    "django.placeholder_traces.placeholders_in": "it looks for texts",
    "django.release_step.migrate_in": "it reads what a build has written",
    "slipway_release.databases.without_password": "it needs Django",
    "slipway_release.log.say": "it prints",
    "slipway_release.log.shown": "it is for one text that is shown",
    "slipway_release.migrations.shown_lines": "it needs Django",
    "requirements.dependencies.from_pyproject": "`pyproject` calls it",
}
"""Functions with such a parameter that read nothing, and why."""


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_raises_only_what_it_says(name: str) -> None:
    end = time.process_time() + SECONDS
    found = next(faults(name, _until(end)), None)
    if found:
        seed, fault = found
        pytest.fail(
            f"{fault}\nThe input: .dev/venv/bin/python tests/unit/fuzz/fuzzing.py "
            f"--parser {name} --seed {seed}"
        )


def _until(end: float) -> Iterator[int]:
    for seed in count():
        if time.process_time() > end:
            return
        yield seed


@pytest.mark.parametrize("name", PARSERS)
def test_ten_times_the_input_takes_at_most_fifteen_times_as_long(name: str) -> None:
    others = [*growing.inputs(PARSERS[name])]
    chosen = Random(name).sample(others, min(INPUTS_THAT_GROW, len(others)))
    assert_linear(name, [*ALWAYS, *chosen])


@pytest.mark.long
@pytest.mark.parametrize("name", PARSERS)
def test_no_repeated_part_takes_more_than_linear_time(name: str) -> None:
    assert_linear(name, [*growing.inputs(PARSERS[name])])


def assert_linear(name: str, inputs: list[tuple[str, str]]) -> None:
    slow = [
        f"{ratio:.0f} times as long for {start[-40:]!r} and then {unit[:40]!r}, repeated"
        for start, unit in inputs
        if (ratio := growing.ratio(PARSERS[name], start, unit)) > growing.MOST
    ]
    assert not slow, "\n".join(slow)


def test_no_parser_is_forgotten() -> None:
    known = {function for parser in PARSERS.values() for function in parser.reads}
    missing = [name for name in _readers() if name not in known and name not in NOT_PARSERS]
    assert not missing, f"{missing}: register these in parsers.py, or say why not here"


def _readers() -> Iterator[str]:
    """Yield the functions whose first parameter is text from outside."""
    modules = [(folder, path) for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
    for folder, path in modules:
        module = ".".join(path.relative_to(folder).with_suffix("").parts)
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and _is_from_outside(node):
                yield f"{module}.{node.name}"


def _is_from_outside(function: ast.FunctionDef) -> bool:
    first = next((one.arg for one in function.args.args), "")
    return first in FROM_OUTSIDE and not function.name.startswith("_")
