"""The last static files come back whole, or STATIC_ROOT stays as it is."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from slipway.effects.cache import Cache
from slipway.steps.collect_static.last_result import LEFT_OUT, LastResult
from unit.fakes import effects_with, said
from unit.samples import write_files

SEEN = {
    "doubts": [],
    "root": "static",
    "variables": ["DEBUG"],
    "files": [],
    "opened": ["manage.py", "site/a.css"],
}
SAID = {
    "outcome": "done",
    "inputs": SEEN,
}
VARIABLES = {"DEBUG": "1"}


@pytest.fixture
def last(tmp_path: Path) -> LastResult:
    return LastResult(
        app=write_files(tmp_path / "app", {"manage.py": "", "site/a.css": "a"}),
        project="manage.py site.settings",
        environment="packages",
        effects=effects_with(tmp_path),
    )


def build(last: LastResult, report: dict[str, Any] = SAID) -> str:
    """Stand for collectstatic."""
    before = last.look(VARIABLES)
    write_files(last.app, {"static/a.css": "a"})
    return last.keep(before, report, 7)


def emptied(last: LastResult) -> Path:
    """Take the result away, as a new build does."""
    root = last.app / "static"
    (root / "a.css").unlink()
    root.rmdir()
    return root


def report(**changed: object) -> dict[str, Any]:
    return {**SAID, "inputs": {**SEEN, **changed}}


def test_what_was_not_opened_may_change(last: LastResult) -> None:
    write_files(last.app, {"requirements.txt": "six\n"})
    assert build(last) == ""
    emptied(last)
    write_files(last.app, {"requirements.txt": "six  # and no more\n"})
    assert last.put_back(last.look(VARIABLES)) == 7


def test_what_was_kept_comes_back(last: LastResult) -> None:
    assert build(last) == ""
    root = emptied(last)
    assert last.put_back(last.look(VARIABLES)) == 7
    assert (root / "a.css").read_text() == "a"
    assert sorted(path.name for path in last.app.iterdir()) == ["manage.py", "site", "static"]
    assert said(last.effects) == ""


def test_a_first_build_has_nothing_to_put_back_and_says_nothing(last: LastResult) -> None:
    assert last.put_back(last.look(VARIABLES)) is None
    assert said(last.effects) == ""


def test_another_project_of_the_app_has_a_result_of_its_own(last: LastResult) -> None:
    build(last)
    other = replace(last, project="manage.py site.other")
    assert other.put_back(other.look(VARIABLES)) is None


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"outcome": "done"}, "it is not known what was read"),
        (report(doubts=["a process is started"]), "a process is started"),
    ],
    ids=["silent", "doubt"],
)
def test_what_is_in_doubt_is_not_kept(
    last: LastResult, report: dict[str, Any], reason: str
) -> None:
    assert build(last, report) == reason
    emptied(last)
    assert last.put_back(last.look(VARIABLES)) is None


def test_a_file_that_is_written_elsewhere_is_not_kept(last: LastResult) -> None:
    before = last.look(VARIABLES)
    write_files(last.app, {"static/a.css": "a", "site/b.css": "b"})
    assert last.keep(before, SAID, 1) == "files outside static have changed meanwhile"


def test_an_app_that_cannot_be_compared_is_not_kept(
    last: LastResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slipway.effects.census._MOST_FILES", 1)
    assert "too large" in build(last)


def test_the_newest_result_takes_the_place_of_the_last(last: LastResult) -> None:
    build(last)
    emptied(last)
    write_files(last.app, {"manage.py": "# other"})
    assert last.put_back(last.look(VARIABLES)) is None
    assert build(last) == ""
    emptied(last)
    assert last.put_back(last.look(VARIABLES)) == 7


def fail(*_: object) -> bool:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fails", ["restore", "incomplete", "rename"])
def test_what_lies_in_static_root_stays_when_putting_back_fails(
    last: LastResult, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    root = write_files(last.app, {"static/.gitkeep": "keep"}) / "static"
    assert build(last) == ""
    (root / "a.css").unlink()
    if fails == "restore":
        monkeypatch.setattr(Cache, "restore", fail)
    elif fails == "incomplete":
        monkeypatch.setattr(Cache, "restore", lambda *given: not given[3].mkdir())
    else:
        rename = os.rename
        monkeypatch.setattr(
            os, "rename", lambda old, new: fail() if old.name == "new" else rename(old, new)
        )
    assert last.put_back(last.look(VARIABLES)) is None
    assert [path.name for path in root.iterdir()] == [".gitkeep"]
    assert sorted(path.name for path in last.app.iterdir()) == ["manage.py", "site", "static"]
    assert "the cache does not have them any more" in said(last.effects)


def test_what_cannot_be_kept_is_said(last: LastResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cache, "store", lambda *_: "No space left on device")
    assert build(last) == "No space left on device"


def test_the_script_knows_what_is_not_compared() -> None:
    script = (ROOT / "lib/inside/static_inputs.py").read_text("utf-8")
    names = ", ".join(f'"{name}"' for name in sorted(LEFT_OUT))
    assert f"_NOT_COMPARED = ({names})" in script
