"""The packages that an app ships itself, in `vendor/` or wherever a requirement points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slipway.domain.requirements.lines import Line
from slipway.domain.vendoring.source_project import SourceProject
from slipway.errors.vendored import VendoredBroken

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
    """One package, as its place and its files tell, before anything is built."""

    path: str
    """Relative to the app, without a slash at the end; `.` is the app itself."""
    form: Form
    project: SourceProject | None = None
    """What a TREE or an SDIST says of itself."""
    asked: tuple[Line, ...] = ()
    """The requirements that name it by its path."""

    @property
    def shown(self) -> str:
        """What an error calls it."""
        return "the app itself" if self.path == "." else self.path

    @property
    def folder(self) -> str:
        """The folder it lies in, as a plain package needs it on the app's path."""
        return self.path.rpartition("/")[0] or "."

    @property
    def import_name(self) -> str:
        """What a plain package is imported as."""
        return self.path.rpartition("/")[2].removesuffix(".py")


@dataclass(frozen=True, kw_only=True)
class Vendoring:
    """All that an app ships; found by content, never by a folder's mere existence."""

    folders: tuple[str, ...] = ()
    """The folders that were searched, relative to the app."""
    packages: tuple[VendoredPackage, ...] = ()
    """Sorted by path."""
    for_builds: tuple[str, ...] = ()
    """Wheels and sdists in `vendor/build/`: offered to builds, never installed."""

    @property
    def folders_of_plain(self) -> tuple[str, ...]:
        """The folders that plain packages are imported from, each once."""
        plain = [package for package in self.packages if package.form is Form.PLAIN]
        return tuple(dict.fromkeys(package.folder for package in plain))


@dataclass(frozen=True, kw_only=True)
class InspectedPackage:
    """One vendored package as it lies in the app now."""

    package: VendoredPackage
    digest: str
    """Of its files, 64 hexadecimal digits: the same wherever the same files lie."""
    url: str | None = None
    """Where its repository is, without credentials, if git or vendor.lock says so."""
    commit: str | None = None
    version: str | None = None
    """What git, vendor.lock or PKG-INFO says, for a package that takes its version from git."""

    @property
    def project(self) -> SourceProject:
        """What it says of itself, for a package that is to be built.

        Raises VendoredBroken.
        """
        if self.package.project is None:
            raise VendoredBroken(path=self.package.path, reason="it says nothing of itself")
        return self.package.project


def is_archive_name(name: str) -> bool:
    """Tell by its ending whether a file may be a source archive; a wheel is none."""
    return name.lower().endswith(_ARCHIVES)
