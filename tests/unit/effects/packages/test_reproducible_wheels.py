"""The same content makes the same wheel."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from slipway.effects.files import sha256_of
from slipway.effects.packages.reproducible_wheels import normalise
from slipway.effects.packages.wheels import read_metadata
from slipway.errors.vendored import WheelInvalid
from unit.wheels import FILES, INFO, METADATA, NAME, TRUE, entries, text, wheel


def test_the_same_content_makes_the_same_wheel(tmp_path: Path) -> None:
    one = wheel(tmp_path / "a" / NAME, FILES)
    other = tmp_path / "b" / NAME
    other.parent.mkdir()
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in reversed(FILES):
            info = zipfile.ZipInfo(name, (2026, 11, 21, 0, 0, 0))
            info.external_attr = (stat.S_IFREG | 0o600) << 16
            zipped.writestr(info, FILES[name])
        zipped.writestr("tides/", "")
        zipped.writestr(f"{INFO}/RECORD", "".join(reversed(TRUE.splitlines(keepends=True))))
    first, second = normalise(one, tmp_path / "one"), normalise(other, tmp_path / "other")
    assert first == tmp_path / "one" / NAME
    assert sha256_of(first) == sha256_of(second)
    assert sha256_of(normalise(first, tmp_path / "again")) == sha256_of(first)


def test_a_wheel_that_was_written_again_is_right(tmp_path: Path) -> None:
    extra = {"tides.data/scripts/run": "#!python", "another/b.py": "b"}
    path = normalise(wheel(tmp_path / NAME, {**FILES, **extra}), tmp_path / "into")
    assert read_metadata(path, NAME) == METADATA
    assert {name: text(path, name) for name in extra} == extra
    names = [entry.filename for entry in entries(path)]
    assert names[-3:] == [f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"]
    assert names[:-3] == sorted(names[:-3])
    assert {entry.date_time for entry in entries(path)} == {(1980, 1, 1, 0, 0, 0)}
    assert text(path, f"{INFO}/RECORD").splitlines()[-1] == f"{INFO}/RECORD,,"


def test_programs_in_a_wheel_stay_programs(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    info = zipfile.ZipInfo("tides/run")
    info.external_attr = (stat.S_IFREG | 0o775) << 16
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(info, "#!")
    modes = {
        entry.filename: entry.external_attr >> 16 & 0o7777
        for entry in entries(normalise(path, tmp_path / "into"))
    }
    assert modes.pop("tides/run") == 0o755
    assert set(modes.values()) == {0o644}


def test_a_signature_does_not_outlive_the_record_that_it_signs(tmp_path: Path) -> None:
    signed = {**FILES, f"{INFO}/RECORD": TRUE, f"{INFO}/RECORD.jws": "{}"}
    path = normalise(wheel(tmp_path / NAME, signed), tmp_path / "into")
    assert f"{INFO}/RECORD.jws" not in [entry.filename for entry in entries(path)]


def test_a_wheel_can_take_its_own_place(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    assert normalise(path, tmp_path) == path
    assert read_metadata(path, NAME) == METADATA


def test_a_broken_wheel_leaves_nothing_behind(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, {**FILES, "tides/a.py": "precious"})
    path.write_bytes(path.read_bytes().replace(b"precious", b"worthles", 1))
    with pytest.raises(WheelInvalid) as invalid:
        normalise(path, tmp_path / "into")
    assert invalid.value.path == NAME
    assert list((tmp_path / "into").iterdir()) == []


def test_a_wheel_can_be_written_with_other_metadata(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    other = f"{METADATA.rstrip()}\nRequires-Dist: rules\n"
    copy = normalise(path, tmp_path / "into", other)
    assert read_metadata(copy, NAME) == other
    assert read_metadata(path, NAME) == METADATA
