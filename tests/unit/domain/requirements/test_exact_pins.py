"""The exact versions that a developer wrote are found in each format."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.exact_pins import exact_pins
from slipway.domain.toml_text import parse_toml


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            (
                '[packages]\ndjango = "==3.0.5"\ntide = {version = "== 1.0", extras = ["x"]}\n'
                'free = "*"\nrange = ">=1"\nminor = "==1.*"\n[dev-packages]\nbuoy = "==2"\n'
                'own = {path = "."}\n[requires]\npython_version = "3.7"\n'
            ),
            ("django", "tide", "buoy"),
        ),
        (
            (
                '[project]\ndependencies = ["Django==4.2", "tide>=1", "==", "a==1.*"]\n'
                "[project.optional-dependencies]\nx = [\"buoy[y]==2; python_version > '3'\"]\n"
                '[dependency-groups]\ndev = ["pier==3", {include-group = "other"}]\n'
            ),
            ("Django", "buoy", "pier"),
        ),
        (
            (
                '[tool.poetry.dependencies]\npython = "3.7"\ndjango = "3.0.5"\ntide = "^1.0"\n'
                'buoy = [{version = "==2.0", python = "^3"}]\n[tool.poetry.dev-dependencies]\n'
                'pier = "==1"\n[tool.poetry.group.x.dependencies]\nmole = {version = "1.2"}\n'
            ),
            ("django", "pier", "mole"),
        ),
        ('packages = 1\nproject = "x"\n[tool]\npoetry = []\n', ()),
    ],
)
def test_exact_versions(text: str, names: tuple[str, ...]) -> None:
    assert exact_pins(parse_toml(text, "pyproject.toml")) == names
