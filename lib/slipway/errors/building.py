"""Errors of package builds."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.python import UnfitForPython


@dataclass(eq=False, kw_only=True)
class FailedBuild(UnfitForPython):
    """What all of these errors know."""

    package: str
    """Its name; its path in the app if it is vendored; THE_APP if it is the app."""
    version: str = ""
    """Empty if that is not known, and for what is vendored."""
    required_by: str = ""
    """As in RequiredPackage; empty if that is not known."""
    is_vendored: bool = False
    """Whether it is the app, or a package in its folders."""
    lists_dependencies: bool = False
    """Whether it is the app, and [project] lists its dependencies, so no build is needed."""
    output: tuple[str, ...] = ()
    """The last lines of the output of its build."""


@dataclass(eq=False, kw_only=True)
class BuildProgramMissing(FailedBuild):
    program: str
    debian: tuple[str, ...] = ()
    """The Debian packages to install; empty if none is known."""


@dataclass(eq=False, kw_only=True)
class HeaderMissing(FailedBuild):
    header: str
    debian: tuple[str, ...] = ()
    """As in BuildProgramMissing."""
    found_in: str = ""
    """The folder on this image that contains the header, if the compiler did not look there."""


@dataclass(eq=False, kw_only=True)
class BuildLibraryMissing(FailedBuild):
    library: str
    """As the linker, pkg-config or the build's own tool names it."""
    debian: tuple[str, ...] = ()
    """As in BuildProgramMissing."""


@dataclass(eq=False, kw_only=True)
class PythonHeadersMissing(FailedBuild):
    debian: tuple[str, ...]
    """Begins with the package that has the headers of the image's own Python."""


@dataclass(eq=False, kw_only=True)
class ProgramTooOld(FailedBuild):
    """A program is on the image, but the build requires a newer version of it."""

    program: str
    needs: str
    """The version that the build requires."""
    has: str
    """The version on the image; empty if the build does not report it."""


@dataclass(eq=False, kw_only=True)
class PackageTooOld(FailedBuild):
    """The source of a package uses what this Python, or today's setuptools, no longer has."""

    python: str
    """The version that the build ran in."""
    uses: str
    """What the build uses, and that it is gone: the predicate of a sentence about it."""
    last_python: str = ""
    """The newest Python that still has it, such as `3.11`; empty if no supported one has."""
    required_freely_in: str = ""
    """The file that requires it in any version, so no newer one is better; else empty."""
    successor: str = ""
    """What has taken its place, as a clause; empty if nothing has."""


@dataclass(eq=False, kw_only=True)
class BuildModuleMissing(FailedBuild):
    """A build imports a module that is not among its own build requirements."""

    module: str
    requirement: str
    """What to require to get it, such as `Cython` or `setuptools<81`."""


@dataclass(eq=False, kw_only=True)
class FlatLayout(FailedBuild):
    """setuptools found several packages or modules, and does not choose."""

    names: tuple[str, ...]
    kind: str
    """`packages` or `modules`."""


@dataclass(eq=False, kw_only=True)
class NoFilesToInstall(FailedBuild):
    """hatchling found no package with the name of the project."""


@dataclass(eq=False, kw_only=True)
class PackageBuildFailed(FailedBuild):
    """A build failed, and Slipway does not know why."""
