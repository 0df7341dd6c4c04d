"""The report is always that of this build, flat, and without a secret."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from slipway.domain.redaction import Secrets
from slipway.effects.build_report import DID_NOT_END, BuildReport, Fact, reason_of
from slipway.errors.app import NotAFolder
from slipway.errors.hooks import HookFailed
from slipway.errors.python import PythonNotFound

REPORT = "report.json"


def ticking() -> Callable[[], float]:
    """Return a clock on which each look takes a second."""
    seconds: Iterator[int] = count()
    return lambda: float(next(seconds))


def begun(folder: Path, secrets: Secrets | None = None) -> BuildReport:
    report = BuildReport(now=ticking(), secrets=secrets or Secrets())
    report.keep_in(folder / REPORT)
    return report


def written(folder: Path) -> dict[str, Fact]:
    text = (folder / REPORT).read_text("utf-8")
    found: dict[str, Fact] = json.loads(text)
    assert text.rstrip() == json.dumps(found, indent=2, sort_keys=True)
    assert all(isinstance(value, str | int | float) for value in found.values())
    return found


def test_it_has_the_facts_and_the_durations_of_the_steps(tmp_path: Path) -> None:
    report = begun(tmp_path)
    with report.step("lock"):
        report.note(packages=3, lock_file=None, django_version="5.2")
    report.end(success=True)
    assert written(tmp_path) == {
        "django_version": "5.2",
        "lock_duration": 2.0,
        "packages": 3,
        "success": True,
        "total_duration": 5.0,
    }


def test_a_killed_build_has_written_that_it_did_not_end_and_where(tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text('{"success": true}')
    report = begun(tmp_path)
    assert written(tmp_path)["failure_reason"] == DID_NOT_END
    with report.step("install"):
        found = written(tmp_path)
        assert (found["success"], found["failure_step"]) == (False, "install")
    report.note(django_version="a long text" * 9)
    with report.step("processes"):
        assert written(tmp_path)["failure_step"] == "processes"
    report.note(django_version="5.2")
    with report.step("end"):
        assert written(tmp_path)["failure_step"] == "end"


def test_the_innermost_step_that_raised_is_the_one_that_failed(tmp_path: Path) -> None:
    report = begun(tmp_path)
    with pytest.raises(ValueError, match="x"), report.step("finish"), report.step("hook"):
        raise ValueError("x")
    report.failed("hook-failed", "The hook failed")
    report.end(success=False)
    found = written(tmp_path)
    assert (found["failure_step"], found["failure_reason"]) == ("hook", "hook-failed")
    assert (found["success"], found["failure_detail"]) == (False, "The hook failed")


def test_a_step_that_succeeds_at_the_second_attempt_has_not_failed(tmp_path: Path) -> None:
    report = begun(tmp_path)
    with pytest.raises(OSError, match="full"), report.step("install"):
        raise OSError("full")
    with report.step("install"):
        pass
    report.failed("disk-full", "The disk is full")
    report.end(success=False)
    assert "failure_step" not in written(tmp_path)


@pytest.mark.parametrize(
    ("entries", "facts"),
    [
        ([], {}),
        (["hit lock", "hit venv"], {"cache_status": "hit", "cache_hits": "lock, venv"}),
        (
            ["hit lock", "miss venv", "hit venv"],
            {"cache_status": "partial", "cache_hits": "lock", "cache_misses": "venv"},
        ),
        (["miss lock"], {"cache_status": "miss", "cache_misses": "lock"}),
    ],
)
def test_it_says_what_the_cache_had(
    entries: list[str], facts: dict[str, str], tmp_path: Path
) -> None:
    report = begun(tmp_path)
    for entry in entries:
        result, _, kind = entry.partition(" ")
        report.note_entry(kind, result)
    report.end(success=True)
    found = {key: value for key, value in written(tmp_path).items() if "cache" in key}
    assert found == facts


def test_values_are_short_lines_without_secrets(tmp_path: Path) -> None:
    secrets = Secrets({"API_KEY": "open sesame street"})
    report = begun(tmp_path, secrets)
    long = f"{'x' * 190} open sesame street\nhttps://user:h0rse@h.example/ \x1b[2J"
    report.note(python_version_origin=long, web_server="open sesame street\n\x1b[2J")
    report.end(success=True)
    found = written(tmp_path)
    assert found["python_version_origin"] == f"{'x' * 190} **** http"
    assert found["web_server"] == "**** \\x1b[2J"


@pytest.mark.parametrize("in_place", ["file", "link", "folder"])
def test_what_is_in_its_place_is_replaced(in_place: str, tmp_path: Path) -> None:
    elsewhere, place = tmp_path / "elsewhere", tmp_path / REPORT
    elsewhere.write_text("x")
    if in_place == "link":
        place.symlink_to(elsewhere)
    elif in_place == "folder":
        (place / "sub").mkdir(parents=True)
    (tmp_path / f".{REPORT}.abc").write_text("of a killed build")
    begun(tmp_path).end(success=True)
    assert written(tmp_path)["success"] is True
    assert elsewhere.read_text() == "x"
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", REPORT]


def test_without_a_place_for_it_the_build_goes_on(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    report = BuildReport()
    report.keep_in(tmp_path / "cache" / REPORT)
    report.end(success=True)
    assert os.listdir(tmp_path) == ["cache"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (HookFailed, "hook-failed"),
        (PythonNotFound, "python-not-found"),
        (NotAFolder, "not-a-folder"),
    ],
)
def test_the_reason_is_the_name_of_the_error(error: type[BaseException], reason: str) -> None:
    assert reason_of(error) == reason
