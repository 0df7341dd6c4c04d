"""What each toolchain does, and the values that it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from packaging.requirements import Requirement

from slipway.domain.python.selection import Interpreter
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import Line, bracketed_extras
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects.packages.virtualenvs import Virtualenv


@dataclass(frozen=True, kw_only=True)
class LocalDistribution:
    """A wheel or sdist in a local file: no index is used for its name."""

    name: str
    """Normalized."""
    version: str
    path: Path
    sha256: str
    source: str
    """What it was built from: a path relative to the app, or an address."""
    requires: tuple[str, ...] = ()
    """Requires-Dist in its metadata."""

    @property
    def constraint(self) -> str:
        """Lets pip take this file, and no other, whatever requires the name.

        https://pip.pypa.io/en/stable/user_guide/#constraints-files
        """
        return f"{self.name} @ {self.path.as_uri()}"

    @property
    def locked(self) -> LockedPackage:
        return LockedPackage(
            name=self.name,
            requirement=f"{self.name}=={self.version}",
            hashes=(f"sha256:{self.sha256}",),
            source=self.source,
        )


@dataclass(frozen=True, kw_only=True)
class DirectReference:
    """A requirement with an address outside the app, to be built into a wheel."""

    line: str
    """As in a requirements file, variables not filled in."""
    extras: str
    """`[one,two]`, or nothing."""
    source: str
    """What the lock names as its source, without credentials."""

    @classmethod
    def of_line(cls, line: Line) -> DirectReference:
        """Make one of a DIRECT line of the app."""
        source = redact(line.requirement)
        return cls(line=line.requirement, extras=line.extras, source=source)

    @classmethod
    def of(cls, requirement: str) -> DirectReference:
        """Make one of a package's requirement, `name[extra] @ address`."""
        extras = bracketed_extras(Requirement(requirement).extras)
        return cls(line=requirement, extras=extras, source=redact(requirement))


@dataclass(frozen=True, kw_only=True)
class RequirementFiles:
    """What is to be resolved, as the texts of files that are written outside the app."""

    folder: Path
    """A temporary folder for this resolution."""
    app: Path
    """Where relative paths in the requirements start."""
    requirements: str
    """Lines that an index or a local distribution can satisfy."""
    constraints: str
    options: str
    """Lines that name indexes and how to use them, variables not filled in."""
    distributions: Sequence[LocalDistribution] = ()
    """For the requirements, and for everything that is built on the way."""
    direct: Sequence[DirectReference] = ()
    """To be built into wheels first, because a repository has no hash."""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A lock, with the files that it cannot get from an index."""

    lock: Lock
    wheels: Mapping[str, Path]
    """Name -> file, for local distributions."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Name -> `file:` address of the same."""
        return {name: path.as_uri() for name, path in self.wheels.items()}

    def with_distributions(self, distributions: Sequence[LocalDistribution]) -> Locked:
        """Lock local distributions by version, hash and source, if the lock names them."""
        by_name = {
            found.name: found for found in distributions if found.name in self.lock.names
        }
        packages = (
            by_name[package.name].locked if package.name in by_name else package
            for package in self.lock
        )
        return Locked(
            lock=Lock(packages=tuple(packages)),
            wheels={**self.wheels, **{name: found.path for name, found in by_name.items()}},
        )


class Toolchain(Protocol):
    """Resolves requirements into a lock, creates environments, and installs locks."""

    @property
    def name(self) -> str | None:
        """What the log calls it; None while it is not decided which one is used."""

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        """Make a lock for a Python.

        Raises ResolveFailed, or a more precise error.
        """

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        """Create an empty environment, without pip."""

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        """Install what the file locks, and nothing that its hashes do not name.

        The environment may have packages already: what the file does not name stays. A package
        that has to be built uses `distributions`, and no others of their names.

        Raises InstallFailed, or a more precise error.
        """


def constraints(distributions: Sequence[LocalDistribution]) -> str:
    """Write a constraints file that pins each of these to its file."""
    return "".join(f"{distribution.constraint}\n" for distribution in distributions)


def locked_with(lock: Lock, distributions: Sequence[LocalDistribution]) -> Locked:
    """Give a resolver's lock, with the local distributions among its packages.

    Markers are left out: what was resolved for one Python needs none, and not every resolver
    writes them.
    """
    packages = (
        replace(package, requirement=package.requirement.partition(";")[0].strip())
        for package in lock
    )
    return Locked(lock=Lock(packages=tuple(packages)), wheels={}).with_distributions(
        distributions
    )
