"""A file whose name is nearly right is told from one that means something else."""

from __future__ import annotations

import pytest

from slipway.domain.app_files import misspelled


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("requirments.txt", "requirements.txt"),
        ("requirement.txt", "requirements.txt"),
        ("Requirements.txt", "requirements.txt"),
        ("pyproject.tml", "pyproject.toml"),
        ("mange.py", "manage.py"),
        ("python-version", ".python-version"),
    ],
)
def test_a_misspelled_file_is_paired_with_the_one_that_was_meant(name: str, meant: str) -> None:
    assert misspelled(["README.md", name]) == ((name, meant),)


@pytest.mark.parametrize(
    "name", ["requirements.txt", "README.md", "package.json", "src/", "settings.py", ""]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert misspelled([name]) == ()
