"""The dependencies of an app: every line of the files that declare them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.domain.requirements.lines import Line, LineKind, read_lines
from slipway.errors.dependencies import ProjectTableMissing

DEPENDENCY_FILES = (
    "requirements.txt",
    "requirements.in",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
)
"""The files that can declare dependencies; the first that exists is read."""


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """Every line that decides what is installed, from all files together."""

    origin: str
    """The file that is read first, one of DEPENDENCY_FILES, or those that a setting names."""
    files: tuple[str, ...]
    """All files that were read, nested ones included, relative to the app."""
    requirements: tuple[Line, ...]
    constraints: tuple[Line, ...] = ()
    options: tuple[Line, ...] = ()

    @property
    def external_requirements(self) -> tuple[Line, ...]:
        """The requirements that do not name a file or folder of the app."""
        return tuple(line for line in self.requirements if line.local_path is None)

    @property
    def is_hashed(self) -> bool:
        """Whether this is a lock: each requirement that can have a hash has one."""
        lines = self.external_requirements
        return bool(lines) and all(line.hashes for line in lines)

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


def from_pyproject(document: Mapping[str, Any], file: str) -> Dependencies:
    """Read PEP 621 metadata.

    An app with a [build-system] is a package, unless uv's or Poetry's table says that it is
    not, and so is any app with dynamic dependencies. A package is built, and its wheel declares
    the dependencies. For other apps, only the dependencies are installed, as uv does.

    Raises ProjectTableMissing, RequirementInvalid.
    """
    project = document.get("project")
    match document:
        case {"tool": {"uv": {"package": False}}} | {
            "tool": {"poetry": {"package-mode": False}}
        }:
            is_package = False
        case _:
            is_package = "build-system" in document
    if not isinstance(project, Mapping):
        if is_package:
            return app_as_package(file)
        raise ProjectTableMissing(file=file)
    dynamic = project.get("dynamic", [])
    if is_package or (isinstance(dynamic, list) and "dependencies" in dynamic):
        return app_as_package(file)
    lines = [
        line
        for text in project.get("dependencies", [])
        for line in read_lines(str(text), file, {})
    ]
    return Dependencies(origin=file, files=(file,), requirements=tuple(lines))


def app_as_package(file: str) -> Dependencies:
    """Require the app's own folder as a package, as `pip install .` does."""
    line = Line(file=file, number=1, text=".", kind=LineKind.DIRECT, value=".")
    return Dependencies(origin=file, files=(file,), requirements=(line,))
