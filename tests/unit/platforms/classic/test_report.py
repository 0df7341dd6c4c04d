"""What bin/report prints, with a Python and without one."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.errors.stopped import WrongUsage
from slipway.platforms.classic.report import REPORT, report_build, slipway_version

WHOLE = '{\n  "success": true\n}\n'
NONE = "{}\n"
WITHOUT_PYTHON = """
slipway=$1
slipway_can_run() { false; }
. "$slipway/lib/bring_python.sh"
slipway_bring_python report /no/app "$2"
"""
FAILING = """
slipway=$1
slipway_can_run() { false; }
. "$slipway/lib/bring_python.sh"
slipway_download() { true & kill -TERM $$; }
"""
Printed = Callable[[str], str]


def with_python(cache: str) -> str:
    out = io.StringIO()
    console = Console(out=out, err=io.StringIO(), now=lambda: 0.0)
    assert report_build(["/no/app", cache], {}, console, Installation(ROOT)) == 0
    return out.getvalue()


def without_python(cache: str) -> str:
    return run_shell(WITHOUT_PYTHON, cache, status=0).stdout


def run_shell(script: str, cache: str, status: int) -> subprocess.CompletedProcess[str]:
    argv = ["sh", "-eu", "-c", script, "sh", str(ROOT), cache]
    env = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stderr
    return ended


@pytest.fixture(params=[with_python, without_python])
def printed(request: pytest.FixtureRequest) -> Printed:
    found: Printed = request.param
    return found


def test_it_prints_the_report_of_the_last_build(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text(WHOLE)
    assert printed(str(tmp_path)) == WHOLE


def test_without_a_build_it_prints_an_empty_object(printed: Printed, tmp_path: Path) -> None:
    assert printed(str(tmp_path)) == NONE
    assert printed(str(tmp_path / "none")) == NONE


@pytest.mark.parametrize("in_place", ["folder", "pipe", "empty file"])
def test_whatever_is_in_its_place_it_prints_an_object(
    printed: Printed, in_place: str, tmp_path: Path
) -> None:
    place = tmp_path / REPORT
    match in_place:
        case "folder":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
        case _:
            place.touch()
    assert printed(str(tmp_path)) == NONE


@pytest.mark.parametrize(
    "text", ['{"success": tr', "[]", '{"a": null}', '{"a": {}}', "[" * 100_000]
)
def test_a_damaged_report_is_no_report(text: str, tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text(text)
    assert with_python(str(tmp_path)) == NONE


def test_the_version_is_that_of_the_buildpack(tmp_path: Path) -> None:
    version = slipway_version(Installation(ROOT))
    assert version
    assert f'version = "{version}"' in (ROOT / "buildpack.toml").read_text("utf-8")
    assert slipway_version(Installation(tmp_path)) is None


@pytest.mark.parametrize("arguments", [[], ["a"], ["a", ""], ["a", "b", "c", "d"]])
def test_without_a_cache_it_prints_its_usage(arguments: list[str]) -> None:
    console = Console(out=io.StringIO(), err=io.StringIO(), now=lambda: 0.0)
    with pytest.raises(WrongUsage, match="bin/report BUILD CACHE"):
        report_build(arguments, {}, console, Installation(ROOT))


def test_without_a_python_a_cache_that_is_not_named_prints_the_usage() -> None:
    ended = run_shell(WITHOUT_PYTHON, "", status=2)
    assert ended.stderr == "usage: bin/report BUILD CACHE [ENV]\n"


@pytest.mark.parametrize("script", ["compile", "test-compile"])
def test_a_build_without_a_python_leaves_a_report(script: str, tmp_path: Path) -> None:
    cache, elsewhere = str(tmp_path / "cache"), tmp_path / "elsewhere"
    elsewhere.touch()
    Path(cache).mkdir()
    Path(cache, REPORT).symlink_to(elsewhere)
    build = f"{FAILING}SLIPWAY_PYTHON_MIRROR=/mirror slipway_bring_python {script} /app $2"
    run_shell(build, cache, status=1)
    assert elsewhere.read_text() == ""
    for printed in (with_python, without_python):
        assert '"failure_reason": "no-python-for-slipway"' in printed(cache)
        assert '"failure_detail": "SLIPWAY_PYTHON_MIRROR is not a URL"' in printed(cache)


def test_a_download_that_is_stopped_leaves_a_report(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    run_shell(f"{FAILING}slipway_bring_python compile /no/app $2", cache, status=143)
    assert '"failure_reason": "cancelled"' in with_python(cache)


EMPTYING = '. "$1/lib/start.sh"; slipway_empty_report "$2"; echo done'


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("in_place", ["report", "link", "folder", "nothing"])
def test_a_build_starts_without_the_report_of_the_build_before(
    shell: str, in_place: str, tmp_path: Path
) -> None:
    place, elsewhere = tmp_path / REPORT, tmp_path / "elsewhere"
    elsewhere.write_text(WHOLE)
    match in_place:
        case "report":
            place.write_text(WHOLE)
        case "link":
            place.symlink_to(elsewhere)
        case "folder":
            place.mkdir()
    argv = [shell, "-c", EMPTYING, "sh", str(ROOT), str(place)]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("done\n", "")
    assert elsewhere.read_text() == WHOLE
    assert with_python(str(tmp_path)) == (WHOLE if in_place == "link" else NONE)
