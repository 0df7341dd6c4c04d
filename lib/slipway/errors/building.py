"""Errors of package builds."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class CompilerMissing(BuildStopped):
    package: str
    program: str
    debian: str
    is_vendored: bool = False
    """Whether the package is vendored; `package` is then its path."""


@dataclass(eq=False)
class HeaderMissing(BuildStopped):
    package: str
    header: str
    debian: str | None
    is_vendored: bool = False
    """As in CompilerMissing."""


@dataclass(eq=False)
class PythonHeadersMissing(BuildStopped):
    package: str
    debian: str
    """The package with the headers of the image's own Python."""
    is_vendored: bool = False
    """As in CompilerMissing."""


@dataclass(eq=False)
class PackageBuildFailed(BuildStopped):
    package: str
    output: tuple[str, ...]
