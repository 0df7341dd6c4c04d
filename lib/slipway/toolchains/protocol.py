"""The interface of toolchains, and the values that they take and return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from slipway.domain.packaging_text import parse_requirement
from slipway.domain.python.selection import Interpreter
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import Line, bracketed_extras
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects.packages.virtualenvs import Virtualenv

if TYPE_CHECKING:
    from slipway.domain.locks.written import IndexFile


@dataclass(frozen=True, kw_only=True)
class LocalDistribution:
    """A wheel or sdist in a local file: no index is used for its name."""

    name: str
    """Normalized."""
    version: str
    path: Path
    sha256: str
    source: str
    """Where it is from: a path relative to the app, an address, or `the index https://...`;
    empty for a file of a lock that has several."""
    requires: tuple[str, ...] = ()
    """Requires-Dist in its metadata."""
    required_paths: tuple[tuple[str, str], ...] = ()
    """Those of `requires` that had the URL of a file or folder in the app, with its path."""

    @property
    def is_vendored(self) -> bool:
        """Whether it is in the app."""
        return bool(self.source) and "://" not in self.source

    @property
    def constraint(self) -> str:
        """A constraint that makes pip use this file for the name, and no other.

        https://pip.pypa.io/en/stable/user_guide/#constraints-files
        """
        return f"{self.name} @ {self.path.as_uri()}"

    @property
    def locked(self) -> LockedPackage:
        return LockedPackage(
            name=self.name,
            requirement=f"{self.name}=={self.version}",
            hashes=(f"sha256:{self.sha256}",),
            source=self.source or None,
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
    required_by: str
    """As in RequiredPackage."""

    @classmethod
    def of_line(cls, line: Line) -> DirectReference:
        """Convert a DIRECT line of the app."""
        return cls(
            line=line.requirement,
            extras=line.extras,
            source=redact(line.requirement),
            required_by=line.place,
        )

    @classmethod
    def of(cls, requirement: str, required_by: str) -> DirectReference:
        """Convert a requirement of a package, `name[extra] @ address`."""
        return cls(
            line=requirement,
            extras=bracketed_extras(parse_requirement(requirement).extras),
            source=redact(requirement),
            required_by=required_by,
        )


@dataclass(frozen=True, kw_only=True)
class RequirementFiles:
    """The input of a resolver, as texts for files that are written outside the app."""

    folder: Path
    """A temporary folder for this resolution."""
    app: Path
    """Relative paths in the requirements are relative to this folder."""
    requirements: str
    """Lines that an index or a local distribution can satisfy."""
    constraints: str
    options: str
    """Lines that say which indexes to use, and how; variables are not filled in."""
    distributions: Sequence[LocalDistribution] = ()
    """For the requirements, and for packages that are built during the resolution."""
    direct: Sequence[DirectReference] = ()
    """To be built into wheels first, because a repository has no hash."""
    preferred: Sequence[str] = ()
    """Versions to lock if the requirements allow them: `name==1.2`."""

    @property
    def earlier_lock(self) -> str:
        """The text of an earlier result, whose versions resolvers keep if they can."""
        return "".join(f"{text}\n" for text in self.preferred)


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A lock, with the files that do not come from an index."""

    lock: Lock
    wheels: Mapping[str, Path]
    """Name -> file, for local distributions."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Name -> the address of that file, `file:...`."""
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
    """Resolves requirements into a lock, creates virtual environments, and installs locks."""

    @property
    def name(self) -> str | None:
        """Its name in the log; None until the toolchain is chosen."""

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        """Make a lock for a Python.

        Raises ResolveFailed, or a more precise error.
        """

    def find_files(
        self, files: RequirementFiles, interpreter: Interpreter
    ) -> Mapping[str, Sequence[IndexFile]]:
        """Return the files that the indexes have of requirements with exact versions, by name.

        Files for other platforms are included. Addresses may have credentials.

        Raises ResolveFailed, or a more precise error.
        """

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        """Create an empty virtual environment, without pip."""

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        """Install the packages that the file locks, only from files with its hashes.

        Other packages in the virtual environment stay installed. If a package has to be built,
        its build uses `distributions`, and no other packages of their names.

        Raises InstallFailed, or a more precise error.
        """


def constraints(distributions: Sequence[LocalDistribution]) -> str:
    """Return the lines of a constraints file that pins each distribution to its file."""
    return "".join(f"{distribution.constraint}\n" for distribution in distributions)


def locked_with(lock: Lock, distributions: Sequence[LocalDistribution]) -> Locked:
    """Return a resolver's lock, with the local distributions among its packages.

    Markers are removed, because a lock for one Python needs none, and not every resolver
    writes them.
    """
    packages = (
        replace(package, requirement=package.requirement.partition(";")[0].strip())
        for package in lock
    )
    return Locked(lock=Lock(packages=tuple(packages)), wheels={}).with_distributions(
        distributions
    )
