"""Errors of package builds, and of requests to a package index."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.bindings import IndexBinding
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


@dataclass(eq=False)
class IndexUnreachable(BuildStopped):
    index: str
    reason: str
    binding: IndexBinding | None = None
    """The service binding that this index came from; its door sets it."""


@dataclass(eq=False)
class IndexNotTrusted(BuildStopped):
    """The URL of an index begins with http://, and pip is not told to trust its host."""

    host: str
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""


@dataclass(eq=False)
class IndexRefused(BuildStopped):
    index: str
    status: int
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""
