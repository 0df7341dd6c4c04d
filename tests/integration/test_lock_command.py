"""`bin/slipway lock` locks an app, and builds then install what it has locked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.index import Index, served
from integration.packages import source, wheel, write_tree
from integration.planted import Secrets, assert_only_there
from integration.repositories import git
from integration.scenario import PROCFILE
from slipway.domain.toml_text import Document, parse_toml

TOKEN = "s3cr3t-t0k3n-Z"  # noqa: S105  # of the test index
OTHER = {"uv": "pip-tools", "pip-tools": "uv"}


@dataclass(frozen=True, kw_only=True)
class Developer:
    """A developer with an app, whose packages come from one index."""

    platform: Platform
    app: Path
    index: Index

    def lock(self, toolchain: str, *options: str, **variables: str) -> Result:
        env = {
            **self.platform.env,
            "XDG_CACHE_HOME": str(self.app.parent / "developer"),
            "PIP_INDEX_URL": self.index.url,
            "SLIPWAY_TOOLCHAIN": toolchain,
            **variables,
        }
        env.pop("PIP_FIND_LINKS", None)
        developer = replace(self.platform, env=env)
        return developer.run_script("slipway", "lock", self.app, *options)

    def build(self, toolchain: str, **config_vars: str) -> tuple[Result, dict[str, str]]:
        """Build a copy of the app; return the log, and the versions that are installed."""
        build = self.app.parent / f"build-{toolchain}"
        write_tree(build, {})
        for path in self.app.rglob("*"):
            if path.is_file():
                write_tree(build, {str(path.relative_to(self.app)): path.read_text("utf-8")})
        variables = {"SLIPWAY_TOOLCHAIN": toolchain, "SLIPWAY_BUNDLE_PYTHON": "false"}
        env = {**self.platform.env, "PIP_INDEX_URL": self.index.url}
        env.pop("PIP_FIND_LINKS", None)
        result = replace(self.platform, env=env).build(build, {**variables, **config_vars})
        found = (build / ".slipway/lock.txt").read_text("utf-8")
        return result, dict(re.findall(r"^([\w-]+)==(\S+)", found, re.MULTILINE))

    @property
    def packages(self) -> dict[str, Document]:
        text = (self.app / "pylock.toml").read_text("utf-8")
        return {package["name"]: package for package in parse_toml(text, "lock")["packages"]}


@pytest.fixture
def developer(platform: Platform, tmp_path: Path) -> Iterator[Developer]:
    index = Index()
    index.add_setuptools()
    index.add(wheel(tmp_path, "anchor", "1.0", metadata="Requires-Dist: rope\n"))
    index.add(wheel(tmp_path, "rope", "1.0"))
    with served(index):
        yield Developer(platform=platform, app=tmp_path / "app", index=index)


def test_a_build_installs_what_was_locked(developer: Developer, tmp_path: Path) -> None:
    write_tree(developer.app, {**PROCFILE, "requirements.txt": "anchor>=1\n"})
    locked = developer.lock("uv")
    assert locked.status == 0, locked.all
    assert re.search(r"Wrote pylock.toml: 2 packages, for Python 3\.\d+ on Linux", locked.out)
    wheels = developer.packages["anchor"]["wheels"]
    assert wheels[0]["url"] == developer.index.file_url("anchor-1.0-py3-none-any.whl")
    developer.index.add(wheel(tmp_path, "anchor", "2.0"))
    result, installed = developer.build("pip-tools")
    assert installed == {"anchor": "1.0", "rope": "1.0"}
    assert "Dependencies from pylock.toml" in result.out
    assert "commit a lock" not in result.out
    assert "is not read" not in sentence(result)

    write_tree(developer.app, {"requirements.txt": "anchor>=2\n"})
    stale = developer.platform.compile(developer.app)
    assert stale.status == 1
    assert "Error: pylock.toml is out of date" in stale.err
    assert "slipway/bin/slipway lock ." in stale.err


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_what_was_built_is_locked_until_somebody_upgrades_it(
    developer: Developer, tmp_path: Path, toolchain: str
) -> None:
    boat = {f"vendor/boat/{name}": text for name, text in source("boat", "3.0").items()}
    write_tree(developer.app, {**PROCFILE, "requirements.txt": "anchor>=1\n", **boat})
    unlocked, versions = developer.build(toolchain)
    assert versions == {"anchor": "1.0", "boat": "3.0", "rope": "1.0"}
    assert sentence(unlocked).endswith(
        "To install the same versions next time, commit a lock: pip-compile, uv, Poetry, PDM "
        "and Pipenv write one, and so does `bin/slipway lock APP` in a clone of Slipway"
    )
    locked_by_build = f"{toolchain}/.slipway/lock.txt"
    text = (developer.app.parent / f"build-{locked_by_build}").read_text("utf-8")
    write_tree(developer.app, {".slipway/lock.txt": text})
    developer.index.add(
        wheel(tmp_path, "anchor", "2.0", metadata="Requires-Dist: rope\n"),
        wheel(tmp_path, "rope", "2.0"),
    )
    locked = developer.lock(toolchain)
    assert locked.status == 0, locked.all
    assert developer.packages["boat"]["directory"] == {"path": "./vendor/boat"}
    assert developer.packages["anchor"]["version"] == "1.0"
    for installer in (toolchain, OTHER[toolchain]):
        assert developer.build(installer)[1] == versions

    before = (developer.app / "pylock.toml").read_bytes()
    assert "pylock.toml is up to date" in developer.lock(OTHER[toolchain]).out
    assert (developer.app / "pylock.toml").read_bytes() == before
    write_tree(developer.app, {"requirements.txt": "anchor>=1\ndock\n"})
    developer.index.add(wheel(tmp_path, "dock", "1.0"))
    locked = developer.lock(toolchain)
    assert locked.status == 0, locked.all
    assert developer.packages["anchor"]["version"] == "1.0"
    assert developer.packages["dock"]["version"] == "1.0"
    assert developer.lock(toolchain, "--upgrade").status == 0
    assert developer.packages["anchor"]["version"] == "2.0"
    assert developer.packages["rope"]["version"] == "2.0"


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_other_sources_are_locked_without_their_passwords(
    developer: Developer, tmp_path: Path, toolchain: str
) -> None:
    private = Index(user=f"ci:{TOKEN}")
    for name in ("private", "stranger"):
        (tmp_path / name).mkdir()
    private.add(wheel(tmp_path / "private", "secretive", "1.0"))
    repository = write_tree(tmp_path / "dock.git", source("dock", "1.0"))
    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "1.0")
    commit = git(repository, "rev-parse", "HEAD").strip()
    with served(private):
        address = private.at("ci:${TOKEN}@")
        lines = (
            f"--extra-index-url {address}\nsecretive\nanchor\ndock @ git+{repository.as_uri()}"
        )
        write_tree(developer.app, {**PROCFILE, "requirements.txt": f"{lines}\n"})
        locked = developer.lock(toolchain, TOKEN=TOKEN)
        assert locked.status == 0, locked.all
        packages = developer.packages
        assert packages["dock"]["vcs"]["commit-id"] == commit
        assert packages["secretive"]["index"] == address.rstrip("/")
        git(repository, "commit", "--quiet", "--allow-empty", "--message", "later")
        developer.index.add(wheel(tmp_path / "stranger", "secretive", "9.0"))
        developer.index.requests.clear()
        for installer in (toolchain, OTHER[toolchain]):
            result, installed = developer.build(installer, TOKEN=TOKEN)
            assert installed == {
                "anchor": "1.0",
                "dock": "1.0",
                "rope": "1.0",
                "secretive": "1.0",
            }
            assert commit in result.out
        assert not [path for path in developer.index.requests if "secretive" in path]
    assert_only_there(
        Secrets({"the index": TOKEN}), {"the output": locked.all}, {developer.app: frozenset()}
    )


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_requirements_in_is_compiled(
    developer: Developer, tmp_path: Path, toolchain: str
) -> None:
    write_tree(developer.app, {**PROCFILE, "requirements.in": "anchor\n"})
    locked = developer.lock(toolchain)
    assert locked.status == 0, locked.all
    assert not (developer.app / "pylock.toml").exists()
    text = (developer.app / "requirements.txt").read_text("utf-8")
    assert re.findall(r"^[\w-]+==\S+", text, re.MULTILINE) == ["anchor==1.0", "rope==1.0"]
    developer.index.add(wheel(tmp_path, "anchor", "2.0"))
    result, installed = developer.build(OTHER[toolchain])
    assert installed == {"anchor": "1.0", "rope": "1.0"}
    assert "Dependencies from requirements.txt" in result.out
    write_tree(developer.app, {"requirements.in": "anchor>=2\n"})
    stale = developer.platform.compile(developer.app)
    assert stale.status == 1
    assert "Error: requirements.txt is out of date" in stale.err
    assert "slipway/bin/slipway lock ." in stale.err
    again = developer.lock(toolchain, "--upgrade")
    assert again.status == 0, again.all
    text = (developer.app / "requirements.txt").read_text("utf-8")
    assert "anchor==2.0" in text, again.all


def sentence(result: Result) -> str:
    return " ".join(result.out.replace(" !     ", "").split())
