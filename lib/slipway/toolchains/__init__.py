"""Who resolves and installs: what each toolchain can do, and the files it is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from packaging.requirements import Requirement

from slipway.domain.python.selection import Interpreter
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import bracketed_extras
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects.packages.virtualenvs import Virtualenv


@dataclass(frozen=True, kw_only=True)
class LocalDistribution:
    """A wheel or sdist on this disk; its name is taken, and no index is asked for it."""

    name: str
    """Normalized."""
    version: str
    path: Path
    sha256: str
    source: str
    """Where it came from: a path relative to the app, or an address."""
    requires: tuple[str, ...] = ()
    """What its metadata says that it needs."""

    @property
    def constraint(self) -> str:
        """What makes pip take this file, and no other, for every demand of the name.

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
class DirectRequirement:
    """Something that stands at an address elsewhere, to be built into a wheel."""

    line: str
    """What pip is told, variables not filled in."""
    extras: str
    """`[one,two]`, or nothing."""
    source: str
    """What the lock says it was built from."""

    @classmethod
    def of(cls, requirement: str) -> DirectRequirement:
        """Take a requirement of a package, `name[extra] @ address`."""
        extras = bracketed_extras(Requirement(requirement).extras)
        return cls(line=requirement, extras=extras, source=redact(requirement))


@dataclass(frozen=True, kw_only=True)
class RequirementFiles:
    """What is asked for, as files for the toolchain; all outside the app's folder."""

    folder: Path
    app: Path
    """Where relative paths in the requirements start."""
    requirements: str
    """Lines that an index, or the distributions here, can answer."""
    constraints: str
    options: str
    """Where and how to look: index addresses and the like, variables not filled in."""
    distributions: Sequence[LocalDistribution] = ()
    """What is on this disk, for the requirements and for all that is built on the way."""
    direct: Sequence[DirectRequirement] = ()
    """Built into wheels first, because a repository has no hash."""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """What is to be installed."""

    lock: Lock
    wheels: Mapping[str, Path]
    """Name -> file, for the packages that no index has."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Name -> `file:` address of the same."""
        return {name: path.as_uri() for name, path in self.wheels.items()}

    def with_distributions(self, distributions: Sequence[LocalDistribution]) -> Locked:
        """Pin what lies on this disk by its version and hash, and say what it was."""
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
    """Makes a lock, an environment, and an environment equal to a lock."""

    @property
    def name(self) -> str | None:
        """What the log calls it; None where nothing has yet decided which one it is."""

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        """Raise ResolveFailed, or what exactly kept it from resolving."""

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        """Make an empty environment, without pip."""

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        """Install what the file locks, and nothing that its hashes do not name.

        The environment may have packages already: what the file does not name stays.
        What has to be built on the way takes, of the names that are `here`, nothing else.

        Raise InstallFailed, or what exactly kept it from installing.
        """


def constraints(distributions: Sequence[LocalDistribution]) -> str:
    """Give the constraints file that pins every name that is here."""
    return "".join(f"{distribution.constraint}\n" for distribution in distributions)


def locked_with(lock: Lock, distributions: Sequence[LocalDistribution]) -> Locked:
    """Give what a resolver answered, with what lies on this disk.

    Markers are left out: of what was resolved for one Python they hold, and not every
    resolver writes them.
    """
    packages = (
        replace(package, requirement=package.requirement.partition(";")[0].strip())
        for package in lock
    )
    return Locked(lock=Lock(packages=tuple(packages)), wheels={}).with_distributions(
        distributions
    )
