"""What the tests with platforms' real programs share: a staged buildpack, and the programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from conftest import ROOT
from integration.classic_platform import copy_of_slipway
from integration.conftest import open_to_all
from platforms.daemon import Docker, daemon
from platforms.database import Database, postgresql
from platforms.pack import Pack, build_lifecycle_image, pack_lifecycle
from platforms.phases import Phases
from platforms.provision import PROVISIONED, tool_version
from platforms.registry import Registry, served_registry
from platforms.roots import BUILDER, ROOTS, RUNNER

_WITH_DAEMON = ("test_image_without_python.py", "test_pack.py")


class OneDaemon(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Sends all tests that use Docker to one process, and any other to whichever is free."""

    def _split_scope(self, nodeid: str) -> str:
        # Not xdist's own groups: those do nothing with pytest 9.2.
        name = nodeid.partition("::")[0].rpartition("/")[2]
        return "docker" if name in _WITH_DAEMON else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneDaemon:
    return OneDaemon(config, log)


@pytest.fixture(scope="session")
def buildpack() -> Iterator[Path]:
    """Give Slipway as a builder holds it: nobody but root could change it, and nobody does."""
    with open_to_all("slipway-buildpack-") as folder:
        copy_of_slipway(folder)
        shutil.copy(ROOT / "buildpack.toml", folder)
        yield folder


@contextmanager
def programs(tool: str) -> Iterator[Path]:
    """Copy what was provisioned to where every user can get to it."""
    made = PROVISIONED / tool
    assert made.exists(), f"{made} is missing: tests/run provision makes it"
    with open_to_all(f"{tool}-") as folder:
        shutil.copytree(made, folder, symlinks=True, dirs_exist_ok=True)
        yield folder


@pytest.fixture(scope="session")
def lifecycle() -> Iterator[Path]:
    """Give the programs of the lifecycle that most builders have."""
    with programs("lifecycle") as folder:
        yield folder


@pytest.fixture(scope="session")
def newest_lifecycle() -> Iterator[Path]:
    """Give the programs of the lifecycle that speaks the newest APIs."""
    with programs("lifecycle-newest") as folder:
        yield folder


@pytest.fixture
def phases(buildpack: Path, lifecycle: Path) -> Iterator[Phases]:
    """Give a platform of the test's own; `dataclasses.replace` makes another one of it."""
    with open_to_all("phases-") as folder:
        yield Phases(folder=folder, buildpack=buildpack, lifecycle=lifecycle)


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    """Give a daemon that has the base images: tests/build, tests/run, and one without Python.

    The modules that use it are named in `_WITH_DAEMON`.
    """
    if os.geteuid() != 0:
        pytest.skip("Docker's daemon is started by root only")
    for left in PROVISIONED.glob("docker-*"):
        if not Path("/proc", left.name.partition("-")[2]).exists():
            shutil.rmtree(left)  # its session was killed
    data = PROVISIONED / f"docker-{os.getpid()}"
    data.mkdir()
    with open_to_all("docker-") as folder, daemon(folder, data) as docker:
        for name in ROOTS:
            user = RUNNER if name == "run" else BUILDER
            root = PROVISIONED / "roots" / f"{name}.tar"
            docker.import_root(root, f"tests/{name}", user)
        yield docker
    shutil.rmtree(data)


@pytest.fixture(scope="session")
def pack(docker: Docker, buildpack: Path) -> Iterator[Pack]:
    """Give a pack with a builder that has Slipway; `dataclasses.replace` makes others of it."""
    programs, version = PROVISIONED / "lifecycle", tool_version("lifecycle")
    with open_to_all("pack-") as folder:
        pack_lifecycle(programs, version, folder / "lifecycle.tgz")
        build_lifecycle_image(docker, programs, version, "tests/run")
        pack = Pack(program=PROVISIONED / "pack" / "pack", docker=docker, folder=folder)
        pack.create_builder({"slipway/python": buildpack}, "tests/build", "tests/run")
        yield pack


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """Give a PostgreSQL server on the loopback."""
    with open_to_all("database-") as folder, postgresql(folder) as server:
        yield server


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    """Give an empty registry on the loopback."""
    with open_to_all("registry-") as folder, served_registry(folder) as server:
        yield server
