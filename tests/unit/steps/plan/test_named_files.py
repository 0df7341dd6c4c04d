"""A setting names the requirements files, and the app's other files are ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.requirements.dependencies import Dependencies
from slipway.effects.files import AppFolder
from slipway.errors.app import RequirementsMissing
from slipway.errors.vendored import OutsideTheApp
from slipway.steps.plan import plan
from unit.samples import write_files

FILES = {
    "requirements.txt": "six\n",
    "requirements/web.txt": "-r base.txt\nidna\n",
    "requirements/base.txt": "rich\n",
    "requirements/jobs.txt": "attrs\n",
    "pyproject.toml": "[project]\nname = 'x'\nversion = '1'\ndependencies = ['click']\n",
    "setup.py": "",
}


def dependencies_of(root: Path, named: str) -> Dependencies:
    app = AppFolder(write_files(root, FILES))
    return plan(app, {"SLIPWAY_REQUIREMENTS": named}).dependencies


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("", ["six"]),
        ("requirements/web.txt", ["rich", "idna"]),
        ("requirements/web.txt requirements/jobs.txt", ["rich", "idna", "attrs"]),
        ("requirements/jobs.txt,requirements.txt", ["attrs", "six"]),
        ("pyproject.toml", ["click"]),
        ("setup.py", ["."]),
    ],
)
def test_only_the_named_files_are_read(tmp_path: Path, named: str, expected: list[str]) -> None:
    assert [line.text for line in dependencies_of(tmp_path, named).requirements] == expected


@pytest.mark.parametrize("named", ["gone.txt", "requirements", "requirements.txt gone.txt"])
def test_a_missing_file_is_named(tmp_path: Path, named: str) -> None:
    with pytest.raises(RequirementsMissing) as missing:
        dependencies_of(tmp_path, named)
    assert missing.value.path == named.split()[-1]
    assert missing.value.origin == "The variable SLIPWAY_REQUIREMENTS"


def test_a_link_out_of_the_app_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_text("six\n")
    app = tmp_path / "app"
    app.mkdir()
    (app / "needs.txt").symlink_to("../elsewhere.txt")
    with pytest.raises(OutsideTheApp) as outside:
        dependencies_of(app, "needs.txt")
    assert (outside.value.path, outside.value.target) == ("needs.txt", "../elsewhere.txt")
