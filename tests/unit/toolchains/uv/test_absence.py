"""An index that has no uv is asked again when something has changed, or a day has gone by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.toolchains.uv.absence import UvAbsence
from unit.fakes import effects_with
from unit.samples import write_files

DAY = 24 * 60 * 60
INDEX = {"PIP_INDEX_URL": "https://ci:first@index.example/simple", "HOME": "/nowhere"}


def absence(root: Path, *, now: float = 0.0, options: str = "", **given: str) -> UvAbsence:
    effects = effects_with(root, environment={**INDEX, **given})
    effects = replace(effects, cache=replace(effects.cache, now=lambda: now))
    return UvAbsence(version="1.2.3", options=options, app=root / "app", effects=effects)


def test_nothing_is_noted_before_it_was_found(tmp_path: Path) -> None:
    assert not absence(tmp_path).is_noted


@pytest.mark.parametrize(("now", "holds"), [(0, True), (DAY - 1, True), (DAY, False)])
def test_a_note_holds_for_a_day(tmp_path: Path, *, now: float, holds: bool) -> None:
    absence(tmp_path).note()
    assert absence(tmp_path, now=now).is_noted == holds


def test_a_note_of_the_future_is_not_believed(tmp_path: Path) -> None:
    absence(tmp_path, now=DAY).note()
    assert not absence(tmp_path).is_noted


def test_another_index_is_asked_whoever_names_it(tmp_path: Path) -> None:
    absence(tmp_path).note()
    assert not absence(tmp_path, PIP_INDEX_URL="https://other.example/simple").is_noted
    assert not absence(tmp_path, options="--index-url https://other.example/\n").is_noted
    write_files(tmp_path, {"app/pip.conf": "[global]\nextra-index-url = https://o.example/\n"})
    assert not absence(tmp_path, PIP_CONFIG_FILE="pip.conf").is_noted


def test_another_version_is_asked_for(tmp_path: Path) -> None:
    absence(tmp_path).note()
    assert not replace(absence(tmp_path), version="1.2.4").is_noted


def test_a_password_decides_nothing_and_is_not_kept(tmp_path: Path) -> None:
    absence(tmp_path).note()
    second = absence(tmp_path, PIP_INDEX_URL="https://ci:second@index.example/simple")
    assert second.is_noted
    assert not [path for path in tmp_path.rglob("*.json") if "first" in path.read_text()]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"where": "x"}', "null"])
def test_a_broken_note_is_none(content: str, tmp_path: Path) -> None:
    write_files(absence(tmp_path).effects.cache.folder, {"no-uv.json": content})
    assert not absence(tmp_path).is_noted


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    write_files(tmp_path, {"cache": "a file"})
    absence(tmp_path).note()
    assert not absence(tmp_path).is_noted
