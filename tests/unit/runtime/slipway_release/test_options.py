"""Tests when the release step runs, and what its variables change."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from slipway_release.log import ReleaseFailed
from slipway_release.options import (
    Options,
    is_other_instance,
    read,
    reason_not_to_run,
)

from conftest import ROOT
from slipway.domain.django.release_step import ReleaseStep, render

STEP = ReleaseStep(
    root="",
    manage="manage.py",
    settings="harbour.settings",
    migrate="",
    database_wait=60,
    initial_fixtures=("berths",),
    release_hook=True,
)
OPTIONS = Options(
    root="",
    manage="manage.py",
    settings="harbour.settings",
    migrate="",
    database_wait=60,
    initial_fixtures=("berths",),
    release_hook=True,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "release.json"
    place.write_text(render(STEP), "utf-8")
    return place


def test_what_the_build_writes_is_read(file: Path) -> None:
    assert read(file, {}) == OPTIONS
    assert json.loads(file.read_text("utf-8")).keys() == asdict(OPTIONS).keys()


def test_variables_override_what_the_build_wrote(file: Path) -> None:
    variables = {"SLIPWAY_MIGRATE": "start", "SLIPWAY_DATABASE_WAIT": "5"}
    assert read(file, variables) == replace(OPTIONS, migrate="start", database_wait=5)
    assert read(file, {"SLIPWAY_MIGRATE": "", "SLIPWAY_DATABASE_WAIT": ""}) == OPTIONS


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SLIPWAY_MIGRATE", "never\x1b"),
        ("SLIPWAY_DATABASE_WAIT", "-1"),
        ("SLIPWAY_DATABASE_WAIT", "1 min"),
    ],
)
def test_a_wrong_variable_is_named(file: Path, name: str, text: str) -> None:
    with pytest.raises(ReleaseFailed, match=name) as caught:
        read(file, {name: text})
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("migrate", "variables", "is_start", "is_run"),
    [
        ("", {}, True, True),
        ("", {}, False, True),
        ("start", {}, True, True),
        ("off", {}, True, False),
        ("release", {}, True, False),
        # By hand, and in the release phase
        ("off", {}, False, True),
        ("off", {"DYNO": "run.1234"}, False, True),
        ("off", {"DYNO": "release.1234"}, False, False),
        ("release", {"DYNO": "release.1234"}, False, True),
    ],
)
def test_the_release_step_runs_where_it_is_wanted(
    *, migrate: str, variables: dict[str, str], is_start: bool, is_run: bool
) -> None:
    options = replace(OPTIONS, migrate=migrate)
    assert bool(reason_not_to_run(options, variables, is_start=is_start)) is not is_run


def test_other_instances_wait_where_instances_are_counted() -> None:
    assert not is_other_instance(OPTIONS, {})
    assert not is_other_instance(OPTIONS, {"CF_INSTANCE_INDEX": "0"})
    assert is_other_instance(OPTIONS, {"CF_INSTANCE_INDEX": "2"})
    assert not is_other_instance(replace(OPTIONS, migrate="start"), {"CF_INSTANCE_INDEX": "2"})


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_usage_needs_no_app(option: str, tmp_path: Path) -> None:
    package = ROOT / "lib" / "runtime" / "slipway_release"
    done = subprocess.run(
        [sys.executable, "-B", package, tmp_path / "release.json", option],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Usage: slipway-release [--retry | --start]\n")
