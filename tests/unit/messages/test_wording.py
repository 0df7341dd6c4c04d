"""Titles stay short, and steps that are alternatives say so."""

from __future__ import annotations

import pytest

from slipway.messages.wording import Step, alternatives, downloads, fitted


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("six", "gcc"), "Building six needs gcc"),
        (("six", "h" * 60), f"Building six needs {'h' * 37}..."),
        (("n" * 60, "gcc"), f"Building {'n' * 37}... needs gcc"),
        (("n" * 60, "h" * 60), f"Building {'n' * 18}... needs {'h' * 18}..."),
    ],
)
def test_long_names_are_shortened_in_titles(names: tuple[str, ...], title: str) -> None:
    assert fitted("Building {} needs {}", *names) == title
    assert len(title) < 60


def test_all_steps_but_the_first_begin_with_or() -> None:
    steps = alternatives(
        Step(text="Check it."), Step(text="Build again."), Step(text="If it is yours, fix it.")
    )
    texts = [step.text for step in steps]
    assert texts == ["Check it.", "Or build again.", "Or, if it is yours, fix it."]
    assert alternatives() == ()


def test_a_requirement_to_download_is_one_word_of_a_shell() -> None:
    command = "pip download --only-binary :all: --dest 'my wheels' 'six>=1'"
    assert downloads(["six>=1"], "my wheels") == (command,)
