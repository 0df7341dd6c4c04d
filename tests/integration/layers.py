"""Builds into layers with `bin/build` alone, as the lifecycle starts it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from integration.classic_platform import Platform, Result
from integration.packages import write_tree


def build_layers(
    platform: Platform, layers: Path, app: Path, variables: Mapping[str, str]
) -> Result:
    """Build with the layers of an earlier build, of which the lifecycle has restored some.

    It restores the cached layers, and their metadata without the types.
    """
    layers.mkdir(exist_ok=True)
    described = layers.glob("*.toml")
    kept = {path.stem for path in described if "\ncache = true" in path.read_text("utf-8")}
    for path in layers.iterdir():
        if path.stem not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif path.is_file():
            _, _, metadata = path.read_text("utf-8").partition("[metadata]")
            path.write_text(f"[metadata]{metadata}", "utf-8")
    place = platform.folder / "cnb"
    shutil.rmtree(place, ignore_errors=True)
    write_tree(place, {f"env/{name}": value for name, value in variables.items()})
    folders = {"CNB_LAYERS_DIR": str(layers), "CNB_PLATFORM_DIR": str(place)}
    env = {**platform.env, **folders, "CNB_TARGET_OS": "linux"}
    builder = replace(platform, env=env, cwd=app)
    return builder.run_script("build", layers, place, place / "plan.toml")
