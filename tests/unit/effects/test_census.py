"""A census notices each change of a folder, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.effects import census
from slipway.effects.census import file_digest, take_census, umask
from unit.samples import write_files

FILES = {"a.py": "1", "folder/b.css": "2", "folder/.git/HEAD": "x"}
LEFT_OUT = frozenset({".git"})


def whats(root: Path) -> dict[str, str]:
    taken = take_census(str(root), LEFT_OUT)
    assert taken is not None
    return {path: seen.what for path, seen in taken.items()}


def test_dates_and_what_is_left_out_are_no_change(tmp_path: Path) -> None:
    before = whats(write_files(tmp_path, FILES))
    assert sorted(before) == ["a.py", "folder", "folder/b.css"]
    os.utime(tmp_path / "a.py", (1, 1))
    write_files(tmp_path, {"folder/.git/HEAD": "y"})
    assert whats(tmp_path) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a.py").write_text("3"),
        lambda root: (root / "a.py").chmod(0o755),
        lambda root: (root / "folder").chmod(0o700),
        lambda root: (root / "a.py").rename(root / "c.py"),
        lambda root: (root / "empty").mkdir(),
        lambda root: (root / "link").symlink_to("a.py"),
        lambda root: os.mkfifo(root / "pipe"),
    ],
    ids=["content", "mode", "folder-mode", "name", "folder", "link", "pipe"],
)
def test_each_change_is_seen(tmp_path: Path, change: Callable[[Path], object]) -> None:
    before = whats(write_files(tmp_path, FILES))
    change(tmp_path)
    assert whats(tmp_path) != before


def test_where_a_link_leads_is_seen_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(".")
    before = whats(tmp_path)
    (tmp_path / "loop").unlink()
    (tmp_path / "loop").symlink_to("..")
    assert sorted(before) == ["loop"]
    assert whats(tmp_path) != before


def test_only_what_has_changed_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = take_census(str(write_files(tmp_path, FILES)), LEFT_OUT)
    (tmp_path / "folder/b.css").write_text("3")
    read: list[str] = []
    what = census._what

    def note(path: str, mode: int) -> str:
        read.append(path)
        return what(path, mode)

    monkeypatch.setattr(census, "_what", note)
    after = take_census(str(tmp_path), LEFT_OUT, before)
    assert after is not None
    assert before is not None
    assert after["a.py"] == before["a.py"]
    assert after["folder/b.css"] != before["folder/b.css"]
    assert str(tmp_path / "a.py") not in read


def test_a_change_that_keeps_size_and_date_is_seen(tmp_path: Path) -> None:
    before = take_census(str(write_files(tmp_path, FILES)), LEFT_OUT)
    place = tmp_path / "a.py"
    dates = place.stat()
    place.write_text("9")
    os.utime(place, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    after = take_census(str(tmp_path), LEFT_OUT, before)
    assert before
    assert after
    assert after["a.py"].what != before["a.py"].what


@pytest.mark.parametrize(("limit", "value"), [("_MOST_FILES", 2), ("_MOST_BYTES", 1)])
def test_what_is_too_large_is_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(census, limit, value)
    assert take_census(str(write_files(tmp_path, FILES)), LEFT_OUT) is None


def test_what_is_not_there_is_not_compared(tmp_path: Path) -> None:
    assert take_census(str(tmp_path / "none"), LEFT_OUT) is None


def test_a_file_that_comes_to_be_is_another(tmp_path: Path) -> None:
    place = tmp_path / "mime.types"
    absent = file_digest(str(place))
    place.write_text("")
    assert file_digest(str(place)) != absent


def test_the_umask_is_read_and_stays() -> None:
    earlier = os.umask(0o027)
    try:
        assert umask() == "27"
        assert umask() == "27"
    finally:
        os.umask(earlier)
