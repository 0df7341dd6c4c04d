"""Vendored packages get a commit, version and digest, and are compared with vendor.lock."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage, Vendoring
from slipway.domain.vendoring.source_project import SourceProject
from slipway.domain.vendoring.vendor_lock import LockedSource, VendorLock, lock, parse, render
from slipway.effects import Effects
from slipway.effects.packages.source_trees import digest_source
from slipway.effects.processes import Processes
from slipway.errors.submodules import GitUnavailable, VendorLockDiffers, VendorLockInvalid
from slipway.errors.vendored import OutsideTheApp, VendoredBroken
from slipway.steps.inspect_vendored import inspect_vendored, lock_vendored
from unit.fakes import FakeProcesses, effects_with, logged, no_time
from unit.repositories import (
    BY_TAG,
    PATH,
    app_with_submodule,
    commit,
    git,
    repository,
    without_git,
)
from unit.samples import write_files

GITMODULES = """\
[submodule "vendor/acme"]
\tpath = vendor/acme
\turl = https://ada:secret@git.example/acme.git
"""


def tree(path: str = "vendor/acme", tool: str | None = "setuptools-scm") -> VendoredPackage:
    project = SourceProject(
        name="acme", backend="setuptools.build_meta", requires=(), version_tool=tool
    )
    return VendoredPackage(path=path, form=Form.TREE, project=project)


def vendoring(*packages: VendoredPackage) -> Vendoring:
    return Vendoring(folders=("vendor",), packages=packages)


ACME = vendoring(tree())


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    """Return effects that run the real git."""
    variables = {"PATH": PATH, "HOME": str(tmp_path)}
    return effects_with(tmp_path, Processes(now=no_time), variables)


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    source = repository(tmp_path / "acme", {"pyproject.toml": BY_TAG, "acme.py": ""})
    git(source, "tag", "v1.2")
    return source


@pytest.fixture
def app(tmp_path: Path, acme: Path) -> Path:
    return app_with_submodule(tmp_path, acme)


def write_lock(app: Path, inspected: tuple[InspectedPackage, ...]) -> None:
    write_files(app, {"vendor.lock": render(lock(inspected))})


def test_an_app_without_git_starts_no_process(tmp_path: Path) -> None:
    idle = FakeProcesses(now=no_time)
    app = write_files(
        tmp_path / "app", {"vendor/acme/pyproject.toml": BY_TAG, "vendor/x.whl": "x"}
    )
    wheel = VendoredPackage(path="vendor/x.whl", form=Form.WHEEL)
    package, file = inspect_vendored(
        app, vendoring(tree(), wheel), effects_with(tmp_path, idle)
    )
    assert package.digest == digest_source(app, "vendor/acme")
    assert (package.url, package.commit, package.version) == (None, None, None)
    assert file.digest == digest_source(app, "vendor/x.whl")
    assert idle.started == []


def test_a_submodule_with_its_repository_has_url_commit_and_version(
    app: Path, acme: Path, effects: Effects
) -> None:
    (package,) = inspect_vendored(app, ACME, effects)
    assert package.url == str(acme)
    assert package.commit == git(acme, "rev-parse", "HEAD")
    assert package.version == "1.2"
    assert logged(effects) == ""


def test_git_is_queried_only_for_versions_that_come_from_it(
    app: Path, effects: Effects
) -> None:
    archive = VendoredPackage(
        path="vendor/acme/pyproject.toml", form=Form.SDIST, project=tree().project
    )
    for package in (tree(tool=None), archive):
        (inspected,) = inspect_vendored(app, vendoring(package), effects)
        assert inspected.commit
        assert inspected.version is None


def test_packages_in_a_submodule_have_its_commit(
    app: Path, acme: Path, effects: Effects
) -> None:
    for name in ("one", "two"):
        write_files(app, {f"vendor/acme/packages/{name}/pyproject.toml": BY_TAG})
    both = vendoring(tree("vendor/acme/packages/one"), tree("vendor/acme/packages/two"))
    inspected = inspect_vendored(app, both, effects)
    assert {found.commit for found in inspected} == {git(acme, "rev-parse", "HEAD")}
    assert {found.version for found in inspected} == {"1.2"}


def test_the_app_records_the_commit_of_a_submodule_without_git(
    app: Path, acme: Path, effects: Effects
) -> None:
    (app / "vendor/acme/.git").unlink()
    (package,) = inspect_vendored(app, ACME, effects)
    recorded = git(acme, "rev-parse", "HEAD")
    assert package.commit == recorded
    assert package.version == f"0+g{recorded[:12]}"


def test_vendor_lock_replaces_a_missing_repository(
    app: Path, acme: Path, tmp_path: Path, effects: Effects
) -> None:
    inspected = inspect_vendored(app, ACME, effects)
    moved = without_git(app, tmp_path / "moved")
    write_lock(moved, inspected)
    assert inspect_vendored(moved, ACME, effects) == inspected
    assert logged(effects) == ""


def test_the_lock_provides_the_version_if_a_clone_has_no_tags(
    app: Path, effects: Effects
) -> None:
    inspected = inspect_vendored(app, ACME, effects)
    write_lock(app, inspected)
    git(app / "vendor/acme", "tag", "--delete", "v1.2")
    assert inspect_vendored(app, ACME, effects) == inspected


def test_an_unpacked_sdist_has_its_version_in_pkg_info(
    tmp_path: Path, effects: Effects
) -> None:
    metadata = "Metadata-Version: 2.1\nName: acme\nVersion: 1.4\n"
    app = write_files(
        tmp_path / "app",
        {"vendor/acme/pyproject.toml": BY_TAG, "vendor/acme/PKG-INFO": metadata},
    )
    (package,) = inspect_vendored(app, ACME, effects)
    assert package.version == "1.4"


def test_a_dangling_git_pointer_logs_a_warning_with_the_solution(
    app: Path, tmp_path: Path, effects: Effects
) -> None:
    moved = without_git(app, tmp_path / "moved")
    (package,) = inspect_vendored(moved, ACME, effects)
    assert package.commit is None
    assert "The commit of vendor/acme is not known" in logged(effects)
    assert "`slipway/bin/slipway vendor lock APP`" in logged(effects)


def test_files_that_differ_from_the_lock_stop_the_build(
    app: Path, tmp_path: Path, effects: Effects
) -> None:
    write_lock(app, inspect_vendored(app, ACME, effects))
    moved = without_git(app, tmp_path / "moved")
    write_files(moved, {"vendor/acme/acme.py": "x = 1\n"})
    with pytest.raises(VendorLockDiffers) as differs:
        inspect_vendored(moved, ACME, effects)
    assert differs.value.differences == (
        ("vendor/acme", "the files differ from those that were locked"),
    )


def test_a_commit_that_differs_from_the_lock_stops_the_build(
    app: Path, acme: Path, effects: Effects
) -> None:
    write_lock(app, inspect_vendored(app, ACME, effects))
    old, new = git(acme, "rev-parse", "HEAD"), commit(acme, {"acme.py": "x = 1\n"})
    git(app / "vendor/acme", "fetch", "--quiet")
    git(app / "vendor/acme", "checkout", "--quiet", new)
    with pytest.raises(VendorLockDiffers) as differs:
        inspect_vendored(app, ACME, effects)
    difference = f"the app has commit {new[:7]}, but vendor.lock has {old[:7]}"
    assert differs.value.differences == (("vendor/acme", difference),)


def test_untracked_files_are_not_a_difference(app: Path, effects: Effects) -> None:
    write_lock(app, inspect_vendored(app, ACME, effects))
    write_files(app, {"vendor/acme/acme.egg-info/PKG-INFO": "x", "vendor/acme/build/a.py": ""})
    (package,) = inspect_vendored(app, ACME, effects)
    assert package.digest == digest_source(app, "vendor/acme")


def test_an_invalid_lock_stops_the_build(app: Path, effects: Effects) -> None:
    write_files(app, {"vendor.lock": "<<<<<<< HEAD\n"})
    with pytest.raises(VendorLockInvalid):
        inspect_vendored(app, ACME, effects)


def test_the_app_itself_is_not_compared_with_the_lock(app: Path, effects: Effects) -> None:
    git(app, "tag", "2.0")
    both = vendoring(tree("."), tree())
    write_lock(app, inspect_vendored(app, both, effects))
    itself, _ = inspect_vendored(app, both, effects)
    assert itself.version == "2.0"
    assert itself.commit == git(app, "rev-parse", "HEAD")


def test_a_plain_package_must_not_link_out_of_the_app(tmp_path: Path, effects: Effects) -> None:
    app = write_files(tmp_path / "app", {"vendor/plain/__init__.py": ""})
    plain = vendoring(VendoredPackage(path="vendor/plain", form=Form.PLAIN))
    assert inspect_vendored(app, plain, effects)[0].digest == digest_source(app, "vendor/plain")
    (app / "vendor/plain/data").symlink_to("../../../data")
    with pytest.raises(OutsideTheApp) as outside:
        inspect_vendored(app, plain, effects)
    assert outside.value.path == "vendor/plain/data"


def test_paths_with_spaces_and_non_ascii_letters_work(
    tmp_path: Path, acme: Path, effects: Effects
) -> None:
    path = "vendor/grüne Tonne"
    app = app_with_submodule(tmp_path / "ä b", acme, path)
    shutil.rmtree(app / ".git/modules")
    inspected = inspect_vendored(app, vendoring(tree(path)), effects)
    assert inspected[0].commit == git(acme, "rev-parse", "HEAD")


# Writing vendor.lock


def written(app: Path, effects: Effects, *paths: str) -> VendorLock:
    """Lock packages by their paths; return the lock that was written."""
    packages = tuple(VendoredPackage(path=path, form=Form.TREE) for path in paths)
    lock_vendored(app, Vendoring(packages=packages), effects)
    return parse((app / "vendor.lock").read_text())


def test_a_submodule_is_locked_with_its_commit_and_files(
    app: Path, tmp_path: Path, effects: Effects
) -> None:
    commit = git(app / "vendor/acme", "rev-parse", "HEAD")
    assert written(app, effects, "vendor/acme").packages == (
        LockedSource(
            path="vendor/acme",
            digest=digest_source(app, "vendor/acme"),
            url=str(tmp_path / "acme"),
            commit=commit,
        ),
    )
    assert logged(effects) == f"Locked vendor/acme at commit {commit[:7]}"


def test_files_that_git_does_not_track_are_not_locked(app: Path, effects: Effects) -> None:
    write_files(app, {"vendor/plain/__init__.py": ""})
    git(app, "add", "vendor/plain")
    before = written(app, effects, "vendor/acme", "vendor/plain")
    for name in ("acme", "plain"):
        write_files(app / "vendor" / name, {"build/lib.py": "", f"{name}.egg-info/x": ""})
    assert written(app, effects, "vendor/acme", "vendor/plain") == before


def test_uncommitted_changes_log_a_warning(app: Path, effects: Effects) -> None:
    write_files(app, {"vendor/acme/acme.py": "x = 1\n"})
    written(app, effects, "vendor/acme")
    assert "vendor/acme has uncommitted changes" in logged(effects)


def test_packages_outside_git_are_locked_by_their_files(
    tmp_path: Path, effects: Effects
) -> None:
    app = write_files(tmp_path / "app", {"vendor/b/b.py": "", "vendor/a.whl": "a"})
    locked = written(app, effects, "vendor/b", "vendor/a.whl")
    assert [(package.path, package.commit) for package in locked.packages] == [
        ("vendor/a.whl", None),
        ("vendor/b", None),
    ]
    assert locked.packages[0].digest == digest_source(app, "vendor/a.whl")


@pytest.mark.parametrize("has_pointer", [True, False])
def test_a_submodule_without_its_repository_cannot_be_locked(
    app: Path, tmp_path: Path, effects: Effects, *, has_pointer: bool
) -> None:
    moved = without_git(app, tmp_path / "moved")
    if not has_pointer:
        (moved / "vendor/acme/.git").unlink()
    with pytest.raises(GitUnavailable) as unavailable:
        written(moved, effects, "vendor/acme")
    assert unavailable.value.path == "vendor/acme"
    assert ".git" in unavailable.value.reason
    assert not (moved / "vendor.lock").exists()


def test_an_older_lock_is_kept_when_a_new_one_fails(app: Path, effects: Effects) -> None:
    before = written(app, effects, "vendor/acme")
    (app / "vendor/acme/.git").write_text("gitdir: ../gone\n")
    with pytest.raises(GitUnavailable):
        written(app, effects, "vendor/acme")
    assert parse((app / "vendor.lock").read_text()) == before


def test_a_name_that_the_lock_cannot_contain_is_reported(
    tmp_path: Path, effects: Effects
) -> None:
    path = os.fsdecode(b"vendor/latin-\xe4")
    app = write_files(tmp_path / "app", {f"{path}/a.py": ""})
    with pytest.raises(VendoredBroken) as broken:
        written(app, effects, path)
    assert broken.value.path == path
