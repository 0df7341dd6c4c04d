"""The dependencies of an app: every line of the files that declare them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.domain.locks.brought import NO_CHOICE, BroughtLock, Choice, Pin
from slipway.domain.requirements.declared_sources import UnusedSource
from slipway.domain.requirements.groups import (
    group_names,
    own_line,
    package_requirements,
    project_requirements,
)
from slipway.domain.requirements.lines import Line
from slipway.domain.requirements.poetry_requirements import poetry_requirements
from slipway.domain.toml_text import table_in
from slipway.errors.dependencies import ProjectTableMissing

DEPENDENCY_FILES = (
    "requirements.txt",
    "requirements.in",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    "setup.cfg",
)
"""The files that can declare dependencies, in the order in which they count, after locks."""


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """Every line that decides what is installed, from all files together."""

    origin: str
    """The file that counts: a lock, one of DEPENDENCY_FILES, or those that a setting names."""
    files: tuple[str, ...]
    """All files that were read, nested ones included, relative to the app."""
    requirements: tuple[Line, ...]
    constraints: tuple[Line, ...] = ()
    options: tuple[Line, ...] = ()
    sources: tuple[str, ...] = ()
    """The declared sources that are used, as log lines without credentials."""
    lock_command: str = ""
    """What locks requirements files again, by the header that a tool has written."""
    uncompared: tuple[str, ...] = ()
    """What cannot be read of what the files were compiled from, a sentence each."""
    unused_sources: tuple[UnusedSource, ...] = ()
    """Sources of packages that no index must replace, unless they turn out not to apply."""
    requires_python: str = ""
    """The Python that a Pipfile is for, as it is written there; empty for any."""
    lock: BroughtLock | None = None
    """The lock that the app brings, in a format of its own."""
    choice: Choice = NO_CHOICE
    """The groups and extras that are installed."""
    pins: tuple[Pin, ...] = ()
    """What the lock has for the app's Python, once that is selected."""
    beside_lock: tuple[Line, ...] = ()
    """What only the tests require, and the lock of the app does not list."""
    unchosen: tuple[Pin, ...] = ()
    """What the lock has in a group or extra that is not installed, if a package that the build
    adds is there."""

    @property
    def external_requirements(self) -> tuple[Line, ...]:
        """The requirements that do not name a file or folder of the app."""
        return tuple(line for line in self.requirements if line.local_path is None)

    @property
    def is_lock(self) -> bool:
        """Whether the app says exactly what is installed, so nothing of it is resolved."""
        return self.lock is not None or self.is_hashed

    @property
    def is_hashed(self) -> bool:
        """Whether each requirement that can have a hash has one."""
        lines = self.external_requirements
        return bool(lines) and all(line.hashes for line in lines)

    @property
    def pinned_names(self) -> frozenset[str]:
        """The packages that the app's lock has for its Python, wherever they come from."""
        return frozenset(pin.name for pin in self.pins)

    def has_hash(self, digests: Iterable[str]) -> bool:
        """Return whether a requirement has one of these hashes, given without the algorithm."""
        given = {
            text.rpartition(":")[2].lower()
            for line in self.requirements
            for text in line.hashes
        }
        return not given.isdisjoint(digest.lower() for digest in digests)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(line.name for line in self.requirements if line.name)


def from_pyproject(
    document: Mapping[str, Any], file: str, choice: Choice = NO_CHOICE
) -> Dependencies:
    """Read PEP 621 metadata, the chosen extras of the app, and the groups (PEP 735).

    An app with a [build-system] is a package, unless uv's or Poetry's table says that it is
    not, and so is any app with dynamic dependencies. A package is built, and its wheel declares
    the dependencies. For other apps, only the dependencies are installed, as uv does: those in
    [project], or else those in Poetry's table.

    Raises ProjectTableMissing, RequirementsMistyped, RequirementInvalid, AddressUnusable,
    DependencyGroupInvalid, PoetryDependencyInvalid.
    """
    is_built = is_package(document)
    of_poetry = poetry_requirements(document, file, choice, is_package=is_built)
    if is_built:
        requirements = (*package_requirements(document, file, choice), *of_poetry)
        return Dependencies(origin=file, files=(file,), requirements=requirements)
    is_for_poetry = bool(table_in(document, "tool", "poetry", "dependencies"))
    is_declared = is_for_poetry or isinstance(document.get("project"), Mapping)
    if not is_declared and not choice.groups:
        raise ProjectTableMissing(file=file, groups=group_names(document))
    requirements = (*project_requirements(document, file, choice), *of_poetry)
    return Dependencies(origin=file, files=(file,), requirements=requirements)


def is_package(document: Mapping[str, Any]) -> bool:
    """Return whether a pyproject.toml makes the app a package: see from_pyproject."""
    match document:
        case {"tool": {"poetry": {"package-mode": False}}}:
            return False  # Poetry's own table lists what is dynamic
        case {"project": {"dynamic": [*fields]}} if "dependencies" in fields:
            return True
        case {"tool": {"uv": {"package": False}}}:
            return False
        case _:
            return "build-system" in document


def app_as_package(file: str, extras: Iterable[str] = ()) -> Dependencies:
    """Require the app's own folder as a package, as `pip install .[extra]` does."""
    return Dependencies(origin=file, files=(file,), requirements=(own_line(file, extras),))
