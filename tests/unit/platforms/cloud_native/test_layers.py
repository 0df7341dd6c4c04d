"""A layer that the lifecycle has restored is kept in place, or is a miss with reasons."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from slipway.domain.cloud_native.layers import facts_in
from slipway.effects.cache.keys import CacheKey
from slipway.platforms.cloud_native.layers import Layers
from unit.samples import write_files

KEY = CacheKey("venv", "one", {"format": "1", "lock": "ab"})
OTHER_LOCK = CacheKey("venv", "two", {"format": "1", "lock": "cd"})
OTHER_FORMAT = CacheKey("venv", "three", {"format": "2", "lock": "ab"})


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    """Return layers as the lifecycle restores them: with the metadata, without types."""
    made = Layers(tmp_path / "layers")
    with made.create(KEY, made.folder("venv")) as place:
        write_files(place, {"bin/run": "#!/bin/sh"})
    made.record(made.folder("venv"))
    toml = made.root / "venv.toml"
    toml.write_text(toml.read_text("utf-8").partition("[metadata]")[2].join(["[metadata]", ""]))
    return made


def test_an_unchanged_layer_is_kept_and_gets_its_types_back(layers: Layers) -> None:
    assert "types" not in (layers.root / "venv.toml").read_text("utf-8")
    assert layers.restore(KEY, layers.folder("venv")) == ()
    assert (layers.folder("venv") / "bin").is_dir()
    assert "launch = true" in (layers.root / "venv.toml").read_text("utf-8")


def test_a_miss_has_reasons(layers: Layers) -> None:
    reasons = layers.restore(OTHER_LOCK, layers.folder("venv"))
    assert reasons == ("the lock has changed",)


def test_a_layer_that_a_hook_has_changed_is_not_reused(layers: Layers) -> None:
    (layers.folder("venv") / "bin" / "data").write_text("of a hook")
    reasons = layers.restore(KEY, layers.folder("venv"))
    assert reasons == ("its files have changed since it was made",)
    assert layers.find_similar(OTHER_LOCK, apart_from="lock") == []


def test_a_layer_that_differs_only_in_its_lock_is_similar(layers: Layers) -> None:
    (start,) = layers.find_similar(OTHER_LOCK, apart_from="lock")
    with layers.create(OTHER_LOCK, layers.folder("venv"), start) as place:
        assert (place / "bin").is_dir()
    assert layers.find_similar(OTHER_FORMAT, apart_from="lock") == []


def test_a_layer_without_its_files_is_a_miss(layers: Layers) -> None:
    shutil.rmtree(layers.folder("venv"))
    reason = "the platform did not restore it"
    assert layers.restore(KEY, layers.folder("venv")) == (reason,)


@pytest.mark.parametrize("content", [b"[metadata]\nlock = 3\n", b"\xff\xfe[[", b""])
def test_a_layer_with_unreadable_facts_is_a_miss(content: bytes, layers: Layers) -> None:
    (layers.root / "venv.toml").write_bytes(content)
    assert layers.restore(KEY, layers.folder("venv"))


def test_a_created_layer_has_the_facts_of_its_key(layers: Layers) -> None:
    with layers.create(KEY, layers.folder("venv")) as place:
        assert place == layers.folder("venv")
        assert not place.exists()
    assert facts_in((layers.root / "venv.toml").read_text("utf-8")) == KEY.facts
