"""Paths, and copies of the fixtures to build, for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"

App = Callable[[str], Path]


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Copy a fixture to the test's own folder: `app("django_site")`."""

    def copy(name: str) -> Path:
        return shutil.copytree(
            FIXTURES / name,
            tmp_path / "build",
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    return copy
