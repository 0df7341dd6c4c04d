"""Each vendored package has a commit, a version and a digest, with git or without it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage, Vendoring
from slipway.domain.vendoring.source_project import SourceProject
from slipway.domain.vendoring.vendor_lock import locked, render
from slipway.effects import Effects
from slipway.effects.packages.source_trees import tree_digest
from slipway.effects.processes import Processes
from slipway.errors.submodules import VendorLockDiffers, VendorLockInvalid
from slipway.errors.vendored import OutsideTheApp
from slipway.steps.inspect_vendored import inspect_vendored
from unit.fakes import FakeProcesses, effects_with, no_time, said
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


def shipping(*packages: VendoredPackage) -> Vendoring:
    return Vendoring(folders=("vendor",), packages=packages)


ACME = shipping(tree())


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    """Give effects that ask the real git."""
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


def write_lock(app: Path, shipped: tuple[InspectedPackage, ...]) -> None:
    write_files(app, {"vendor.lock": render(locked(shipped))})


def test_an_app_without_git_starts_no_process(tmp_path: Path) -> None:
    idle = FakeProcesses(now=no_time)
    app = write_files(
        tmp_path / "app", {"vendor/acme/pyproject.toml": BY_TAG, "vendor/x.whl": "x"}
    )
    wheel = VendoredPackage(path="vendor/x.whl", form=Form.WHEEL)
    package, file = inspect_vendored(app, shipping(tree(), wheel), effects_with(tmp_path, idle))
    assert package.digest == tree_digest(app, "vendor/acme")
    assert (package.url, package.commit, package.version) == (None, None, None)
    assert file.digest == tree_digest(app, "vendor/x.whl")
    assert idle.started == []


def test_a_submodule_with_its_git_tells_all(app: Path, acme: Path, effects: Effects) -> None:
    (package,) = inspect_vendored(app, ACME, effects)
    assert package.url == str(acme)
    assert package.commit == git(acme, "rev-parse", "HEAD")
    assert package.version == "1.2"
    assert said(effects) == ""


def test_a_version_is_only_asked_for_where_it_comes_from_git(
    app: Path, effects: Effects
) -> None:
    archive = VendoredPackage(
        path="vendor/acme/pyproject.toml", form=Form.SDIST, project=tree().project
    )
    for package in (tree(tool=None), archive):
        (shipped,) = inspect_vendored(app, shipping(package), effects)
        assert shipped.commit
        assert shipped.version is None


def test_packages_below_a_submodule_have_its_commit(
    app: Path, acme: Path, effects: Effects
) -> None:
    for name in ("one", "two"):
        write_files(app, {f"vendor/acme/packages/{name}/pyproject.toml": BY_TAG})
    both = shipping(tree("vendor/acme/packages/one"), tree("vendor/acme/packages/two"))
    shipped = inspect_vendored(app, both, effects)
    assert {one.commit for one in shipped} == {git(acme, "rev-parse", "HEAD")}
    assert {one.version for one in shipped} == {"1.2"}


def test_the_commit_that_the_app_recorded_counts_where_the_submodules_git_is_gone(
    app: Path, acme: Path, effects: Effects
) -> None:
    (app / "vendor/acme/.git").unlink()
    (package,) = inspect_vendored(app, ACME, effects)
    recorded = git(acme, "rev-parse", "HEAD")
    assert package.commit == recorded
    assert package.version == f"0+g{recorded[:12]}"


def test_vendor_lock_says_what_git_no_longer_can(
    app: Path, acme: Path, tmp_path: Path, effects: Effects
) -> None:
    shipped = inspect_vendored(app, ACME, effects)
    moved = without_git(app, tmp_path / "moved")
    write_lock(moved, shipped)
    assert inspect_vendored(moved, ACME, effects) == shipped
    assert said(effects) == ""


def test_a_version_in_the_lock_counts_where_a_clone_came_without_tags(
    app: Path, effects: Effects
) -> None:
    shipped = inspect_vendored(app, ACME, effects)
    write_lock(app, shipped)
    git(app / "vendor/acme", "tag", "--delete", "v1.2")
    assert inspect_vendored(app, ACME, effects) == shipped


def test_an_unpacked_sdist_says_its_version(tmp_path: Path, effects: Effects) -> None:
    metadata = "Metadata-Version: 2.1\nName: acme\nVersion: 1.4\n"
    app = write_files(
        tmp_path / "app",
        {"vendor/acme/pyproject.toml": BY_TAG, "vendor/acme/PKG-INFO": metadata},
    )
    (package,) = inspect_vendored(app, ACME, effects)
    assert package.version == "1.4"


def test_a_pointer_that_dangles_is_warned_about_with_the_way_out(
    app: Path, tmp_path: Path, effects: Effects
) -> None:
    moved = without_git(app, tmp_path / "moved")
    (package,) = inspect_vendored(moved, ACME, effects)
    assert package.commit is None
    assert "The commit of vendor/acme is not known" in said(effects)
    assert "`bin/slipway vendor lock .`" in said(effects)


def test_files_that_are_not_those_that_were_locked_stop_the_build(
    app: Path, tmp_path: Path, effects: Effects
) -> None:
    write_lock(app, inspect_vendored(app, ACME, effects))
    moved = without_git(app, tmp_path / "moved")
    write_files(moved, {"vendor/acme/acme.py": "x = 1\n"})
    with pytest.raises(VendorLockDiffers) as differs:
        inspect_vendored(moved, ACME, effects)
    assert differs.value.differences == (
        ("vendor/acme", "the files are not those that were locked"),
    )


def test_a_commit_that_was_not_locked_stops_the_build(
    app: Path, acme: Path, effects: Effects
) -> None:
    write_lock(app, inspect_vendored(app, ACME, effects))
    old, new = git(acme, "rev-parse", "HEAD"), commit(acme, {"acme.py": "x = 1\n"})
    git(app / "vendor/acme", "fetch", "--quiet")
    git(app / "vendor/acme", "checkout", "--quiet", new)
    with pytest.raises(VendorLockDiffers) as differs:
        inspect_vendored(app, ACME, effects)
    said = f"commit {new[:7]} is shipped, vendor.lock has {old[:7]}"
    assert differs.value.differences == (("vendor/acme", said),)


def test_what_a_developers_tools_left_behind_is_no_difference(
    app: Path, effects: Effects
) -> None:
    write_lock(app, inspect_vendored(app, ACME, effects))
    write_files(app, {"vendor/acme/acme.egg-info/PKG-INFO": "x", "vendor/acme/build/a.py": ""})
    (package,) = inspect_vendored(app, ACME, effects)
    assert package.digest == tree_digest(app, "vendor/acme")


def test_a_lock_that_cannot_be_read_stops_the_build(app: Path, effects: Effects) -> None:
    write_files(app, {"vendor.lock": "<<<<<<< HEAD\n"})
    with pytest.raises(VendorLockInvalid):
        inspect_vendored(app, ACME, effects)


def test_the_app_itself_is_not_held_to_the_lock(app: Path, effects: Effects) -> None:
    git(app, "tag", "2.0")
    both = shipping(tree("."), tree())
    write_lock(app, inspect_vendored(app, both, effects))
    itself, _ = inspect_vendored(app, both, effects)
    assert itself.version == "2.0"
    assert itself.commit == git(app, "rev-parse", "HEAD")


def test_a_plain_package_is_digested_and_a_link_out_of_the_app_refused(
    tmp_path: Path, effects: Effects
) -> None:
    app = write_files(tmp_path / "app", {"vendor/plain/__init__.py": ""})
    plain = shipping(VendoredPackage(path="vendor/plain", form=Form.PLAIN))
    assert inspect_vendored(app, plain, effects)[0].digest == tree_digest(app, "vendor/plain")
    (app / "vendor/plain/data").symlink_to("../../../data")
    with pytest.raises(OutsideTheApp) as outside:
        inspect_vendored(app, plain, effects)
    assert outside.value.path == "vendor/plain/data"


def test_names_with_spaces_and_other_letters_are_as_good(
    tmp_path: Path, acme: Path, effects: Effects
) -> None:
    path = "vendor/grüne Tonne"
    app = app_with_submodule(tmp_path / "ä b", acme, path)
    shutil.rmtree(app / ".git/modules")
    shipped = inspect_vendored(app, shipping(tree(path)), effects)
    assert shipped[0].commit == git(acme, "rev-parse", "HEAD")
