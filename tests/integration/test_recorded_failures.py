"""Failures of real libraries are understood as those that the unit tests have recorded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import Platform
from unit.domain.django.failures import (
    REPORTS,
    REQUIREMENTS,
    SAMPLES,
    conclude,
    recorded,
    shortened,
    store,
)
from unit.samples import write_files


@pytest.mark.long
def test_real_libraries_fail_as_recorded(
    platform: Platform, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    app = write_files(tmp_path / "app", {"requirements.txt": REQUIREMENTS})
    built = platform.compile(app, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert built.status == 0, built.all
    for name, sample in SAMPLES.items():
        shutil.rmtree(app / "site1", ignore_errors=True)
        write_files(app, sample.all_files)
        report = tmp_path / f"{name}.json"
        request_file = tmp_path / "request.json"
        asked = {"manage": "manage.py", "arguments": ["collectstatic", "--noinput"]}
        request_file.write_text(json.dumps({**asked, "may_upload": False, "placeholders": {}}))
        ran = subprocess.run(
            [
                app / ".slipway" / "venv" / "bin" / "python",
                ROOT / "lib" / "build_scripts" / "django_command.py",
                request_file,
                report,
            ],
            cwd=app,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **sample.variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 1, f"{name}: {ran.stdout}{ran.stderr}"
        content = shortened(json.loads(report.read_text("utf-8")), sample)
        if request.config.getoption("--update-words", default=False):
            store(name, content)
        error = conclude(content, sample.all_files)
        expected = conclude(recorded(name), sample.all_files)
        # Newer versions of the libraries may word their errors in another way.
        assert type(error) is type(expected), name
        assert {**vars(error), "raised": None} == {**vars(expected), "raised": None}, name


def test_each_record_belongs_to_a_sample() -> None:
    assert {file.stem for file in REPORTS.glob("*.json")} == {*SAMPLES}
