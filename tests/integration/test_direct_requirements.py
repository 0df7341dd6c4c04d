"""Requirements at a URL or in a folder: built once, locked with the hash of their wheel."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.conftest import tree
from integration.index import Index, served
from integration.packages import sdist, sha256, source, wheel, write_tree
from integration.planted import Secrets, assert_only_there
from integration.repositories import git
from integration.scenario import PROCFILE
from integration.serving import Dyno

LOCKED = re.compile(r"# from (?P<source>.+)\n(?P<pin>\S+) \\\n    --hash=sha256:[0-9a-f]{64}\n")


@dataclass(frozen=True)
class Builder:
    """Builds an app with one requirement."""

    platform: Platform
    folder: Path
    index: Index

    def locked(self, line: str, **config_vars: str) -> tuple[str, str]:
        """Build the app, check the installed package, and return its source and pin."""
        build = self.folder / "build"
        write_tree(build, {**PROCFILE, "requirements.txt": f"{line}\n"})
        variables = {"SLIPWAY_BUNDLE_PYTHON": "false", "PIP_INDEX_URL": self.index.url}
        self.platform.build(build, {**variables, **config_vars})
        found = LOCKED.search((build / ".slipway" / "lock.txt").read_text("utf-8"))
        assert found, (build / ".slipway" / "lock.txt").read_text("utf-8")
        moved = self.platform.move(build)
        ran = Dyno(app=moved).run("python -I -c 'import anchor; print(anchor.__version__)'")
        assert ran.out == found["pin"].partition("==")[2] + "\n", ran.all
        named = "python -I -c 'import anchor; print(anchor.__file__)'"
        assert Dyno(app=moved).run(named).out.startswith(f"{moved}/.slipway/venv/")
        return found["source"], found["pin"]


@pytest.fixture
def builder(platform: Platform, tmp_path: Path) -> Iterator[Builder]:
    index = Index()
    index.add_setuptools()
    with served(index):
        yield Builder(platform, tmp_path, index)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a git repository of the package, with the tags v1.0 and v2.0."""
    folder = tmp_path / "anchor.git"
    write_tree(folder, source("anchor", "1.0"))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for version in ("1.0", "2.0"):
        write_tree(folder, source("anchor", version))
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", version)
        git(folder, "tag", f"v{version}")
    return folder


Write = Callable[[str], str]
LONG = pytest.mark.long


@pytest.mark.parametrize(
    "write_line",
    [
        pytest.param(lambda url: f"git+{url}@v1.0", id="bare", marks=pytest.mark.long),
        pytest.param(lambda url: f"anchor @ git+{url}@v1.0", id="named"),
        pytest.param(
            lambda url: f"git+{url}@v1.0#egg=anchor", id="egg", marks=pytest.mark.long
        ),
        pytest.param(
            lambda url: f"-e git+{url}@v1.0#egg=anchor", id="editable", marks=pytest.mark.long
        ),
    ],
)
def test_a_git_repository_is_built_at_a_tag(
    builder: Builder, repository: Path, write_line: Write
) -> None:
    line = write_line(repository.as_uri())
    built_from, pin = builder.locked(line)
    assert (built_from, pin) == (line.removeprefix("-e "), "anchor==1.0")


def test_a_git_repository_at_a_commit_is_cloned_once(
    builder: Builder, repository: Path, tmp_path: Path
) -> None:
    commit = git(repository, "rev-parse", "v2.0")
    line = f"anchor @ git+{repository.as_uri()}@{commit}"
    assert builder.locked(line) == (line, "anchor==2.0")
    repository.rename(tmp_path / "gone")
    (tmp_path / "platform" / "app").rename(tmp_path / "first")
    assert builder.locked(line) == (line, "anchor==2.0")


def test_a_vendored_package_may_require_a_repository(
    builder: Builder, repository: Path, tmp_path: Path
) -> None:
    needs = f"anchor @ git+{repository.as_uri()}@v1.0"
    boat = tmp_path / "build" / "vendor" / "boat"
    tree(boat, "1.0", metadata=f"Requires-Dist: {needs}\n")
    assert builder.locked("boat") == (needs, "anchor==1.0")


def test_the_url_of_a_wheel_is_locked(builder: Builder, tmp_path: Path) -> None:
    made = wheel(tmp_path, "anchor", "3.0")
    builder.index.add(made)
    line = f"anchor @ {builder.index.file_url(made.name)}"
    assert builder.locked(line) == (line, "anchor==3.0")


@pytest.mark.long
def test_the_url_of_an_sdist_is_locked(builder: Builder, tmp_path: Path) -> None:
    made = sdist(tmp_path, "anchor", "4.0", source("anchor", "4.0"))
    builder.index.add(made)
    line = f"{builder.index.file_url(made.name)}#sha256={sha256(made)}"
    assert builder.locked(line) == (line, "anchor==4.0")


@pytest.mark.parametrize("line", ["./parts/anchor", "-e ./parts/anchor", "-e parts/anchor"])
def test_a_folder_of_the_app_is_built_and_not_changed(
    builder: Builder, tmp_path: Path, line: str
) -> None:
    folder = write_tree(tmp_path / "build" / "parts" / "anchor", source("anchor", "5.0"))
    before = sorted(os.listdir(folder))
    assert builder.locked(line) == ("parts/anchor", "anchor==5.0")
    moved = tmp_path / "platform" / "app" / "parts" / "anchor"
    assert sorted(os.listdir(moved)) == before


def test_the_app_itself_may_be_a_requirement(builder: Builder, tmp_path: Path) -> None:
    write_tree(tmp_path / "build", source("anchor", "6.0"))
    assert builder.locked("-e .") == (".", "anchor==6.0")


def test_a_wheel_of_the_app_is_locked(builder: Builder, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "wheels"
    folder.mkdir(parents=True)
    path = f"wheels/{wheel(folder, 'anchor', '7.0').name}"
    assert builder.locked(f"./{path}") == (path, "anchor==7.0")


@pytest.mark.long
def test_a_changed_folder_of_the_app_is_built_again(builder: Builder, tmp_path: Path) -> None:
    write_tree(tmp_path / "build" / "anchor", source("anchor", "1.0"))
    assert builder.locked("./anchor")[1] == "anchor==1.0"
    (tmp_path / "platform" / "app").rename(tmp_path / "first")
    write_tree(tmp_path / "build" / "anchor", source("anchor", "1.1"))
    assert builder.locked("./anchor")[1] == "anchor==1.1"


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_an_archive_with_a_hash_leaves_no_token_anywhere(
    kind: str, toolchain: str, fresh_platform: Platform, tmp_path: Path
) -> None:
    secrets, index = Secrets(), Index()
    index.add_setuptools()
    archive = (
        wheel(tmp_path, "anchor", "1.0")
        if kind == "wheel"
        else sdist(tmp_path, "anchor", "1.0", source("anchor", "1.0"))
    )
    path = f"{archive.name}?token={secrets.plain('an address')}"
    index.files[path] = archive
    with served(index):
        line = f"anchor @ {index.file_url(path)} --hash=sha256:{sha256(archive)}\n"
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
        for number in range(2):
            files = {**PROCFILE, "requirements.txt": line}
            build = write_tree(tmp_path / f"build-{number}", files)
            platform, config_vars = fresh_platform, {"SLIPWAY_BUNDLE_PYTHON": "false"}
            result = platform.compile(build, {**config_vars, **variables})
            assert result.status == 0, result.all
            assert index.downloads[path] == 1
            assert LOCKED.match((build / ".slipway" / "lock.txt").read_text("utf-8"))
            folders = (build / ".slipway", platform.cache, platform.temporary)
            searched = {folder: frozenset[str]() for folder in folders}
            assert_only_there(secrets, {"the log": result.all}, searched)
