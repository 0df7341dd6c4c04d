"""Each error of the table says what was found and what to do, in its stored words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.error_cases import (
    app,
    django,
    machine,
    python,
    requirements,
    toolchain,
    vendored,
)
from integration.error_cases.table import CASES, WHEN
from integration.scenario import Scenario
from integration.words import DOCUMENTATION, documentation, normalised, store, stored, title

MODULES = (app, django, machine, python, requirements, toolchain, vendored)
"""Each puts its cases into the table when it is imported."""

COMMAND = " !" + 9 * " "
"""The indent of what the user types or copies, which is not wrapped."""


@pytest.fixture
def scenario(platform: Platform, open_folder: Path) -> Scenario:
    return Scenario(folder=open_folder, platform=replace(platform, folder=open_folder))


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_was_found_and_what_to_do(
    name: str, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    ended = CASES[name](scenario)
    assert ended.status == 1, ended.all
    lines = ended.err.strip("\n").splitlines()
    assert lines[0].startswith(" !     Error: "), ended.all
    assert all(line.startswith(" !") for line in lines), ended.err
    assert "/lib/slipway/" not in ended.all
    assert "Traceback (most recent call last)" not in ended.err.partition("Its last lines:")[0]
    words = normalised(ended.words, scenario.folder)
    if request.config.getoption("--update-words", default=False):
        store(name, words)
    assert words == stored(name)


def test_titles_and_lines_are_short() -> None:
    for name in CASES:
        words = stored(name)
        assert len(title(words)) < 60, title(words)
        ours = words.partition("\n !\n !     Its last lines:")[0]
        sentences = [line for line in ours.splitlines() if not line.startswith(COMMAND)]
        assert not [line for line in sentences if len(line) > 80], name
        assert WHEN[name].endswith("."), name


def test_every_stored_text_belongs_to_a_case() -> None:
    files = {path.stem for path in (Path(__file__).parent / "words").glob("*.txt")}
    assert files == {*CASES}


def test_the_documentation_is_made_of_the_stored_words(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-words", default=False):
        DOCUMENTATION.parent.mkdir(exist_ok=True)
        DOCUMENTATION.write_text(documentation(), "utf-8")
    assert DOCUMENTATION.read_text("utf-8") == documentation()
