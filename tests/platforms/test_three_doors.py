"""An app gets the same packages and processes through each door."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import FIXTURES
from integration.classic_platform import PATH, UV, Platform, Result
from integration.cloud_foundry import (
    COMPILE_FAILED,
    Builder,
    Staged,
    launched,
    start_command,
)
from integration.conftest import open_to_all
from integration.serving import Site
from integration.test_fixtures_served import CONFIG_VARS, EVERY_FIXTURE, one_of_each_kind
from integration.test_frameworks import FRAMEWORKS, assert_served
from integration.words import stored
from platforms.doors import ROW, DoorsRow
from platforms.phases import Phases, as_user, chown, settings
from platforms.roots import BUILDER, RUNNER
from slipway.domain.cloud_native.bash_process import start_with_bash
from slipway.domain.web.start_folder import start_in

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
"""Bundling a Python takes time, and other tests do it."""
BUNDLED = "python_version_file"
"""The fixture with which a Python is bundled, as by default."""
_IN_CI = (
    "django_not_installed",
    "hashed_requirements",
    "hooks_run",
    "pep621_package",
    BUNDLED,
    "vendored_packages",
)


@pytest.fixture(scope="session")
def caches() -> Iterator[Path]:
    """Yield a folder for a cache of each toolchain, since many fixtures have the same lock."""
    with open_to_all("classic-cache-") as folder:
        chown(folder, BUILDER)
        yield folder


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    """Yield a builder of Cloud Foundry; those of all xdist workers share one cache."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if base.name.startswith("popen-") else base
    with open_to_all("builder-") as folder:
        builder = Builder(folder=folder, packs_cache=False)
        cache = base / "cache-of-builders"
        cache.mkdir(exist_ok=True)
        builder.cache.symlink_to(cache)
        yield builder


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


def through_cloud_foundry(
    fixture: str, phases: Phases, builder: Builder, variables: Mapping[str, str]
) -> tuple[Staged, Path]:
    """Stage the app with Slipway alone, and unpack the droplet for the user who runs it."""
    # Without the Pythons of this machine's user, whom the other builds are not started by.
    env = {**variables, "HOME": str(builder.folder)}
    staged = builder.build(FIXTURES / fixture, phases.buildpack, env=env)
    vcap = staged.unpack(phases.folder / "vcap")
    chown(vcap, RUNNER)
    return staged, vcap


@pytest.mark.parametrize("toolchain", ["uv", pytest.param("pip-tools", marks=pytest.mark.long)])
@pytest.mark.parametrize("fixture", one_of_each_kind((*EVERY_FIXTURE, *FRAMEWORKS), *_IN_CI))
def test_an_app_is_the_same_through_each_door(
    fixture: str,
    toolchain: str,
    phases: Phases,
    caches: Path,
    builder: Builder,
    record_property: Callable[[str, object], None],
) -> None:
    variables = {**settings(PATH=f"{UV}:{PATH}"), **CONFIG_VARS.get(fixture, {})}
    variables |= {} if fixture == BUNDLED else IMAGE_PYTHON
    variables["SLIPWAY_TOOLCHAIN"] = toolchain
    row = DoorsRow(fixture, toolchain)
    try:
        with row.verdict("classic", "built"):
            classic = through_the_classic_door(fixture, phases, caches / toolchain, variables)
            record, lock = _record_and_lock(classic / ".slipway")
            row.describe(record)
            assert record["packages"]
            assert record["python_bundled"] == (fixture == BUNDLED)
        with row.verdict("Cloud Native", "same, served"):
            built = through_the_phases(fixture, phases, variables)
            assert built.status == 0, built.all
            assert _record_and_lock(phases.own_layers / "runtime") == (record, lock)
            assert {name: argv[2] for name, argv in phases.processes().items()} == {
                name: start_with_bash(name, line).script
                for name, line in record["processes"].items()
            }
            assert not (phases.app / ".slipway").exists()
            is_own = (FIXTURES / fixture / "Procfile").exists()
            assert (phases.app / "Procfile").exists() == is_own
            with phases.serve() as site:
                assert_shown(fixture, site)
        with row.verdict("Cloud Foundry", "same, served"):
            staged, vcap = through_cloud_foundry(fixture, phases, builder, variables)
            assert _record_and_lock(vcap / "deps" / "0") == (record, lock)
            in_folder = start_in(record["start_folder"], record["processes"])
            assert staged.processes == in_folder
            assert (vcap / "app" / "Procfile").exists() == is_own
            assert (vcap / "deps" / "0" / "python").exists() == record["python_bundled"]
            with launched(vcap, within=as_user(RUNNER)).serve(start_command(vcap)) as site:
                assert_shown(fixture, site)
    finally:
        record_property(ROW, row.cells)


def assert_shown(fixture: str, site: Site) -> None:
    if fixture in FRAMEWORKS:
        assert_served(FRAMEWORKS[fixture], site)
    else:
        assert fixture in site.get("/").text


def _record_and_lock(folder: Path) -> tuple[dict[str, Any], str]:
    record = json.loads((folder / "build.json").read_text("utf-8"))
    return record, (folder / "lock.txt").read_text("utf-8")


_FAILING = one_of_each_kind(
    (
        "pre_compile_fails",
        "invalid_requirement",
        "pyproject_not_toml",
        "python_version_too_old",
        "submodule_empty",
        "unknown_setting",
        "vendored_twice",
    ),
    "unknown_setting",
    "vendored_twice",
)


@pytest.mark.parametrize("fixture", _FAILING)
def test_a_failed_build_reports_the_same_error(fixture: str, phases: Phases) -> None:
    result = through_the_phases(fixture, phases, {**settings(), **IMAGE_PYTHON})
    assert result.status == 51
    assert result.words == stored(fixture)
    assert result.out.endswith("ERROR: failed to build: exit status 1\n")


@pytest.mark.parametrize("fixture", _FAILING)
def test_a_failed_staging_reports_the_same_error(
    fixture: str, phases: Phases, builder: Builder
) -> None:
    staged = builder.stage(FIXTURES / fixture, phases.buildpack, env=IMAGE_PYTHON)
    assert staged.status == COMPILE_FAILED
    ours, _, builders = staged.err.partition("Failed to compile droplet")
    assert ours == f"\n{stored(fixture)}\n"
    stops = "finalize script" if fixture == "pre_compile_fails" else "all supply scripts"
    assert builders == f": Failed to run {stops}: exit status 1\n"
