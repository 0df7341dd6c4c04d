"""Who resolves and installs: what each toolchain can do, and the files it is handed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slipway.domain.lock import Lock
from slipway.domain.python_version import Interpreter
from slipway.effects.environments import Environment


@dataclass(frozen=True, kw_only=True)
class DirectRequirement:
    """Something that stands at one address, to be built into a wheel."""

    line: str
    """What pip is told, variables not filled in."""
    extras: str
    """`[one,two]`, or nothing."""
    source: str
    """What the lock says it was built from."""


@dataclass(frozen=True, kw_only=True)
class RequirementFiles:
    """What the app asks for, as files for the toolchain; all outside the app's folder."""

    folder: Path
    app: Path
    """Where relative paths in the requirements start."""
    requirements: str
    """Lines that an index can answer."""
    constraints: str
    options: str
    """Where and how to look: index addresses and the like, variables not filled in."""
    direct: Sequence[DirectRequirement]
    """Built into wheels first, because a repository or a folder has no hash."""


@dataclass(frozen=True, kw_only=True)
class Resolution:
    lock: Lock
    wheels: Path
    """A folder with the wheels that were built for the lock; empty if there are none."""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """What is to be installed."""

    lock: Lock
    wheels: Path | None
    """A folder with the wheels that the lock names and no index has."""


class Toolchain(Protocol):
    """Makes a lock, an environment, and an environment equal to a lock."""

    @property
    def name(self) -> str:
        """What the log calls it."""

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Resolution:
        """Raise ResolveFailed, or what exactly kept it from resolving."""

    def create(self, environment: Environment, interpreter: Interpreter) -> None:
        """Make an empty environment, without pip."""

    def install(self, environment: Environment, lock_file: Path, wheels: Path | None) -> None:
        """Install what the file locks, and nothing that its hashes do not name.

        Raise InstallFailed, or what exactly kept it from installing.
        """

    def check(self, environment: Environment) -> None:
        """Raise EnvironmentInconsistent if what is installed does not fit together."""
