"""A wheel that was made is found again by what decides it, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.vendoring.core_metadata import CoreMetadata, parse_metadata
from slipway.effects import Effects
from slipway.effects.files import sha256_of
from slipway.effects.packages.wheels import read_metadata
from slipway.toolchains import LocalDistribution
from slipway.toolchains.wheel_building.wheel_cache import WheelCache
from unit.fakes import effects_with, said
from unit.samples import make_wheel

FILE = "My_Package-1.0-py3-none-any.whl"


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def keep(effects: Effects, root: Path, key: str) -> LocalDistribution:
    """Keep a wheel that a build has just made in a folder of its own."""
    wheel = make_wheel(root / f"made-{key}", FILE, ["six", f"x-{key}"])
    metadata: CoreMetadata = parse_metadata(read_metadata(wheel, FILE), FILE)
    return WheelCache(effects=effects).keep(key, "vendor/mine", wheel, metadata)


def test_what_was_kept_is_found_without_being_opened(tmp_path: Path, effects: Effects) -> None:
    made = keep(effects, tmp_path, "key")
    assert (made.name, made.version, made.source) == ("my-package", "1.0", "vendor/mine")
    assert made.requires == ("six", "x-key")
    assert made.sha256 == sha256_of(made.path)
    assert made.path.name == FILE
    found = WheelCache(effects=effects).find("key", "libs/mine")
    assert found is not None
    assert (found.path, found.sha256) == (made.path, made.sha256)
    assert found.source == "libs/mine"


def test_what_was_not_kept_is_not_found(effects: Effects) -> None:
    assert WheelCache(effects=effects).find("key", "vendor/mine") is None


def test_a_wheel_outlasts_the_folder_that_it_was_made_in(
    tmp_path: Path, effects: Effects
) -> None:
    made = keep(effects, tmp_path, "key")
    assert made.path.is_relative_to(tmp_path / "cache")


def test_a_cache_that_cannot_be_written_gives_the_wheel_for_this_build(
    tmp_path: Path, effects: Effects
) -> None:
    effects.cache.folder.mkdir(parents=True)
    (effects.cache.folder / "wheel").write_text("in the way")
    made = keep(effects, tmp_path, "key")
    assert made.sha256 == sha256_of(made.path)
    assert not made.path.is_relative_to(tmp_path / "made-key")
    assert "The wheel of vendor/mine could not be kept in the cache" in said(effects)


def test_a_wheel_that_was_written_into_is_made_anew(tmp_path: Path, effects: Effects) -> None:
    made = keep(effects, tmp_path, "key")
    made.path.write_bytes(made.path.read_bytes() + b"more")
    assert WheelCache(effects=effects).find("key", "vendor/mine") is None
