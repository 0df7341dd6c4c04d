"""Gunicorn's old commands are part of an image as long as a line needs them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.test_fixtures_served import sentences
from platforms.phases import Phases, settings
from platforms.test_image import create

FIXTURE = FIXTURES / "run_gunicorn_procfile"


@pytest.mark.long
@pytest.mark.parametrize("process", ["web", "older"])
def test_an_old_line_starts_a_site_in_an_image(process: str, phases: Phases) -> None:
    assert phases.detect(FIXTURE, settings(SLIPWAY_BUNDLE_PYTHON="false")).status == 0
    built = phases.build()
    assert built.status == 0, built.all
    assert "Gunicorn no longer has the command `run_gunicorn`" in sentences(built.out)
    with phases.serve(process) as site:
        assert site.get("/").text == "run_gunicorn_procfile\n"


@pytest.mark.long
def test_the_layer_does_not_depend_on_the_lines_of_earlier_builds(
    phases: Phases, tmp_path: Path
) -> None:
    app = shutil.copytree(FIXTURE, tmp_path / "app")
    first, _ = create(phases, app)
    again, log = create(phases, app)
    assert "Reusing the virtual environment" in log
    assert again.digest == first.digest

    old = (app / "Procfile").read_text()
    (app / "Procfile").write_text("web: gunicorn harbour.wsgi\n")
    without, log = create(phases, app)
    assert "Reusing the virtual environment" in log
    assert without.layers["venv"] != first.layers["venv"]

    (app / "Procfile").write_text(old)
    restored, _ = create(phases, app)
    assert restored.digest == first.digest
