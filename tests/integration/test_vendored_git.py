"""Submodules with git, without git, with vendor.lock instead of git, and not checked out."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli

from conftest import FIXTURES
from integration.classic_platform import Platform, Result
from integration.packages import write_tree
from integration.private_index import ENCODED, SECRETS, assert_no_trace
from integration.repositories import git
from integration.scenario import PROCFILE
from integration.serving import Dyno
from integration.test_fixtures_served import sentences
from integration.words import assert_error

TIDES = "vendor/harbour-tides"
ADDRESS = "https://git.example/harbour/harbour-tides.git"


@dataclass(frozen=True, kw_only=True)
class Clone:
    """A developer's clone of an app whose package is a submodule."""

    folder: Path
    platform: Platform

    @property
    def submodule(self) -> Path:
        return self.folder / TIDES

    @property
    def commit(self) -> str:
        return git(self.submodule, "rev-parse", "HEAD")

    def vendor(self, command: str, app: Path | None = None) -> Result:
        return self.platform.run_script("slipway", "vendor", command, app or self.folder)

    def uploaded(self, *ignored: str) -> Path:
        """Copy the app to its build folder, without some of its files."""
        return shutil.copytree(
            self.folder,
            self.platform.folder / "build",
            symlinks=True,
            ignore=shutil.ignore_patterns(*ignored),
        )

    def compile(self, build: Path) -> Result:
        return self.platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})


@pytest.fixture
def clone(platform: Platform, tmp_path: Path) -> Clone:
    """Make the repository of a package, with a tag, and an app with it as a submodule."""
    upstream = tmp_path / "harbour-tides.git"
    shutil.copytree(FIXTURES / "vendored_packages" / TIDES, upstream)
    commit(upstream, "init")
    git(upstream, "tag", "v1.4.0")
    folder = write_tree(tmp_path / "clone", {**PROCFILE, "requirements.txt": f"./{TIDES}\n"})
    git(folder, "init", "--quiet")
    add = ("submodule", "--quiet", "add", str(upstream), TIDES)
    git(folder, "-c", "protocol.file.allow=always", *add)
    # Some deploy scripts write a token into .gitmodules.
    url = ADDRESS.replace("://", f"://{ENCODED}")
    git(folder, "config", "--file", ".gitmodules", f"submodule.{TIDES}.url", url)
    commit(folder, "app")
    return Clone(folder=folder, platform=platform)


def commit(folder: Path, message: str) -> None:
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def version_of(clone: Clone, build: Path) -> str:
    """Move the app, and return the installed version of its package."""
    code = "from importlib.metadata import version; print(version('harbour-tides'))"
    ran = Dyno(app=clone.platform.move(build)).run(f'python -c "{code}"')
    assert ran.status == 0, ran.all
    return ran.out.strip()


def record_of(build: Path) -> dict[str, str | None]:
    record = json.loads((build / ".slipway" / "build.json").read_text("utf-8"))
    [vendored] = record["vendored"]
    return dict(vendored)


def test_a_build_without_git_uses_vendor_lock(clone: Clone) -> None:
    locked = clone.vendor("lock")
    assert locked.status == 0, locked.all
    text = (clone.folder / "vendor.lock").read_text("utf-8")
    [package] = tomli.loads(text)["package"]
    assert re.fullmatch("sha256:[0-9a-f]{64}", package.pop("tree"))
    assert package == {
        "path": TIDES,
        "url": ADDRESS,
        "commit": clone.commit,
        "version": "1.4.0",
    }
    clone.vendor("lock")
    assert (clone.folder / "vendor.lock").read_text("utf-8") == text

    build = clone.uploaded(".git")
    checked = clone.vendor("check", build)
    assert checked.status == 0, checked.all
    built = clone.compile(build)
    assert (built.status, built.err) == (0, ""), built.all
    assert " !" not in built.out
    assert_no_trace(build / ".slipway", build / "vendor", result=built)
    assert not SECRETS.places_in(text.encode())
    assert record_of(build)["commit"] == clone.commit
    assert record_of(build)["url"] == ADDRESS
    assert version_of(clone, build) == "1.4.0"


def test_a_build_with_git_needs_no_vendor_lock(clone: Clone) -> None:
    module = clone.submodule / "src" / "harbour_tides" / "__init__.py"
    module.write_text(module.read_text() + "\n")
    commit(clone.submodule, "a line more")
    head = clone.commit
    built = clone.compile(clone.folder)
    assert built.status == 0, built.all
    assert record_of(clone.folder)["commit"] == head
    assert version_of(clone, clone.folder) == f"1.4.0.post1+g{head[:7]}"


def test_a_dangling_git_pointer_causes_a_warning_and_a_made_up_version(clone: Clone) -> None:
    build = clone.uploaded()
    shutil.rmtree(build / ".git")
    assert (build / TIDES / ".git").is_file()
    built = clone.compile(build)
    assert built.status == 0, built.all
    log = sentences(built.out)
    assert f"The commit of {TIDES} is not known: its .git points to a folder that does" in log
    digest = str(record_of(build)["files"]).removeprefix("sha256:")
    fallback = f"0+vendored.{digest[:12]}"
    assert f"which this build cannot read, so its version is {fallback}." in log
    assert record_of(build)["commit"] is None
    assert version_of(clone, build) == fallback


def test_a_dangling_git_pointer_with_a_vendor_lock_causes_no_warning(clone: Clone) -> None:
    assert clone.vendor("lock").status == 0
    build = clone.uploaded()
    shutil.rmtree(build / ".git")
    built = clone.compile(build)
    assert built.status == 0, built.all
    assert " !" not in built.out
    assert version_of(clone, build) == "1.4.0"


def test_a_submodule_at_another_commit_than_locked_stops_the_build(clone: Clone) -> None:
    assert clone.vendor("lock").status == 0
    before = clone.commit
    (clone.submodule / "NEWS").write_text("2.0\n")
    commit(clone.submodule, "2.0")
    moved_on = (
        f"{TIDES}: the app has commit {clone.commit[:7]}, but vendor.lock has {before[:7]}"
    )
    for stopped in (clone.vendor("check"), clone.compile(clone.uploaded())):
        assert_error(stopped, "submodule_stale")
        assert moved_on in sentences(stopped.err)
    build = clone.platform.folder / "build"
    shutil.rmtree(build)
    stopped = clone.compile(clone.uploaded(".git"))
    assert stopped.status == 1, stopped.all
    changed = f"{TIDES}: the files differ from those that were locked"
    assert changed in sentences(stopped.err)
    assert not (build / ".slipway" / "venv").exists()


def test_the_error_for_a_clone_without_submodules_names_the_git_command(
    clone: Clone, tmp_path: Path
) -> None:
    bare = tmp_path / "platform" / "build"
    git(tmp_path, "clone", "--quiet", str(clone.folder), str(bare))
    assert [*(bare / TIDES).iterdir()] == []
    for stopped in (
        clone.compile(bare),
        clone.vendor("check", bare),
        clone.vendor("lock", bare),
    ):
        assert stopped.status == 1, stopped.all
        assert f".gitmodules lists {TIDES} (from {ADDRESS})" in sentences(stopped.err)
        assert "git submodule update --init --recursive" in stopped.err
    assert not (bare / "vendor.lock").exists()


def test_vendor_lock_is_not_written_without_git(clone: Clone) -> None:
    build = clone.uploaded(".git")
    stopped = clone.vendor("lock", build)
    assert stopped.status == 1, stopped.all
    assert f"vendor.lock needs the commit of {TIDES}" in sentences(stopped.err)
    assert not (build / "vendor.lock").exists()
    unlocked = clone.vendor("check", build)
    assert unlocked.status == 1
    assert "There is no vendor.lock to compare with" in sentences(unlocked.all)
