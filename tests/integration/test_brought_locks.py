"""A uv.lock with sources of each kind: no index is asked for a package of another.

The lock has the form that `uv lock` writes; the test fills in the hashes, and the addresses of
its own servers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Platform, Result
from integration.conftest import tree
from integration.git_server import GitServer, served_repositories
from integration.index import Index, served
from integration.packages import sdist, sha256, source, wheel, write_tree
from integration.planted import Secrets, assert_only_there
from integration.repositories import git
from integration.scenario import PROCFILE, Scenario
from slipway.domain.requirements.lock import Lock, parse

TOKEN = "s3cr3t/t0k&n-Z"  # noqa: S105  # of the test index
SECRETS = Secrets({"the private index": TOKEN})

_PYPROJECT = """
[project]
name = "harbour"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["anchor", "boat", "crane", "plank", "quay"]

[tool.uv.sources]
anchor = {{ index = "yard" }}
boat = {{ index = "yard" }}
crane = {{ git = "{git}/crane.git" }}
quay = {{ workspace = true }}

[tool.uv.workspace]
members = ["packages/*"]

[[tool.uv.index]]
name = "yard"
url = "{private}"
explicit = true

[[tool.uv.index]]
url = "{public}"
default = true
"""
_LOCK = """
version = 1
revision = 3
requires-python = ">=3.10"

[manifest]
members = [
    "harbour",
    "quay",
]

[[package]]
name = "anchor"
version = "1.0"
source = {{ registry = "{private}" }}
wheels = [
    {{ url = "{private_files}/anchor-1.0-py3-none-any.whl", hash = "sha256:{anchor}" }},
]

[[package]]
name = "boat"
version = "1.0"
source = {{ registry = "{private}" }}
sdist = {{ url = "{private_files}/boat-1.0.tar.gz", hash = "sha256:{boat}" }}

[[package]]
name = "crane"
version = "1.0"
source = {{ git = "{git}/crane.git#{commit}" }}

[[package]]
name = "harbour"
version = "1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "anchor" }},
    {{ name = "boat" }},
    {{ name = "crane" }},
    {{ name = "plank" }},
    {{ name = "quay" }},
]

[package.metadata]
requires-dist = [
    {{ name = "anchor", index = "{private}" }},
    {{ name = "boat", index = "{private}" }},
    {{ name = "crane", git = "{git}/crane.git" }},
    {{ name = "plank" }},
    {{ name = "quay", editable = "packages/quay" }},
]

[[package]]
name = "plank"
version = "1.0"
source = {{ registry = "{public}" }}
wheels = [
    {{ url = "{public_files}/plank-1.0-py3-none-any.whl", hash = "sha256:{plank}" }},
]

[[package]]
name = "quay"
source = {{ editable = "packages/quay" }}
"""


@dataclass(frozen=True, kw_only=True)
class Harbour:
    """An app, its servers, and the versions that they have."""

    scenario: Scenario
    public: Index
    private: Index
    repositories: GitServer
    commit: str

    def write(self) -> None:
        values = {
            "git": f"http://127.0.0.1:{self.repositories.port}",
            "commit": self.commit,
            "private": self.private.url,
            "private_files": self.private.file_url("").rstrip("/"),
            "public": self.public.url,
            "public_files": self.public.file_url("").rstrip("/"),
            **{name: self.private.digest_of(name) for name in ("anchor", "boat")},
            "plank": self.digest("plank"),
        }
        files = {
            **PROCFILE,
            "pyproject.toml": _PYPROJECT.format(**values),
            "uv.lock": _LOCK.format(**values),
        }
        write_tree(self.scenario.build, files)
        tree(self.scenario.build / "packages" / "quay", "1.0")

    def compile(self, toolchain: str, **config_vars: str) -> Result:
        scenario = self.scenario.with_index(self.public.url)
        variables = {"SLIPWAY_TOOLCHAIN": toolchain, **DEBUG, **config_vars}
        return scenario.compile(variables)

    @property
    def cache(self) -> Path:
        [folder] = self.scenario.platform.cache.glob("slipway-[0-9]*")
        return folder

    @property
    def requests(self) -> int:
        servers = (self.public, self.private, self.repositories)
        return sum(server.requests.total() for server in servers)

    def digest(self, name: str) -> str:
        index = self.private if name == "anchor" else self.public
        return sha256(index.files[f"{name}-1.0-py3-none-any.whl"])

    def lock_text(self) -> str:
        return (self.scenario.build / ".slipway" / "lock.txt").read_text("utf-8")

    def lock(self) -> Lock:
        return parse(self.lock_text(), "lock.txt")


def pages(index: Index) -> set[str]:
    """Return the packages whose pages were requested."""
    return {path.split("/")[2] for path in index.requests if path.startswith("/simple/")}


CREDENTIALS = {"UV_INDEX_YARD_USERNAME": "ci", "UV_INDEX_YARD_PASSWORD": TOKEN}


@pytest.fixture
def harbour(fresh_platform: Platform, tmp_path: Path) -> Iterator[Harbour]:
    made = tmp_path / "made"
    made.mkdir()
    private = Index(user=f"ci:{TOKEN}")
    private.add(wheel(made, "anchor", "1.0"))
    private.add(sdist(made, "boat", "1.0", source("boat", "1.0")))
    public = Index()
    public.add_setuptools()
    public.add(wheel(made, "plank", "1.0"), wheel(made, "plank", "2.0"))
    for name in ("anchor", "boat", "crane", "quay"):
        public.add(wheel(made, name, "9.0"))  # a stranger's
    repositories = tmp_path / "repositories"
    crane = repositories / "crane.git"
    tree(repositories / "crane", "1.0")
    (repositories / "crane").rename(crane)
    git(crane, "init", "--quiet", "--initial-branch", "main")
    git(crane, "add", ".")
    git(crane, "commit", "--quiet", "--message", "1.0")
    with ExitStack() as stack:
        stack.enter_context(served(private))
        stack.enter_context(served(public))
        server = stack.enter_context(served_repositories(GitServer(folder=repositories)))
        found = Harbour(
            scenario=Scenario(folder=tmp_path, platform=fresh_platform),
            public=public,
            private=private,
            repositories=server,
            commit=git(crane, "rev-parse", "HEAD"),
        )
        found.write()
        yield found


def test_each_package_comes_from_its_own_source(harbour: Harbour) -> None:
    refused = harbour.compile("pip-tools")
    assert refused.status == 1
    assert "UV_INDEX_YARD_USERNAME=user" in refused.words
    assert "UV_INDEX_YARD_PASSWORD=token" in refused.words

    own_hashes = {name: harbour.digest(name) for name in ("anchor", "plank")}
    result = refused
    for toolchain in ("uv", "pip-tools"):
        shutil.rmtree(harbour.cache / "venv", ignore_errors=True)
        result = harbour.compile(toolchain, **CREDENTIALS)
        assert result.status == 0, result.all
        lock = harbour.lock()
        assert {package.name: package.version for package in lock} == dict.fromkeys(
            ("anchor", "boat", "crane", "plank", "quay"), "1.0"
        )
        for package in lock:
            if package.name in own_hashes:
                assert package.hashes == (f"sha256:{own_hashes[package.name]}",)
        assert f"# from the index {harbour.private.url}\n" in harbour.lock_text()
        address = f"git+{harbour.repositories.at()}/crane.git@{harbour.commit}"
        assert f"# from crane @ {address}\n" in harbour.lock_text()
    # pip-tools has found what was fetched for uv.
    assert "fetched" in result.cache_hits
    assert "fetched" not in result.cache_misses

    assert "Installing quay, which is editable in uv.lock, as a wheel" in " ".join(
        result.all.split()
    )

    # Neither index is asked for a package of the other, nor for a stranger's of a name that
    # has another source.
    assert pages(harbour.public) == {"plank", "setuptools"}
    assert pages(harbour.private) == {"anchor", "boat"}

    before = harbour.requests
    again = harbour.compile("pip-tools", **CREDENTIALS)
    assert again.status == 0, again.all
    assert again.commands == []
    assert harbour.requests == before

    platform = harbour.scenario.platform
    places = (harbour.scenario.build, platform.cache, platform.temporary)
    outputs = {"the output": "".join(one.all for one in (refused, result, again))}
    assert_only_there(SECRETS, outputs, {place: frozenset() for place in places})
