"""Vendored packages: the packages in `vendor/`, or wherever a requirement points in the app."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from packaging.utils import BuildTag, InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from slipway.domain.requirements.lines import Line
from slipway.domain.vendoring.source_project import SourceProject
from slipway.errors.vendored import VendoredBroken, WheelInvalid

_ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar", ".zip")


class Form(Enum):
    TREE = "source tree"
    """A folder with pyproject.toml, setup.py or setup.cfg."""
    SDIST = "sdist"
    """The same, as one archive."""
    WHEEL = "wheel"
    PLAIN = "plain package"
    """A package or module without metadata, to be put on the app's path."""


@dataclass(frozen=True, kw_only=True)
class VendoredPackage:
    """One package as it was found: by its path and its files, before anything is built."""

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
        """What an error calls it."""
        return "the app itself" if self.is_app else self.path

    @property
    def name(self) -> str | None:
        """Normalized; None if only a build tells, and for plain packages.

        Raises WheelInvalid for a wheel that is not named as one.
        """
        if self.form is Form.WHEEL:
            return parse_wheel_path(self.path)[0]
        return self.project.name if self.project else None

    @property
    def folder(self) -> str:
        """The folder it is in, as a plain package needs it on the app's path."""
        return self.path.rpartition("/")[0] or "."

    @property
    def import_name(self) -> str:
        """What a plain package is imported as."""
        return self.path.rpartition("/")[2].removesuffix(".py")


@dataclass(frozen=True, kw_only=True)
class Vendoring:
    """All vendored packages of an app; found by content, never by a folder's mere existence."""

    folders: tuple[str, ...] = ()
    """The folders that were searched, relative to the app."""
    packages: tuple[VendoredPackage, ...] = ()
    """Sorted by path."""
    for_builds: tuple[str, ...] = ()
    """Wheels and sdists in `vendor/build/`: builds use them, the app does not get them."""

    @property
    def plain_folders(self) -> tuple[str, ...]:
        """The folders that plain packages are imported from, each once."""
        plain = [package for package in self.packages if package.form is Form.PLAIN]
        return tuple(dict.fromkeys(package.folder for package in plain))


@dataclass(frozen=True, kw_only=True)
class InspectedPackage:
    """A vendored package with its digest, and with the commit and version if they are known."""

    package: VendoredPackage
    digest: str
    """Of its files, 64 hexadecimal digits: the same wherever the same files are."""
    url: str | None = None
    """Where its repository is, without credentials, if git or vendor.lock says so."""
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
        """As of VendoredPackage."""
        return self.package.name

    @property
    def project(self) -> SourceProject:
        """The static metadata of a package that is to be built.

        Raises VendoredBroken.
        """
        if self.package.project is None:
            raise VendoredBroken(path=self.path, reason="it has no metadata")
        return self.package.project


def is_archive_name(name: str) -> bool:
    """Tell by its ending whether a file may be a source archive; a wheel is not one."""
    return name.lower().endswith(_ARCHIVES)


def parse_wheel_path(path: str) -> tuple[str, Version, BuildTag, frozenset[str]]:
    """Give name, version, build number and tags of a wheel, as its file name has them.

    Raises WheelInvalid.
    """
    try:
        name, version, number, tags = parse_wheel_filename(path.rpartition("/")[2])
    except InvalidWheelFilename as error:
        reason = f"its name is not that of a wheel: {error}"
        raise WheelInvalid(path=path, reason=reason) from None
    return name, version, number, frozenset(map(str, tags))
