"""The cache that the lifecycle restores holds the Python of the last build."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.packages import wheel, write_tree
from integration.test_fixtures_served import sentences
from platforms.phases import Phases, settings

APP = {"requirements.txt": "buoy\n", "Procfile": "web: python -m http.server $PORT\n"}
REQUESTED = ".python-version requests 3.11."
KEPT = "Python 3.11 as in the last build; no file requests a version."


@pytest.mark.long
def test_an_image_stays_on_its_python_after_a_version_file_is_removed(
    phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", {**APP, ".python-version": "3.11\n"})
    (app / "vendor").mkdir()
    wheel(app / "vendor", "buoy", "1.4")
    assert REQUESTED in log_of(phases, app)
    (app / ".python-version").unlink()
    kept = log_of(phases, app)
    assert KEPT in kept
    assert REQUESTED not in kept
    assert "Reusing layer 'slipway/python:python'" in kept


def log_of(phases: Phases, app: Path) -> str:
    result = phases.create(app, settings())
    assert result.status == 0, result.all
    return sentences(result.all)
