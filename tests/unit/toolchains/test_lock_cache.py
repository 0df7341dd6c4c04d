"""A lock is kept by what decides it, and what has changed is told without being kept itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects import Effects
from slipway.effects.cache.keys import Facts
from slipway.toolchains.lock_cache import LockCache
from unit.fakes import effects_with, said

SIX = LockedPackage(name="six", requirement="six==1.17.0", hashes=("sha256:ab",))
INPUTS: Facts = {"format": "2", "python": "3.13", "requirements": ["six"], "direct": []}


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def cache(effects: Effects, **changed: str | list[str]) -> LockCache:
    return LockCache(inputs={**INPUTS, **changed}, distributions=(), effects=effects)


def keep(effects: Effects, folder: Path) -> None:
    folder.mkdir()
    wheel = folder / "six-1.17.0-py3-none-any.whl"
    wheel.touch()
    cache(effects).keep(Lock(packages=(SIX,)), {"six": wheel}, folder)


def test_a_lock_is_found_with_what_was_built_for_it(tmp_path: Path, effects: Effects) -> None:
    assert cache(effects).find() is None
    keep(effects, tmp_path / "work")
    found = cache(effects).find()
    assert found
    assert found.lock.packages == (SIX,)
    assert found.wheels["six"].is_relative_to(effects.cache.folder)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("requirements", ["six", "seven"], "the requirements have changed"),
        ("direct", ["git+https://host.example/x"], "the requirements have changed"),
        ("python", "3.12", "the Python is another one"),
        ("toolchain", "uv", "toolchain has changed"),
    ],
)
def test_what_has_changed_is_told(
    name: str, value: str | list[str], reason: str, tmp_path: Path, effects: Effects
) -> None:
    assert cache(effects).why_none() == "no earlier build has left a lock"
    keep(effects, tmp_path / "work")
    other = cache(effects, **{name: value})
    assert other.find() is None
    assert other.why_none() == reason


def test_nothing_that_decides_it_is_kept_as_it_is(tmp_path: Path, effects: Effects) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    private = cache(effects, settings=["PIP_INDEX_URL=https://host.example/private"])
    private.keep(Lock(packages=(SIX,)), {}, folder)
    for path in effects.cache.root.rglob("*"):
        assert not path.is_file() or b"host.example" not in path.read_bytes()


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    tmp_path: Path, effects: Effects
) -> None:
    effects.cache.folder.mkdir(parents=True)
    (effects.cache.folder / "lock").write_text("in the way")
    keep(effects, tmp_path / "work")
    assert "The lock could not be kept in the cache: File exists" in said(effects)
    assert cache(effects).find() is None
