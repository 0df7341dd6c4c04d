"""Each case of the table prints its stored words: what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.error_cases import (
    app,
    bindings,
    django,
    locks,
    machine,
    package,
    python,
    requirements,
    toolchain,
    vendored,
    web,
)
from integration.error_cases.table import CASES, WHEN, WITH_PIP_TOOLS
from integration.scenario import Scenario
from integration.words import DOCUMENTATION, documentation, normalised, store, stored, title
from slipway.messages.wording import LAST_LINES

MODULES = (
    app,
    bindings,
    django,
    locks,
    machine,
    package,
    python,
    requirements,
    toolchain,
    vendored,
    web,
)
"""Each adds its cases to the table when it is imported."""

COMMAND = " !" + 9 * " "
"""The indent of text to type or copy, which is not wrapped."""


def only_long(names: Iterable[str]) -> Iterator[str]:
    """Yield what CI does not build: pip-tools, and what has the title of a case before it."""
    titles: set[str] = set()
    for name in names:
        heading = title(stored(name)) or name
        if heading in titles or name.endswith(WITH_PIP_TOOLS):
            yield name
        titles.add(heading)


LONG = {*only_long(CASES)}


@pytest.fixture
def scenario(platform: Platform, open_folder: Path) -> Scenario:
    return Scenario(folder=open_folder, platform=replace(platform, folder=open_folder))


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long if name in LONG else ()) for name in CASES],
)
def test_an_error_says_what_was_found_and_what_to_do(
    name: str, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    result = CASES[name](scenario)
    assert result.status == 1, result.all
    lines = result.err.strip("\n").splitlines()
    assert lines[0].startswith(" !     Error: "), result.all
    assert all(line.startswith(" !") for line in lines), result.err
    assert "/lib/slipway/" not in result.all
    assert "Traceback (most recent call last)" not in result.err.partition(LAST_LINES)[0]
    words = normalised(result.words, scenario.folder)
    if request.config.getoption("--update-words", default=False):
        store(name, words)
    assert words == stored(name)


def test_titles_and_lines_are_short() -> None:
    for name in CASES:
        words = stored(name)
        assert len(title(words)) < 60, title(words)
        ours = words.partition(f"\n !\n !     {LAST_LINES}")[0]
        sentences = [line for line in ours.splitlines() if not line.startswith(COMMAND)]
        # A long address has a line of its own.
        assert not [line for line in sentences if len(line) > 80 and " " in line[7:]], name
        assert WHEN[name].endswith("."), name


def test_every_stored_text_belongs_to_a_case() -> None:
    files = {path.stem for path in (Path(__file__).parent / "words").glob("*.txt")}
    assert files == {*CASES}


def test_the_documentation_is_made_from_the_stored_words(
    request: pytest.FixtureRequest,
) -> None:
    if request.config.getoption("--update-words", default=False):
        DOCUMENTATION.parent.mkdir(exist_ok=True)
        DOCUMENTATION.write_text(documentation(), "utf-8")
    assert DOCUMENTATION.read_text("utf-8") == documentation()
