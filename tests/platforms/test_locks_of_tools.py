"""A lock gives the same app through both doors, in which its own packages are."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import Platform
from integration.locked_app import BY, LockedBy, servers
from integration.locking_tools import bundled, locking_env
from platforms.phases import Phases, as_user, chown, settings
from platforms.roots import BUILDER


@pytest.fixture(scope="session")
def uv_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Download uv for the index of the app, which is the only one that a build asks."""
    folder = tmp_path_factory.mktemp("uv")
    listed = ROOT / "vendor" / "uv.txt"
    command = bundled(
        *("pip", "download", "--quiet", "--no-deps", "--require-hashes"),
        *("--requirement", str(listed), "--dest", str(folder)),
    )
    subprocess.run(command, env=locking_env(folder), check=True)
    return next(folder.glob("*.whl"))


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
@pytest.mark.parametrize("by", BY.values(), ids=lambda by: by.tool)
def test_a_lock_is_installed_through_both_doors(
    by: LockedBy, toolchain: str, phases: Phases, uv_wheel: Path, tmp_path: Path
) -> None:
    app = by.put(tmp_path / "app")
    with servers(tmp_path) as all_servers:
        all_servers.public.add(uv_wheel)
        variables = {
            **settings(),
            **by.chosen,
            **by.credentials,
            "PIP_INDEX_URL": all_servers.public.url,
            "SLIPWAY_BUNDLE_PYTHON": "false",
            "SLIPWAY_TOOLCHAIN": toolchain,
        }
        detected = phases.detect(app, variables)
        assert detected.status == 0, detected.all
        built = phases.build()
        assert built.status == 0, built.all
        folder = phases.folder / "classic"
        build = shutil.copytree(app, folder / "build")
        platform = Platform(
            slipway=phases.buildpack,
            folder=folder,
            cache=folder / "cache",
            within=as_user(BUILDER),
        )
        for made in (platform.temporary, platform.cache):
            made.mkdir()
        platform.write_config_vars(variables)
        chown(folder, BUILDER)
        result = platform.run_script("compile", build, platform.cache, platform.env_dir)
        assert result.status == 0, result.all
        if by.names_sources:
            assert all_servers.public_requests_of_the_private_name == []
    image = phases.own_layers / "runtime"
    for name in ("build.json", "lock.txt"):
        through_phases = (image / name).read_text("utf-8")
        assert through_phases == (build / ".slipway" / name).read_text("utf-8")
    packages = json.loads((image / "build.json").read_text("utf-8"))["packages"]
    assert {f"{name}=={version}" for name, version in packages.items()} == by.installed
