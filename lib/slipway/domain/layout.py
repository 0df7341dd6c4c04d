"""The folders that a build reads and writes; each door has its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Layout:
    repository: Path
    """The user's files."""
    app: Path
    """The folder of the app: the same, or one below, which the setting `root` names."""
    virtualenv: Path
    """The virtual environment: a folder in the repository, or a layer."""
    python: Path
    """The folder of a bundled Python."""
    record: Path
    """The folder of the lock and the build record."""
    start: Path
    """The folder of the modules that run whenever a process of the app starts."""
    repository_at_start: Path | None = None
    """Where the repository will be when the app runs, as seen from the virtual environment;
    None if they are moved together, or not at all."""

    @property
    def path_in_repository(self) -> str:
        """The path of the app in the repository; empty if they are the same."""
        return "" if self.app == self.repository else str(self.app.relative_to(self.repository))


IN_APP = ".slipway"
"""Slipway's folder at the top of a repository that is built in place."""
RELEASE = "release.yml"
"""The file in that folder that `bin/release` prints."""
FOR_TESTS = "for-tests"
"""A file in that folder after a build for tests: the virtual environment has what they need."""


def in_app(repository: Path, path_in_repository: str = "") -> Layout:
    """Return the layout with Slipway's folders at the top of the repository."""
    own = repository / IN_APP
    return Layout(
        repository=repository,
        app=repository / path_in_repository,
        virtualenv=own / "venv",
        python=own / "python",
        record=own,
        start=own / "runtime",
    )
