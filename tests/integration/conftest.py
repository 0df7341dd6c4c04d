"""Shared fixtures: a copy of Slipway, one cache, and a platform for each test."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import Platform, copy_slipway
from integration.databases import Database, mariadb, pgbouncer, postgresql
from integration.isolation import without_network
from integration.packages import wheel, write_tree
from integration.staged_in_place import CACHE_OF_LAST, StagedInPlace
from slipway.effects.cache.kinds import LAST_BUILD

FreshApp = Callable[[str], Path]

_PYPROJECT = """
[build-system]
requires = {requires}
build-backend = "yard"
backend-path = ["."]

[project]
name = "{name}"
dynamic = ["version"]
"""
_BACKEND = """
import shutil
from pathlib import Path

{code}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    [wheel] = Path("made").glob(MADE)
    return Path(shutil.copy(wheel, folder)).name
"""


def tree(
    place: Path,
    *versions: str,
    metadata: str = "",
    requires: Sequence[str] = (),
    code: str = 'MADE = "*"',
) -> Path:
    """Write a source tree with its own backend, whose build needs no index.

    The tree holds a wheel of each version, and the backend copies one of them. `code` sets
    MADE, the pattern that selects it.
    """
    name = place.name
    pyproject = _PYPROJECT.format(name=name, requires=json.dumps([*requires]))
    write_tree(place, {"pyproject.toml": pyproject, "yard.py": _BACKEND.format(code=code)})
    (place / "made").mkdir()
    for version in versions:
        wheel(place / "made", name, version, metadata=metadata)
    return place


@contextmanager
def open_to_all(prefix: str) -> Iterator[Path]:
    """Yield a folder that every user can access; pytest's are for its own user only."""
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for parent, _, _ in os.walk(folder):
            os.chmod(parent, 0o755)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def slipway() -> Iterator[Path]:
    """Yield a copy of Slipway, since a build writes `export` into it."""
    with open_to_all("slipway-copy-") as folder:
        yield copy_slipway(folder)


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the cache of all tests that just need a build, in whichever xdist worker."""
    base = tmp_path_factory.getbasetemp()
    if base.name.startswith("popen-"):
        base = base.parent
    return base / "cache"


@pytest.fixture
def platform(slipway: Path, shared_cache: Path, tmp_path: Path) -> Platform:
    folder = tmp_path / "platform"
    folder.mkdir()
    _forget_last_builds(shared_cache)
    return Platform(slipway=slipway, folder=folder, cache=shared_cache)


def _forget_last_builds(cache: Path) -> None:
    """Forget their Pythons: apps of other tests may require the same packages on another."""
    for last_build in cache.glob(f"*/{LAST_BUILD.name}"):
        last_build.unlink(missing_ok=True)


@pytest.fixture
def staged_in_place(slipway: Path, shared_cache: Path, open_folder: Path) -> StagedInPlace:
    """Return a platform that calls Cloud Foundry's scripts."""
    _forget_last_builds(shared_cache / CACHE_OF_LAST)
    return StagedInPlace(slipway=slipway, folder=open_folder, cache=shared_cache)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    with open_to_all("open-") as folder:
        yield folder


@pytest.fixture
def fresh_platform(platform: Platform, tmp_path: Path) -> Platform:
    """Return a platform with an empty cache that only this test uses.

    Tests that compare which Python is selected need it: two apps of parallel tests may require
    the same packages, and an app stays on the Python of its last build.
    """
    return replace(platform, cache=tmp_path / "cache")


@pytest.fixture
def offline(fresh_platform: Platform) -> Platform:
    """Return the same platform without a network, not even the loopback interface."""
    return replace(fresh_platform, within=without_network())


@pytest.fixture
def fresh_app(tmp_path: Path) -> FreshApp:
    """Replace the build folder by a copy of a fixture: `fresh_app(name)`."""

    def put(name: str) -> Path:
        build = tmp_path / "build"
        shutil.rmtree(build, ignore_errors=True)
        return shutil.copytree(FIXTURES / name, build, symlinks=True)

    return put


@pytest.fixture(scope="session")
def harbour(
    slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the Django site, built and moved. Tests must not change it."""
    folder = tmp_path_factory.mktemp("harbour")
    build = shutil.copytree(FIXTURES / "django_site", folder / "build")
    platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
    platform.build(build)
    return platform.move(build)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-words",
        action="store_true",
        help="store the current words of each error and the logs, and write docs/errors.md",
    )


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[Database]:
    with open_to_all("postgresql-") as folder, postgresql(folder) as server:
        yield server


@pytest.fixture(scope="module")
def pgbouncer_server(postgresql_server: Database) -> Iterator[Database]:
    with open_to_all("pgbouncer-") as folder, pgbouncer(folder, postgresql_server) as server:
        yield server


@pytest.fixture(scope="module")
def mariadb_server() -> Iterator[Database]:
    with open_to_all("mariadb-") as folder, mariadb(folder) as server:
        yield server
