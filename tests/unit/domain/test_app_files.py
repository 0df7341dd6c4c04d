"""Misspelled file names are paired with the correct ones."""

from __future__ import annotations

import pytest

from slipway.domain.app_files import misspelled


@pytest.mark.parametrize(
    ("name", "correct"),
    [
        ("requirments.txt", "requirements.txt"),
        ("requirement.txt", "requirements.txt"),
        ("Requirements.txt", "requirements.txt"),
        ("pyproject.tml", "pyproject.toml"),
        ("mange.py", "manage.py"),
        ("python-version", ".python-version"),
    ],
)
def test_a_misspelled_name_is_paired_with_the_correct_one(name: str, correct: str) -> None:
    assert misspelled(["README.md", name]) == ((name, correct),)


@pytest.mark.parametrize(
    "name", ["requirements.txt", "README.md", "package.json", "src/", "settings.py", ""]
)
def test_other_names_are_not_paired(name: str) -> None:
    assert misspelled([name]) == ()
