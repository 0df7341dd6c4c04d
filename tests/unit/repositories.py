"""Creates real git repositories for tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from unit.samples import write_files

PATH = os.environ["PATH"]
_SETTINGS = {
    "init.defaultBranch": "main",
    "protocol.file.allow": "always",
    "user.email": "ada@example.org",
    "user.name": "Ada",
}

PYPROJECT = '[project]\nname = "acme"\nversion = "1.0"\n'
BY_TAG = """\
[build-system]
requires = ["setuptools", "setuptools-scm"]
build-backend = "setuptools.build_meta"

[project]
name = "acme"
dynamic = ["version"]

[tool.setuptools_scm]
"""
"""The pyproject.toml of a package that takes its version from git."""


def git(folder: Path, *arguments: str) -> str:
    settings = [part for pair in _SETTINGS.items() for part in ("-c", "=".join(pair))]
    finished = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        env={"PATH": PATH, "HOME": "/nowhere", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def commit(repository: Path, files: Mapping[str, str]) -> str:
    """Write files and commit all changes; return the commit."""
    write_files(repository, files)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "Work")
    return git(repository, "rev-parse", "HEAD")


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """Create a repository with one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    commit(folder, files)
    return folder


def app_with_submodule(root: Path, source: Path, path: str = "vendor/acme") -> Path:
    """Create an app in a repository, with a requirements.txt and a submodule."""
    app = repository(root / "app", {"requirements.txt": f"./{path}\n"})
    git(app, "submodule", "--quiet", "add", str(source), path)
    commit(app, {})
    return app


def without_git(app: Path, place: Path) -> Path:
    """Copy an app as rsync with --exclude=/.git does: the pointers of submodules dangle."""
    subprocess.run(["cp", "-R", str(app), str(place)], check=True)
    subprocess.run(["rm", "-rf", str(place / ".git")], check=True)
    return place
