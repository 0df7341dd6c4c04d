"""Errors of `bin/slipway package`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from conftest import ROOT
from integration.classic_platform import UV, Result
from integration.error_cases.table import case
from integration.index import Index, served
from integration.scenario import Scenario
from integration.serving import free_port
from slipway.commands.bundling import pinned_python

_TARGET = "linux/amd64"
_PROGRAMS = "/usr/bin:/bin"
_PACK = """\
#!/bin/sh
echo 'ERROR: failed to write image: UNAUTHORIZED: authentication required' >&2
exit 1
"""


def _packaged(scenario: Scenario, *arguments: str | Path, **variables: str) -> Result:
    """Package the checkout itself: a copy of Slipway does not have every file."""
    env = {**scenario.platform.env, "PATH": _PROGRAMS, **variables}
    platform = replace(scenario.platform, slipway=ROOT, env=env)
    return platform.run_script("slipway", "package", *arguments)


@case("`pack` is not installed.")
def pack_missing(scenario: Scenario) -> Result:
    return _packaged(scenario)


@case("`pack` fails.")
def pack_fails(scenario: Scenario) -> Result:
    pack = scenario.folder / "programs" / "pack"
    pack.parent.mkdir()
    pack.write_text(_PACK, "utf-8")
    pack.chmod(0o755)
    reference = "registry.example/slipway:latest"
    return _packaged(scenario, "--publish", reference, PATH=f"{pack.parent}:{_PROGRAMS}")


@case("A target is not one of those that Slipway supports.")
def target_unknown(scenario: Scenario) -> Result:
    return _packaged(scenario, "--stage-only", scenario.build, "--target", "linux/riscv64")


@case("The folder for `--stage-only` contains files.")
def output_folder_not_empty(scenario: Scenario) -> Result:
    return _packaged(scenario, "--stage-only", scenario.app({}))


def _bundling_python(scenario: Scenario, mirror: str) -> Result:
    arguments = ("--with-python", "--target", _TARGET, "--stage-only", scenario.build)
    return _packaged(scenario, *arguments, SLIPWAY_PYTHON_MIRROR=mirror)


@case("No server answers at the address of the mirror.")
def bundled_python_out_of_reach(scenario: Scenario) -> Result:
    return _bundling_python(scenario, f"http://127.0.0.1:{free_port()}")


@case("The Python on the mirror does not have the pinned hash.")
def bundled_python_replaced(scenario: Scenario) -> Result:
    other = scenario.folder / "python.tar.gz"
    other.write_bytes(b"not a Python")
    pinned = pinned_python(_TARGET, ROOT / "vendor" / "pythons.txt")
    with served(Index(files={pinned.file: other})) as mirror:
        return _bundling_python(scenario, mirror.file_url("").rstrip("/"))


@case("The name of the zip file for Cloud Foundry is the one of a folder.")
def zip_is_a_folder(scenario: Scenario) -> Result:
    return _packaged(scenario, "--cloud-foundry", scenario.app({}))


@case("A named pipe is where the zip file for Cloud Foundry is to be written.")
def zip_is_a_pipe(scenario: Scenario) -> Result:
    scenario.build.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(scenario.build)
    return _packaged(scenario, "--cloud-foundry", scenario.build)


@case("A zip file for Cloud Foundry is for a target that Slipway does not support.")
def target_of_zip_unknown(scenario: Scenario) -> Result:
    return _packaged(scenario, "--cloud-foundry", "my.zip", "--target", "windows/amd64")


def _packaging_offline(scenario: Scenario, path: str, **variables: str) -> Result:
    place = scenario.build.with_name("offline.zip")
    arguments = ("--offline", "--target", _TARGET, "--cloud-foundry", place)
    return _packaged(scenario, *arguments, PATH=path, **variables)


@case("The package index from which uv is to be bundled cannot be reached.")
def offline_package_without_uv(scenario: Scenario) -> Result:
    index = f"http://127.0.0.1:{free_port()}/simple"
    return _packaging_offline(scenario, _PROGRAMS, PIP_INDEX_URL=index, PIP_RETRIES="0")


@case("uv cannot download the Pythons that are to be bundled.")
def offline_package_without_pythons(scenario: Scenario) -> Result:
    mirror = f"http://127.0.0.1:{free_port()}"
    path = f"{UV}:{_PROGRAMS}"
    return _packaging_offline(scenario, path, SLIPWAY_PYTHON_MIRROR=mirror, UV_HTTP_RETRIES="0")
