"""The log says what to set instead of variables that other buildpacks heed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.platforms.classic.config_variables import log_of_other_builders
from unit.fakes import effects_with, logged
from unit.samples import write_files

GROUPS = """[tool.poetry.group.dev.dependencies]
pytest = "*"
[tool.poetry.group.web.dependencies]
gunicorn = "*"
"""
DEV = {"POETRY_EXPORT_DEV_REQUIREMENTS": "1"}


def log_for(folder: Path, files: Mapping[str, str], variables: Mapping[str, str]) -> str:
    effects = effects_with(folder)
    app = AppFolder(write_files(folder / "app", files))
    log_of_other_builders(variables, app, effects.console)
    return logged(effects)


@pytest.mark.parametrize(
    ("files", "variables"),
    [
        ({"pyproject.toml": GROUPS, "poetry.lock": "x"}, DEV),
        ({"pyproject.toml": GROUPS}, DEV),
        (
            {"api/pyproject.toml": GROUPS, "api/poetry.lock": "x", "requirements.txt": ""},
            {**DEV, "SLIPWAY_ROOT": "api"},
        ),
    ],
)
def test_the_groups_of_the_app_are_named(
    files: Mapping[str, str], variables: Mapping[str, str], tmp_path: Path
) -> None:
    assert "set SLIPWAY_GROUPS=dev. Then unset" in log_for(tmp_path, files, variables)


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "six\n"},
        {"requirements.txt": "six\n", "pyproject.toml": GROUPS},
        {"pyproject.toml": "[broken", "poetry.lock": "x"},
        {},
    ],
)
def test_no_groups_are_named_if_a_setting_could_not_choose_them(
    files: Mapping[str, str], tmp_path: Path
) -> None:
    assert log_for(tmp_path, files, DEV) == ""
