"""An app gets the same packages and processes through each door."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import FIXTURES
from integration.classic_platform import Platform, Result
from integration.conftest import open_to_all
from integration.test_fixtures_served import CONFIG_VARS, EVERY_FIXTURE, one_of_each_kind
from integration.words import stored
from platforms.phases import Phases, as_user, chown, settings
from platforms.roots import BUILDER
from slipway.domain.cloud_native.bash_process import start_with_bash

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
"""Bundling a Python takes time, and other tests do it."""


@pytest.fixture(scope="session")
def caches() -> Iterator[Path]:
    """Yield a folder for a cache of each toolchain, since many fixtures have the same lock."""
    with open_to_all("classic-cache-") as folder:
        chown(folder, BUILDER)
        yield folder


def through_the_classic_door(
    fixture: str, phases: Phases, cache: Path, variables: Mapping[str, str]
) -> Path:
    """Build as the same user as the lifecycle."""
    folder = phases.folder / "classic"
    build = shutil.copytree(FIXTURES / fixture, folder / "build", symlinks=True)
    platform = Platform(
        slipway=phases.buildpack, folder=folder, cache=cache, within=as_user(BUILDER)
    )
    platform.temporary.mkdir()
    platform.write_config_vars(variables)
    chown(folder, BUILDER)
    result = platform.run_script("compile", build, platform.cache, platform.env_dir)
    assert result.status == 0, result.all
    return build


def through_the_phases(fixture: str, phases: Phases, variables: Mapping[str, str]) -> Result:
    detected = phases.detect(FIXTURES / fixture, variables)
    assert detected.status == 0, detected.all
    return phases.build()


@pytest.mark.parametrize("toolchain", ["uv", pytest.param("pip-tools", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "fixture",
    one_of_each_kind(EVERY_FIXTURE, "hooks_run", "pep621_package", "vendored_packages"),
)
def test_an_app_is_the_same_through_both_doors(
    fixture: str, toolchain: str, phases: Phases, caches: Path
) -> None:
    variables = {**settings(), **IMAGE_PYTHON, **CONFIG_VARS.get(fixture, {})}
    variables["SLIPWAY_TOOLCHAIN"] = toolchain
    built = through_the_phases(fixture, phases, variables)
    assert built.status == 0, built.all
    classic = through_the_classic_door(fixture, phases, caches / toolchain, variables)
    record, lock = _record_and_lock(phases.own_layers / "runtime")
    assert (record, lock) == _record_and_lock(classic / ".slipway")
    assert record["packages"]
    assert {name: argv[2] for name, argv in phases.processes().items()} == {
        name: start_with_bash(name, line).script for name, line in record["processes"].items()
    }
    assert not (phases.app / ".slipway").exists()
    assert (phases.app / "Procfile").exists() == (FIXTURES / fixture / "Procfile").exists()
    with phases.serve() as site:
        assert fixture in site.get("/").text


def _record_and_lock(folder: Path) -> tuple[dict[str, Any], str]:
    record = json.loads((folder / "build.json").read_text("utf-8"))
    return record, (folder / "lock.txt").read_text("utf-8")


@pytest.mark.parametrize(
    "fixture",
    [
        "pre_compile_fails",
        "invalid_requirement",
        "pyproject_not_toml",
        "python_version_too_old",
        "submodule_empty",
        "unknown_setting",
        "vendored_twice",
    ],
)
def test_a_failed_build_reports_the_same_error(fixture: str, phases: Phases) -> None:
    result = through_the_phases(fixture, phases, {**settings(), **IMAGE_PYTHON})
    assert result.status == 51
    assert result.words == stored(fixture)
    assert result.out.endswith("ERROR: failed to build: exit status 1\n")
