"""Fixtures of the unit tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.python.selection import Interpreter
from slipway.effects.interpreters import PROBE
from slipway.effects.packages.bundled_tools import BundledTools


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-plans",
        action="store_true",
        help="write new copies of the plans to tests/unit/plans; check the changes in the diff",
    )


@pytest.fixture(scope="session")
def python() -> Interpreter:
    """Return the report of the Python that runs the tests, as a build gets the app's."""
    argv = [os.path.realpath(sys.executable), "-I", "-S", "-c", PROBE]
    report = {**json.loads(subprocess.check_output(argv, text=True)), "build": "0"}
    return Interpreter(**{field.name: report[field.name] for field in fields(Interpreter)})


@pytest.fixture(scope="session")
def bundled_tools(tmp_path_factory: pytest.TempPathFactory) -> BundledTools:
    """Unpack all of Slipway's own tools, which takes a second."""
    return BundledTools(ROOT / "vendor", tmp_path_factory.mktemp("tools"))


@pytest.fixture(scope="session")
def build_frontend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack only pypa/build and its dependencies, which is quick."""
    folder = tmp_path_factory.mktemp("tools")
    for name in ("build", "packaging", "pyproject_hooks", "tomli"):
        (wheel,) = (ROOT / "vendor").glob(f"{name}-*.whl")
        with zipfile.ZipFile(wheel) as zipped:
            zipped.extractall(folder)
    return folder


@pytest.fixture
def make_deep(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Return what makes 3,000 folders in one another, whose path is longer than PATH_MAX."""
    yield _make_deep
    # Not pytest, which would fail to remove them before a later run.
    subprocess.run(["rm", "-rf", "--", *tmp_path.iterdir()], check=True)


def _make_deep(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("dd", dir_fd=place)
        inner = os.open("dd", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)
