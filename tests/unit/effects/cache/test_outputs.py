"""Outputs of a build are stored for the next one, and every miss has a reason."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from slipway.effects.cache.kinds import VENV
from slipway.effects.cache.outputs import CachedOutputs, OutputsInPlace
from slipway.effects.cache.store import Cache
from unit.samples import write_files

KEY = VENV.key({"lock": "ab", "python": "CPython 3.13.1"})
OTHER_LOCK = VENV.key({"lock": "cd", "python": "CPython 3.13.1"})
OTHER = VENV.key({"lock": "ef", "python": "CPython 3.11.1"})
OTHER_PYTHON = VENV.key({"lock": "ab", "python": "CPython 3.12.1"})


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def outputs(tmp_path: Path, logged: list[str]) -> CachedOutputs:
    cache = Cache(root=tmp_path / "cache", now=time.time, info=logged.append)
    return CachedOutputs(cache, logged.append)


def create(outputs: CachedOutputs, place: Path, text: str = "one") -> None:
    with outputs.create(KEY, place) as root:
        write_files(root, {"file": text})


def test_a_created_output_is_at_its_place_and_in_the_cache(
    outputs: CachedOutputs, tmp_path: Path
) -> None:
    create(outputs, tmp_path / "app" / "venv")
    assert (tmp_path / "app" / "venv" / "file").read_text() == "one"
    assert [path.name for path in (tmp_path / "app" / "venv").iterdir()] == ["file"]
    assert outputs.restore(KEY, tmp_path / "later") == ()
    assert (tmp_path / "later" / "file").read_text() == "one"


def test_an_old_output_at_the_place_is_removed(outputs: CachedOutputs, tmp_path: Path) -> None:
    write_files(tmp_path / "venv", {"old": ""})
    assert outputs.restore(KEY, tmp_path / "venv") == ("no virtual environment in the cache",)
    assert not (tmp_path / "venv").exists()


def test_a_miss_is_explained_by_the_most_similar_entry(
    outputs: CachedOutputs, tmp_path: Path
) -> None:
    create(outputs, tmp_path / "venv")
    with outputs.create(OTHER, tmp_path / "other") as root:
        write_files(root, {"file": "of another app, used later"})
    assert outputs.restore(OTHER_LOCK, tmp_path / "venv") == (
        "the most similar virtual environment in the cache is for another lock",
    )
    assert outputs.restore(OTHER_PYTHON, tmp_path / "venv") == (
        (
            "the most similar virtual environment in the cache is for another Python, "
            "CPython 3.13.1"
        ),
    )


def test_a_damaged_output_is_a_miss(
    outputs: CachedOutputs, tmp_path: Path, logged: list[str]
) -> None:
    create(outputs, tmp_path / "venv")
    (outputs.cache.folder / "venv" / KEY.digest / "file").unlink()
    assert outputs.restore(KEY, tmp_path / "venv") == (
        "the files or dates of the one in the cache have changed",
    )
    assert logged == ["Not using the cached venv, because its files or dates have changed"]


def test_a_similar_output_can_be_a_start_and_is_not_changed(
    outputs: CachedOutputs, tmp_path: Path
) -> None:
    create(outputs, tmp_path / "venv")
    [start] = outputs.find_similar(OTHER_LOCK, apart_from="lock")
    with outputs.create(OTHER_LOCK, tmp_path / "other", start) as root:
        assert (root / "file").read_text() == "one"
        write_files(root, {"more": "two"})
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["file", "more"]
    assert outputs.restore(KEY, tmp_path / "venv") == ()
    assert [path.name for path in (tmp_path / "venv").iterdir()] == ["file"]


def test_an_output_for_another_python_is_not_similar(
    outputs: CachedOutputs, tmp_path: Path
) -> None:
    create(outputs, tmp_path / "venv")
    assert outputs.find_similar(OTHER_PYTHON, apart_from="lock") == []


def test_the_output_of_the_faster_of_two_builds_is_stored(
    outputs: CachedOutputs, tmp_path: Path, logged: list[str]
) -> None:
    with outputs.create(KEY, tmp_path / "venv") as root:
        write_files(root, {"file": "slower"})
        create(outputs, tmp_path / "other", "faster")
    for place in ("venv", "other"):
        assert (tmp_path / place / "file").read_text() == "faster"
    assert logged == []


def test_a_broken_entry_of_a_concurrent_build_is_not_used(
    outputs: CachedOutputs, tmp_path: Path, logged: list[str]
) -> None:
    with outputs.create(KEY, tmp_path / "venv") as root:
        write_files(root, {"file": "mine"})
        write_files(outputs.cache.folder / "venv" / KEY.digest, {"foreign": ""})
    assert [path.name for path in (tmp_path / "venv").iterdir()] == ["file"]
    assert logged == ["Not using the cached venv, because its files or dates have changed"]


def test_a_failure_leaves_nothing(outputs: CachedOutputs, tmp_path: Path) -> None:
    def fail() -> None:
        with outputs.create(KEY, tmp_path / "venv") as root:
            write_files(root, {"half": ""})
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert not (tmp_path / "venv").exists()
    assert [*(outputs.cache.folder / "venv").iterdir()] == []


def test_an_output_that_cannot_be_stored_is_still_at_its_place(
    outputs: CachedOutputs,
    tmp_path: Path,
    logged: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "rename", refuse)
    create(outputs, tmp_path / "venv")
    assert [path.name for path in (tmp_path / "venv").iterdir()] == ["file"]
    assert logged == ["The cache cannot be written to: Input/output error"]


def test_an_output_is_created_at_its_place_without_a_cache(
    outputs: CachedOutputs, tmp_path: Path, logged: list[str]
) -> None:
    outputs.cache.root.write_text("in the way")
    create(outputs, tmp_path / "venv")
    assert (tmp_path / "venv" / "file").read_text() == "one"
    assert logged == ["The cache cannot be written to: Not a directory"]


def test_what_an_earlier_process_has_put_in_place_stays_there(
    outputs: CachedOutputs, tmp_path: Path
) -> None:
    note, place = tmp_path / "note", tmp_path / "venv"
    in_place = OutputsInPlace(outputs.cache, outputs.warn, note)
    create(in_place, place)
    write_files(place, {"added": "by the same build"})
    assert in_place.restore(KEY, place) == ()
    assert (place / "added").exists()
    note.unlink()
    assert in_place.restore(KEY, place) == ()
    assert not (place / "added").exists()


def test_what_has_been_replaced_is_no_longer_in_place(
    outputs: CachedOutputs, tmp_path: Path
) -> None:
    place = tmp_path / "venv"
    in_place = OutputsInPlace(outputs.cache, outputs.warn, tmp_path / "note")
    create(in_place, place)
    with in_place.create(OTHER, place) as root:
        write_files(root, {"file": "two"})
    assert in_place.restore(KEY, place) == ()
    assert (place / "file").read_text() == "one"
    assert in_place.restore(OTHER, place) == ()
    assert (place / "file").read_text() == "two"
