"""Shared fixtures: a copy of the buildpack, and the real programs of platforms."""

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
from integration.classic_platform import copy_slipway
from integration.conftest import open_to_all
from integration.databases import Database, postgresql
from platforms.daemon import Docker, daemon
from platforms.doors import ROW, table
from platforms.pack import Pack, build_lifecycle_image, pack_lifecycle
from platforms.phases import Phases
from platforms.provision import PROVISIONED, tool_version
from platforms.registry import Registry, served_registry
from platforms.roots import BUILDER, ROOTS, RUNNER

_WITH_DAEMON = ("test_image_without_python.py", "test_pack.py")


class OneDaemon(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Sends all tests that use Docker to one process, and each other test to any process."""

    def _split_scope(self, nodeid: str) -> str:
        # xdist's own groups have no effect with pytest 9.2.
        name = nodeid.partition("::")[0].rpartition("/")[2]
        return "docker" if name in _WITH_DAEMON else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneDaemon:
    return OneDaemon(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have found out about each door, also if all of them have passed."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    properties = [one for report in reports for one in report.user_properties]
    rows = [cells for name, cells in properties if name == ROW]
    if rows:
        terminalreporter.section("the same app through each door")
        terminalreporter.write_line(table(rows))


@pytest.fixture(scope="session")
def buildpack() -> Iterator[Path]:
    """Yield Slipway as in a builder: only root could change it, and tests must not."""
    with open_to_all("slipway-buildpack-") as folder:
        copy_slipway(folder)
        shutil.copy(ROOT / "buildpack.toml", folder)
        yield folder


@contextmanager
def programs(tool: str) -> Iterator[Path]:
    """Copy provisioned programs to a folder that every user can access."""
    made = PROVISIONED / tool
    assert made.exists(), f"{made} is missing: tests/run provision makes it"
    with open_to_all(f"{tool}-") as folder:
        shutil.copytree(made, folder, symlinks=True, dirs_exist_ok=True)
        yield folder


@pytest.fixture(scope="session")
def lifecycle() -> Iterator[Path]:
    """Yield the programs of the lifecycle that most builders have."""
    with programs("lifecycle") as folder:
        yield folder


@pytest.fixture(scope="session")
def newest_lifecycle() -> Iterator[Path]:
    """Yield the programs of the lifecycle that supports the newest APIs."""
    with programs("lifecycle-newest") as folder:
        yield folder


@pytest.fixture
def phases(buildpack: Path, lifecycle: Path) -> Iterator[Phases]:
    """Yield a separate platform for the test; `dataclasses.replace` makes variants of it."""
    with open_to_all("phases-") as folder:
        yield Phases(folder=folder, buildpack=buildpack, lifecycle=lifecycle)


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    """Yield a daemon with the base images of `ROOTS`, named tests/NAME.

    `_WITH_DAEMON` must name the modules that use it.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can start Docker's daemon")
    for leftover in PROVISIONED.glob("docker-*"):
        if not Path("/proc", leftover.name.partition("-")[2]).exists():
            shutil.rmtree(leftover)  # its session was killed
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
    """Yield pack with a builder with Slipway; `dataclasses.replace` makes variants of it."""
    programs, version = PROVISIONED / "lifecycle", tool_version("lifecycle")
    with open_to_all("pack-") as folder:
        pack_lifecycle(programs, version, folder / "lifecycle.tgz")
        build_lifecycle_image(docker, programs, version, "tests/run")
        pack = Pack(program=PROVISIONED / "pack" / "pack", docker=docker, folder=folder)
        pack.create_builder({"slipway/python": buildpack}, "tests/build", "tests/run")
        yield pack


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """Yield a PostgreSQL server on the loopback interface."""
    with open_to_all("database-") as folder, postgresql(folder) as server:
        yield server


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    """Yield an empty registry on the loopback interface."""
    with open_to_all("registry-") as folder, served_registry(folder) as server:
        yield server
