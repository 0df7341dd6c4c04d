"""The release step of a built app runs by hand, and before `web` starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from integration.classic_platform import Result
from integration.serving import Dyno

FINISHED = "Release step finished: "


@pytest.fixture
def dyno(harbour: Path, tmp_path: Path) -> Dyno:
    """Return what starts processes of the Django site, with a new database."""
    app = tmp_path / "app"
    shutil.copytree(harbour, app, symlinks=True)
    return Dyno(app=app, env={"DATABASE_FILE": str(tmp_path / "berths.db")})


def start(dyno: Dyno, **env: str) -> Result:
    again = Dyno(app=dyno.app, env={**(dyno.env or {}), **env})
    return again.run("echo web has started")


def test_by_hand_it_works_from_any_folder(dyno: Dyno) -> None:
    first = dyno.run("cd / && slipway-release")
    assert first.status == 0, first.all
    assert f"{FINISHED}" in first.all
    assert "migrations applied" in first.all
    second = dyno.run("slipway-release")
    assert second.status == 0, second.all
    assert "applied" not in second.all.splitlines()[-1]


def test_web_starts_after_the_release_step_if_that_is_wanted(dyno: Dyno) -> None:
    for env in ({"DYNO": "web.1"}, {"DYNO": "run.1", "SLIPWAY_MIGRATE": "start"}):
        assert start(dyno, **env).out == "web has started\n"
    first, *_, last = start(dyno, DYNO="web.1", SLIPWAY_MIGRATE="start").out.splitlines()
    assert (first != last, last) == (True, "web has started")


@pytest.mark.long
def test_on_cloud_foundry_the_first_instance_migrates(dyno: Dyno) -> None:
    released = start(dyno, CF_INSTANCE_INDEX="0")
    assert released.status == 0, released.all
    assert "migrations applied" in released.all
    other = start(dyno, CF_INSTANCE_INDEX="1")
    assert other.status == 0, other.all
    assert "migrations applied" not in other.all


def test_web_does_not_start_after_a_failure(dyno: Dyno, tmp_path: Path) -> None:
    missing = str(tmp_path / "no folder" / "berths.db")
    failed = start(
        dyno,
        DYNO="web.1",
        SLIPWAY_MIGRATE="start",
        SLIPWAY_DATABASE_WAIT="1",
        DATABASE_FILE=missing,
    )
    assert failed.status == 1, failed.all
    assert "Release step failed after" in failed.all
    assert "web has started" not in failed.all
