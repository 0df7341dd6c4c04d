"""The data for NLTK are found again, and what is said of them is what the user needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects.processes import Command
from slipway.steps.provide_nltk_data import provide_nltk_data
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, logged, no_time
from unit.samples import PLAN, write_files

NLTK = "nltk-3.9.1.dist-info/METADATA"
URL = "http://h.example/index.xml"


def downloader(command: Command) -> str:
    """Do what nltk_download.py does, for data without files."""
    request = json.loads(Path(command.argv[2]).read_text("utf-8"))
    Path(request["folder"], "corpora").mkdir(parents=True)
    Path(command.argv[3]).write_text('{"outcome": "done", "packages": 1}', "utf-8")
    return ""


def log_of(root: Path, environment: Mapping[str, str], names: tuple[str, ...] | None) -> str:
    """Return the log of a build with NLTK; all builds in a folder have the same cache."""
    processes = FakeProcesses(now=no_time, answer=downloader)
    effects = effects_with(root, processes, {"PATH": "/usr/bin", **environment})
    plan = replace(PLAN, nltk_data=names)
    context = context_with(root, effects, FakeToolchain(), plan)
    write_files(context.virtualenv.site_packages, {NLTK: ""})
    provide_nltk_data(context, "digest", None)
    return logged(effects)


def test_another_token_downloads_nothing_and_none_is_stored(tmp_path: Path) -> None:
    logs = [
        log_of(tmp_path, {"NLTK_DOWNLOAD_URL": address}, ("stopwords",))
        for address in (f"{URL}?token=s3cr3tq", f"{URL}?token=s3cr3tr", f"{URL}2")
    ]
    assert ["Downloading stopwords" in log for log in logs] == [True, False, True]
    stored = "".join(
        mark.read_text("utf-8") for mark in (tmp_path / "cache").rglob(".slipway-entry")
    )
    assert URL in stored
    assert "s3cr3t" not in stored


@pytest.mark.parametrize("own", ["", "nltk_data"])
def test_an_app_with_its_own_data_is_not_asked_for_names(own: str, tmp_path: Path) -> None:
    log = log_of(tmp_path, {"NLTK_DATA": own}, None)
    assert ("name it in nltk.txt" in log) == (own == "")
