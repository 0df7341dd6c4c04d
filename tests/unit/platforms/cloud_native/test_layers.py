"""A layer that the lifecycle brought back is kept where it is, or made anew with a reason."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.cloud_native.layers import facts_in
from slipway.effects import Effects
from slipway.effects.cache.outputs import Recipe
from slipway.platforms.cloud_native.layers import Layers
from unit.fakes import effects_with, said
from unit.samples import write_files

RECIPE = Recipe(kind="venv", key="k", facts={"format": "1", "lock": "ab"})


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


@pytest.fixture
def layers(tmp_path: Path, effects: Effects) -> Layers:
    """Give layers as the lifecycle brings them back: with the metadata, without types."""
    made = Layers(tmp_path / "layers", effects.console)
    with made.making(RECIPE, made.folder("venv")) as place:
        write_files(place, {"bin/run": "#!/bin/sh"})
    made.complete(made.folder("venv"))
    about = made.root / "venv.toml"
    about.write_text(
        about.read_text("utf-8").partition("[metadata]")[2].join(["[metadata]", ""])
    )
    return made


def test_the_same_is_kept_and_gets_its_types_back(layers: Layers, effects: Effects) -> None:
    assert "types" not in (layers.root / "venv.toml").read_text("utf-8")
    assert layers.restore(RECIPE, layers.folder("venv")) == ()
    assert (layers.folder("venv") / "bin").is_dir()
    assert "launch = true" in (layers.root / "venv.toml").read_text("utf-8")
    assert said(effects) == ""


def test_another_is_told(layers: Layers) -> None:
    other = Recipe(kind="venv", key="l", facts={"format": "1", "lock": "cd"})
    assert layers.restore(other, layers.folder("venv")) == ("the lock is another one",)


@pytest.mark.parametrize("is_same", [True, False])
def test_one_that_a_hook_has_written_into_is_made_anew_and_no_start(
    layers: Layers, *, is_same: bool
) -> None:
    (layers.folder("venv") / "bin" / "data").write_text("of a hook")
    if is_same:
        reason = "its files are not as they were made"
        assert layers.restore(RECIPE, layers.folder("venv")) == (reason,)
    else:
        other = replace(RECIPE, facts={**RECIPE.facts, "lock": "cd"}, changing="lock")
        assert layers.earlier(other) == ()


def test_one_that_differs_in_its_lock_alone_is_a_start(layers: Layers) -> None:
    other = Recipe(kind="venv", key="l", facts={"format": "1", "lock": "cd"}, changing="lock")
    (start,) = layers.earlier(other)
    with layers.making(other, layers.folder("venv"), start) as place:
        assert (place / "bin").is_dir()
    assert layers.earlier(replace(other, facts={"format": "2", "lock": "cd"})) == ()


def test_one_whose_files_are_gone_is_made_again(layers: Layers) -> None:
    shutil.rmtree(layers.folder("venv"))
    reason = "the platform has not brought it back"
    assert layers.restore(RECIPE, layers.folder("venv")) == (reason,)


@pytest.mark.parametrize("content", [b"[metadata]\nlock = 3\n", b"\xff\xfe[[", b""])
def test_one_that_slipway_cannot_read_is_dropped(content: bytes, layers: Layers) -> None:
    (layers.root / "venv.toml").write_bytes(content)
    assert layers.restore(RECIPE, layers.folder("venv"))


def test_what_is_stored_says_what_it_was_made_from(layers: Layers) -> None:
    with layers.making(RECIPE, layers.folder("venv")) as place:
        assert place == layers.folder("venv")
        assert not place.exists()
    assert facts_in((layers.root / "venv.toml").read_text("utf-8")) == RECIPE.facts
