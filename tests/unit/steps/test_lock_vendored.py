"""vendor.lock is written where git knows the packages, and refused where it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slipway.domain.vendoring.packages import Form, VendoredPackage, Vendoring
from slipway.domain.vendoring.vendor_lock import LockedSource, VendorLock, parse
from slipway.effects import Effects
from slipway.effects.packages.source_trees import tree_digest
from slipway.effects.processes import Processes
from slipway.errors.submodules import GitUnavailable
from slipway.errors.vendored import VendoredBroken
from slipway.steps.inspect_vendored import look_at
from slipway.steps.lock_vendored import lock_vendored
from unit.fakes import effects_with, no_time, said
from unit.repositories import PATH, PYPROJECT, app_with_submodule, git, repository, without_git
from unit.samples import write_files


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    """Give effects that ask the real git."""
    variables = {"PATH": PATH, "HOME": str(tmp_path)}
    return effects_with(tmp_path, Processes(now=no_time), variables)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    source = repository(tmp_path / "acme", {"pyproject.toml": PYPROJECT, "acme.py": ""})
    return app_with_submodule(tmp_path, source)


def lock(app: Path, effects: Effects, *paths: str) -> VendorLock:
    """Lock packages by their paths; give what was written."""
    packages = tuple(VendoredPackage(path=path, form=Form.TREE) for path in paths)
    shipped = look_at(app, Vendoring(packages=packages), effects, VendorLock())
    lock_vendored(app, shipped, effects)
    return parse((app / "vendor.lock").read_text())


def test_a_submodule_is_locked_with_its_commit_and_files(
    app: Path, tmp_path: Path, effects: Effects
) -> None:
    commit = git(app / "vendor/acme", "rev-parse", "HEAD")
    assert lock(app, effects, "vendor/acme").packages == (
        LockedSource(
            path="vendor/acme",
            digest=tree_digest(app, "vendor/acme"),
            url=str(tmp_path / "acme"),
            commit=commit,
        ),
    )
    assert said(effects) == f"vendor/acme at {commit[:7]}"


def test_files_that_git_does_not_track_are_not_locked(app: Path, effects: Effects) -> None:
    write_files(app, {"vendor/plain/__init__.py": ""})
    git(app, "add", "vendor/plain")
    before = lock(app, effects, "vendor/acme", "vendor/plain")
    for name in ("acme", "plain"):
        write_files(app / "vendor" / name, {"build/lib.py": "", f"{name}.egg-info/x": ""})
    assert lock(app, effects, "vendor/acme", "vendor/plain") == before


def test_changes_that_are_not_committed_are_warned_about(app: Path, effects: Effects) -> None:
    write_files(app, {"vendor/acme/acme.py": "x = 1\n"})
    lock(app, effects, "vendor/acme")
    assert "vendor/acme has changes that are not committed" in said(effects)


def test_packages_that_no_git_knows_are_locked_by_their_files(
    tmp_path: Path, effects: Effects
) -> None:
    app = write_files(tmp_path / "app", {"vendor/b/b.py": "", "vendor/a.whl": "a"})
    written = lock(app, effects, "vendor/b", "vendor/a.whl")
    assert [(one.path, one.commit) for one in written.packages] == [
        ("vendor/a.whl", None),
        ("vendor/b", None),
    ]
    assert written.packages[0].digest == tree_digest(app, "vendor/a.whl")


@pytest.mark.parametrize("has_pointer", [True, False])
def test_a_submodule_without_its_git_cannot_be_locked(
    app: Path, tmp_path: Path, effects: Effects, *, has_pointer: bool
) -> None:
    moved = without_git(app, tmp_path / "moved")
    if not has_pointer:
        (moved / "vendor/acme/.git").unlink()
    with pytest.raises(GitUnavailable) as not_here:
        lock(moved, effects, "vendor/acme")
    assert not_here.value.path == "vendor/acme"
    assert ".git" in not_here.value.reason
    assert not (moved / "vendor.lock").exists()


def test_an_older_lock_is_kept_when_a_new_one_fails(app: Path, effects: Effects) -> None:
    before = lock(app, effects, "vendor/acme")
    (app / "vendor/acme/.git").write_text("gitdir: ../gone\n")
    with pytest.raises(GitUnavailable):
        lock(app, effects, "vendor/acme")
    assert parse((app / "vendor.lock").read_text()) == before


def test_a_name_that_the_lock_cannot_hold_is_said(tmp_path: Path, effects: Effects) -> None:
    path = os.fsdecode(b"vendor/latin-\xe4")
    app = write_files(tmp_path / "app", {f"{path}/a.py": ""})
    with pytest.raises(VendoredBroken) as broken:
        lock(app, effects, path)
    assert broken.value.path == path
