"""Vendored packages: those in `vendor/`, and those in the app that a requirement points to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from packaging.utils import BuildTag, InvalidWheelFilename
from packaging.version import Version

from slipway.domain.packaging_text import parse_wheel_name
from slipway.domain.requirements.lines import Line
from slipway.domain.vendoring.source_project import SourceProject
from slipway.errors.dependencies import THE_APP
from slipway.errors.vendored import VendoredBroken, WheelInvalid

_ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar", ".zip")


class Form(Enum):
    TREE = "source tree"
    """A folder with pyproject.toml, setup.py or setup.cfg."""
    SDIST = "sdist"
    """The same, in an archive."""
    WHEEL = "wheel"
    PLAIN = "plain package"
    """A package or module without metadata; its folder is added to the app's path."""


@dataclass(frozen=True, kw_only=True)
class VendoredPackage:
    """A package as it was found by its path and its files, before anything is built."""

    path: str
    """Relative to the app, without a slash at the end; `.` is the app itself."""
    form: Form
    project: SourceProject | None = None
    """The static metadata of a TREE or an SDIST."""
    requested_by: tuple[Line, ...] = ()
    """The requirements that name it by its path."""

    @property
    def is_app(self) -> bool:
        return self.path == "."

    @property
    def display_name(self) -> str:
        """Its name in errors."""
        return THE_APP if self.is_app else self.path

    @property
    def name(self) -> str | None:
        """Normalized; None for a plain package, or if only a build can find it out.

        Raises WheelInvalid for a wheel whose file name is not valid.
        """
        if self.form is Form.WHEEL:
            return parse_wheel_path(self.path)[0]
        return self.project.name if self.project else None

    @property
    def folder(self) -> str:
        """The folder that it is in; for a plain package, this is added to the app's path."""
        return self.path.rpartition("/")[0] or "."

    @property
    def import_name(self) -> str:
        """The name by which a plain package is imported."""
        return self.path.rpartition("/")[2].removesuffix(".py")


@dataclass(frozen=True, kw_only=True)
class Vendoring:
    """All vendored packages of an app; a folder without packages does not count."""

    folders: tuple[str, ...] = ()
    """The folders that were searched, relative to the app."""
    packages: tuple[VendoredPackage, ...] = ()
    """Sorted by path."""
    for_builds: tuple[str, ...] = ()
    """Wheels and sdists in `vendor/build/`: for builds only, not installed for the app."""
    namespaces: tuple[str, ...] = ()
    """Folders with plain packages that may be namespace packages (PEP 420), sorted."""
    ignored: tuple[tuple[str, str], ...] = ()
    """Paths in the vendor folders that are named like a required package but have none, each
    with the name of that package."""

    @property
    def plain_folders(self) -> tuple[str, ...]:
        """The folders that plain packages are imported from, each once.

        `vendor/acme/one.py` without any `__init__.py` can be meant as `one` in a folder that
        only groups modules, or as `acme.one`. Unless the app imports `acme`, both folders are
        on the path, so both work.
        """
        plain = [package for package in self.packages if package.form is Form.PLAIN]
        folders = [package.folder for package in plain]
        parents = [path.rpartition("/")[0] or "." for path in self.namespaces]
        return tuple(dict.fromkeys([*folders, *parents]))


@dataclass(frozen=True, kw_only=True)
class InspectedPackage:
    """A vendored package with its digest, and with the commit and version if they are known."""

    package: VendoredPackage
    digest: str
    """Of its files, 64 hexadecimal digits; equal files have equal digests."""
    url: str | None = None
    """The address of its repository, without credentials, if git or vendor.lock has it."""
    commit: str | None = None
    version: str | None = None
    """From git, vendor.lock or PKG-INFO, for a package that takes its version from git."""

    @property
    def path(self) -> str:
        return self.package.path

    @property
    def form(self) -> Form:
        return self.package.form

    @property
    def name(self) -> str | None:
        """As in VendoredPackage."""
        return self.package.name

    @property
    def project(self) -> SourceProject:
        """The static metadata of a source tree or sdist.

        Raises VendoredBroken for other packages.
        """
        if self.package.project is None:
            raise VendoredBroken(path=self.path, reason="it has no metadata")
        return self.package.project


def is_distribution_name(name: str) -> bool:
    """Return whether a file may be a wheel or a source archive, by its name."""
    return name.endswith(".whl") or is_archive_name(name)


def is_archive_name(name: str) -> bool:
    """Return whether a file may be a source archive, by its name; a wheel is not one."""
    return name.lower().endswith(_ARCHIVES)


def parse_wheel_path(path: str) -> tuple[str, Version, BuildTag, frozenset[str]]:
    """Return the name, version, build number and tags in the file name of a wheel.

    Raises WheelInvalid.
    """
    try:
        name, version, number, tags = parse_wheel_name(path.rpartition("/")[2])
    except InvalidWheelFilename as error:
        reason = f"its file name is not valid for a wheel: {error}"
        raise WheelInvalid(path=path, reason=reason) from None
    return name, version, number, frozenset(map(str, tags))
