"""Where an app says what it needs: one source, read whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slipway.domain.requirements.lines import Kind, Line, read_lines
from slipway.errors.dependencies import ProjectTableMissing

SOURCES = ("requirements.txt", "requirements.in", "pyproject.toml", "setup.py", "setup.cfg")
"""The files that can say it; the first that exists does."""


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """Every line that decides what is installed, from all files together."""

    source: str
    """The file it starts from, one of SOURCES."""
    files: tuple[str, ...]
    """All files that were read, nested ones included, relative to the app."""
    requirements: tuple[Line, ...]
    constraints: tuple[Line, ...] = ()
    options: tuple[Line, ...] = ()

    @property
    def external_requirements(self) -> tuple[Line, ...]:
        """The requirements that do not name a file or folder of the app."""
        return tuple(line for line in self.requirements if line.folder is None)

    @property
    def is_hashed(self) -> bool:
        """Tell whether the app brought a lock of its own: each has a hash that can have one."""
        lines = self.external_requirements
        return bool(lines) and all(line.hashes for line in lines)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(line.name for line in self.requirements if line.name)


def from_pyproject(document: Mapping[str, Any], file: str) -> Dependencies:
    """Read PEP 621 metadata.

    With a [build-system] the app is a package: it is built, and its wheel says what it needs.
    Without one only its dependencies are installed, as uv reads such a project.

    Raises ProjectTableMissing, RequirementInvalid.
    """
    project = document.get("project")
    is_package = "build-system" in document and not _is_virtual(document)
    if not isinstance(project, Mapping) and not is_package:
        raise ProjectTableMissing(file=file)
    if is_package or "dependencies" in _dynamic(project):
        return app_as_package(file)
    named = project.get("dependencies", []) if isinstance(project, Mapping) else []
    lines = [line for text in named for line in read_lines(str(text), file, {})]
    return Dependencies(source=file, files=(file,), requirements=tuple(lines))


def _is_virtual(document: Mapping[str, Any]) -> bool:
    match document:
        case {"tool": {"uv": {"package": False}}} | {
            "tool": {"poetry": {"package-mode": False}}
        }:
            return True
        case _:
            return False


def _dynamic(project: object) -> list[Any]:
    dynamic = project.get("dynamic", []) if isinstance(project, Mapping) else []
    return dynamic if isinstance(dynamic, list) else []


def app_as_package(file: str) -> Dependencies:
    """Build the app's own folder as a package, as `pip install .` does."""
    line = Line(file=file, number=1, text=".", kind=Kind.DIRECT, value=".")
    return Dependencies(source=file, files=(file,), requirements=(line,))
