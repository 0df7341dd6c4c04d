"""`slipway vendor lock` and `slipway vendor check`, as developers and CI run them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.commands.command_line import run
from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.errors.app import AppFolderMissing
from slipway.errors.submodules import SubmoduleEmpty, VendorLockDiffers
from unit.fakes import no_time
from unit.repositories import PATH, PYPROJECT, app_with_submodule, git, repository, without_git
from unit.samples import write_files


@pytest.fixture
def app(tmp_path: Path) -> Path:
    source = repository(tmp_path / "acme", {"pyproject.toml": PYPROJECT, "acme.py": ""})
    return app_with_submodule(tmp_path, source)


def vendor(subcommand: str, app: Path) -> tuple[int, str]:
    """Run a command; return its exit status, and its output as one line."""
    out = io.StringIO()
    console = Console(out=out, err=out, now=no_time)
    environment = {"PATH": PATH, "HOME": "/nowhere"}
    status = run(["vendor", subcommand, str(app)], environment, console, Installation(ROOT))
    return status, " ".join(out.getvalue().replace(" !     ", "").split())


def test_check_accepts_locked_packages_with_and_without_git(app: Path, tmp_path: Path) -> None:
    commit = git(app / "vendor/acme", "rev-parse", "HEAD")
    assert vendor("lock", app) == (
        0,
        f"-----> Writing vendor.lock Locked vendor/acme at commit {commit[:7]}",
    )
    for place in (app, without_git(app, tmp_path / "moved")):
        status, output = vendor("check", place)
        assert status == 0
        assert f"vendor/acme at commit {commit[:7]} matches vendor.lock" in output


def test_check_fails_if_a_file_differs(app: Path) -> None:
    vendor("lock", app)
    write_files(app, {"vendor/acme/acme.py": "x = 1\n"})
    with pytest.raises(VendorLockDiffers):
        vendor("check", app)
    vendor("lock", app)
    assert vendor("check", app)[0] == 0


def test_check_fails_without_a_lock(app: Path) -> None:
    status, output = vendor("check", app)
    assert status == 1
    assert "no vendor.lock" in output
    assert "`bin/slipway vendor lock APP`" in output


def test_an_app_without_vendored_packages_needs_no_lock(tmp_path: Path) -> None:
    app = write_files(tmp_path, {"requirements.txt": ""})
    assert vendor("check", app)[0] == 0
    assert vendor("lock", app)[0] == 0
    assert not (app / "vendor.lock").exists()


@pytest.mark.parametrize("subcommand", ["lock", "check"])
def test_an_empty_submodule_is_an_error(app: Path, subcommand: str) -> None:
    git(app, "submodule", "--quiet", "deinit", "--all")
    with pytest.raises(SubmoduleEmpty):
        vendor(subcommand, app)


def test_a_missing_app_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AppFolderMissing):
        vendor("check", tmp_path / "gone")
