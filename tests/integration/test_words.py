"""The table of errors: what is found, and what to do, in words that stand as stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from integration import (
    cases_of_django,
    cases_of_python,
    cases_of_requirements,
    cases_of_the_app,
    cases_of_the_machine,
    cases_of_the_toolchain,
    cases_of_vendored,
)
from integration.cases import CASES, WHEN
from integration.doors import Platform
from integration.ground import Ground
from integration.words import DOCUMENTATION, documentation, normalised, store, stored, title

MODULES = (
    cases_of_the_app,
    cases_of_python,
    cases_of_requirements,
    cases_of_the_machine,
    cases_of_the_toolchain,
    cases_of_vendored,
    cases_of_django,
)
"""Each puts its cases into the table when it is imported, in this order."""

COMMAND = " !" + 9 * " "
"""What is to be typed, or read off, stands deeper than sentences, and is not wrapped."""


@pytest.fixture
def ground(platform: Platform, open_folder: Path) -> Ground:
    return Ground(folder=open_folder, platform=replace(platform, folder=open_folder))


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_was_found_and_what_to_do(
    name: str, ground: Ground, request: pytest.FixtureRequest
) -> None:
    ended = CASES[name](ground)
    assert ended.status == 1, ended.all
    lines = ended.err.strip("\n").splitlines()
    assert lines[0].startswith(" !     Error: "), ended.all
    assert all(line.startswith(" !") for line in lines), ended.err
    assert "/lib/slipway/" not in ended.all
    assert "Traceback (most recent call last)" not in ended.err.partition("Its last lines:")[0]
    words = normalised(ended.words, ground.folder)
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
