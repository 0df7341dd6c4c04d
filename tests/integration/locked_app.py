"""One app with a source of each kind, as each tool locks it.

The locks in `locked/` are what the tools wrote; `test_locks_of_tools.py` makes them again in
the stage `long`. The servers have fixed addresses, because locks and their hashes have them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from conftest import ROOT
from integration.conftest import tree
from integration.git_server import GitServer, served_repositories
from integration.index import Index, served
from integration.locking_tools import bundled, locking_env, tool
from integration.packages import wheel, write_tree
from integration.repositories import git

LOCKED = ROOT / "tests" / "integration" / "locked"
PORT = 8416
PUBLIC, PRIVATE, REPOSITORIES = "127.16.1.1", "127.16.1.2", "127.16.1.3"
PRIVATE_NAME = "harbour-rates"
USER, TOKEN = "ci", "s3cr3t/t0k&n-Z"  # of the private index
ENCODED = quote(TOKEN, safe="")
PRIVATE_URL = f"http://{PRIVATE}:{PORT}/simple/"

DATE = "2026-01-01T00:00:00Z"
"""When the commit was made, so it always has the same hash."""

_BACKEND = """
MADE = "*"

def build_editable(folder, config_settings=None, metadata_directory=None):
    return build_wheel(folder)
"""
_MEMBER = """\
[build-system]
requires = []
build-backend = "yard"
backend-path = ["."]

[project]
name = "{name}"
version = "1.0"
dependencies = ["buoy"]
"""


def source_tree(folder: Path, name: str) -> Path:
    """Write a package that requires another one, and whose build needs no index."""
    tree(folder / name, "1.0", metadata="Requires-Dist: buoy\n", code=_BACKEND)
    write_tree(folder / name, {"pyproject.toml": _MEMBER.format(name=name)})
    return folder / name


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The servers that have the packages of the app."""

    public: Index
    private: Index
    repositories: GitServer

    def add_newer(self, folder: Path) -> None:
        """Publish newer versions of everything: nothing may resolve again."""
        for name in ("anchor", "buoy", "sail", "jib", "lantern", "pilot"):
            self.public.add(wheel(folder, name, "3.0"))
        self.private.add(wheel(folder, "harbour_rates", "3.0"))

    @property
    def public_requests_of_the_private_name(self) -> list[str]:
        return [
            path
            for path in self.public.requests
            if PRIVATE_NAME in path.lower().replace("_", "-")
        ]


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Serve the packages of the app; `folder` is for their files."""
    public = Index(host=PUBLIC, port=PORT)
    public.add_setuptools()
    metadata = {
        "anchor": "Requires-Dist: buoy>=1\n",
        "sail": "Provides-Extra: storm\nRequires-Dist: jib>=1; extra == 'storm'\n",
    }
    for name in ("anchor", "sail", "jib", "lantern", "pilot", "linter", "portlight"):
        public.add(wheel(folder, name, "1.0", metadata=metadata.get(name, "")))
    public.add(wheel(folder, "buoy", "1.2"))
    # The name that somebody else registered.
    public.add(wheel(folder, "harbour_rates", "9.0"))
    private = Index(host=PRIVATE, port=PORT, user=f"{USER}:{TOKEN}")
    private.add(wheel(folder, "harbour_rates", "1.4", metadata="Requires-Dist: buoy\n"))
    repository = source_tree(folder / "repositories", "rigging")
    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", ".")
    dates = {"GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE}
    git(repository, "commit", "--quiet", "--message", "1.0", **dates)
    git(repository, "tag", "v1.0")
    of_git = GitServer(folder=repository.parent, host=REPOSITORIES, port=PORT)
    with served(public), served(private), served_repositories(of_git):
        yield Servers(public=public, private=private, repositories=of_git)


COMMON = ("anchor==1.0", "buoy==1.2", "harbour-rates==1.4", "jib==1.0", "rigging==1.0")
ALWAYS = {*COMMON, "sail==1.0", "tides==1.0"}
WITH_GROUP = ALWAYS | {"pilot==1.0"}
WITH_EXTRA = WITH_GROUP | {"lantern==1.0"}


@dataclass(frozen=True, kw_only=True)
class LockedBy:
    """How one tool locks the app, and how the platform builds it."""

    tool: str
    lock: str
    """Its file."""
    write: Callable[[Path, Mapping[str, str]], None]
    """Writes it, in a folder with the project."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Slipway's settings, as config variables."""
    credentials: Mapping[str, str] = field(default_factory=dict)
    """Config variables with the password of the private index, as the tool reads them."""
    installed: set[str] = field(default_factory=lambda: WITH_EXTRA)
    names_sources: bool = True
    """Whether the lock says where the private package comes from."""

    def put(self, folder: Path, *, with_lock: bool = True) -> Path:
        """Write the project, and its lock as it is stored."""
        files = {
            path.name: path.read_text("utf-8")
            for path in (LOCKED / self.tool).iterdir()
            if with_lock or path.name != self.lock
        }
        write_tree(folder, {"Procfile": "web: python -m http.server $PORT\n", **files})
        source_tree(folder / "packages", "tides")
        return folder


def _run(*argv: str | Path) -> Callable[[Path, Mapping[str, str]], None]:
    def write(folder: Path, variables: Mapping[str, str]) -> None:
        env = {**locking_env(folder.parent), **variables}
        program = [str(tool(str(argv[0]))), *argv[1:]] if isinstance(argv[0], str) else argv
        done = subprocess.run(
            [*map(str, program)],
            cwd=folder,
            env=env,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"

    return write


def _bundled(module: str, *arguments: str) -> Callable[[Path, Mapping[str, str]], None]:
    def write(folder: Path, variables: Mapping[str, str]) -> None:
        env = {**locking_env(folder.parent), **variables, "PIP_CONFIG_FILE": "/dev/null"}
        env.pop("PIP_FIND_LINKS", None)
        done = subprocess.run(
            bundled(module, *arguments),
            cwd=folder,
            env=env,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"

    return write


_CHOSEN = {"SLIPWAY_GROUPS": "ops", "SLIPWAY_EXTRAS": "night"}
_OF_URL = {"HARBOUR_USER": USER, "HARBOUR_TOKEN": TOKEN}
_PIP_INDEXES = {
    "PIP_INDEX_URL": f"http://{PUBLIC}:{PORT}/simple/",
    "PIP_EXTRA_INDEX_URL": f"http://{USER}:{ENCODED}@{PRIVATE}:{PORT}/simple/",
}
BY = {
    one.tool: one
    for one in (
        LockedBy(
            tool="uv",
            lock="uv.lock",
            write=_run("uv", "lock", "--no-cache"),
            chosen=_CHOSEN,
            credentials={"UV_INDEX_HARBOUR_USERNAME": USER, "UV_INDEX_HARBOUR_PASSWORD": TOKEN},
        ),
        LockedBy(
            tool="poetry",
            lock="poetry.lock",
            write=_run("poetry", "lock", "--no-interaction"),
            chosen=_CHOSEN,
            credentials={
                "POETRY_HTTP_BASIC_HARBOUR_USERNAME": USER,
                "POETRY_HTTP_BASIC_HARBOUR_PASSWORD": TOKEN,
            },
        ),
        LockedBy(
            tool="pdm",
            lock="pdm.lock",
            write=_run("pdm", "lock", "--group", ":all"),
            chosen=_CHOSEN,
            credentials=_OF_URL,
        ),
        LockedBy(
            tool="pipenv",
            lock="Pipfile.lock",
            write=_run("pipenv", "lock"),
            chosen={"SLIPWAY_GROUPS": "ops"},
            credentials=_OF_URL,
            installed=WITH_GROUP,
        ),
        LockedBy(
            tool="pip",
            lock="pylock.toml",
            write=_bundled("pip", "lock", "--requirement", "requirements.in"),
            credentials=_PIP_INDEXES,
        ),
        LockedBy(
            tool="pip-compile",
            lock="requirements.txt",
            write=_bundled(
                "piptools",
                *("compile", "--generate-hashes", "--strip-extras", "--no-emit-index-url"),
                *("--quiet", "requirements.in"),
            ),
            credentials=_PIP_INDEXES,
            names_sources=False,
        ),
    )
}
