"""uv's managed Pythons: downloaded and verified by uv, and stored in the cache.

https://docs.astral.sh/uv/concepts/python-versions/#managed-python-distributions
"""

from __future__ import annotations

import json
import os
import platform
import re
import ssl
from configparser import Error as UnreadableConfiguration
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slipway.domain.index_config.pip_settings import IndexConfig, effective_config
from slipway.domain.index_config.uv_settings import connection_variables
from slipway.domain.packaging_text import parse_version
from slipway.domain.python.advice import number
from slipway.domain.python.selection import OLDEST, PythonRequest
from slipway.domain.python.series import MINORS
from slipway.effects import Effects
from slipway.effects.cache.kinds import MANAGED_PYTHONS
from slipway.effects.processes import Command
from slipway.effects.python_trees import (
    build_of,
    forget_prefix,
    rename_unless_there,
)
from slipway.errors.python import (
    ManagedPythonBroken,
    ManagedPythonDiffers,
    ManagedPythonNotBuilt,
    ManagedPythonNotFetched,
    ManagedPythonUnknown,
    ManagedPythonWithoutUv,
    PythonNotFound,
)
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.pip_configuration import settings_for
from slipway.toolchains.pythons.archives import PythonArchives
from slipway.toolchains.uv.program import with_certificates

MIRROR, UV_MIRROR = "SLIPWAY_PYTHON_MIRROR", "UV_PYTHON_INSTALL_MIRROR"

# uv's own cache would have a second copy of each Python.
_OPTIONS = ("--no-cache", "--no-progress", "--color=never")
_RELEASE = re.compile(r"\d+\.\d+\.\d+")
_UNINFORMATIVE = ("Downloading ", " Downloaded ", "error: Failed to install")
_NAME = re.compile(r"cpython-(?P<version>\d+\.\d+\.\d+)-[\w-]+\+(?P<build>\w+-\w+)")

ImagePythons = tuple[tuple[str, str], ...]
"""Pairs of (version, path) of the interpreters on the image, for errors to name."""


class UvSource(Protocol):
    """Provides uv."""

    def path(self) -> Path:
        """Return the path of an executable uv.

        Raises UvUnavailable.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ManagedInstallation:
    folder: Path
    version: str
    build: str
    """The date of its release, and a digest; differs between builds of the same version."""

    @property
    def program(self) -> Path:
        return _program(self.folder, self.version)


@dataclass(frozen=True, kw_only=True)
class ManagedPythons:
    uv: UvSource
    effects: Effects
    app: Path
    """Relative paths in pip's settings are relative to this folder."""
    archives: PythonArchives | None = None
    """Those in Slipway's package; the others are downloaded."""
    is_offline: bool = False
    """Whether uv may use no network."""

    @property
    def folder(self) -> Path:
        return self.effects.cache.folder / MANAGED_PYTHONS.name

    def cached(self, request: PythonRequest) -> list[ManagedInstallation]:
        """Return the cached Pythons that fit, the newest first, without starting a process."""
        pinned_build = self.effects.environment.get("UV_PYTHON_CPYTHON_BUILD")
        found = []
        for folder in self.folder.glob("cpython-*"):
            name = _NAME.fullmatch(folder.name)
            if name is None or not request.fits(name["version"]):
                continue
            if pinned_build in (None, "", name["build"].partition("-")[0]):
                found.append(ManagedInstallation(folder=folder, **name.groupdict()))
        return sorted(
            found, key=lambda one: (parse_version(one.version), one.build), reverse=True
        )

    def use(self, installation: ManagedInstallation) -> bool:
        """Keep it from being evicted, and mark it as just used; False if it has gone."""
        try:
            return self.effects.cache.use(installation.folder)
        except OSError:  # another user's
            return False

    def has_archive(self, request: PythonRequest) -> bool:
        """Return whether a Python that fits is in Slipway's package, so needs no download."""
        return self.archives is not None and any(map(request.fits, self.archives.versions))

    def fetch(self, request: PythonRequest, image_pythons: ImagePythons) -> ManagedInstallation:
        """Download a Python into the cache, and name it there when it is complete and runs.

        Raises ManagedPythonWithoutUv, ManagedPythonUnknown, ManagedPythonNotBuilt,
        ManagedPythonNotFetched, ManagedPythonDiffers, ManagedPythonBroken.
        """
        with self.effects.cache.locks.new_folder(self.folder) as folder:
            temporary = folder.resolve()
            options = ("--install-dir", str(temporary), "--no-bin")
            try:
                if not self._has_release(request, temporary):
                    raise self._unknown(request, temporary, image_pythons)
                command = self.command_of_uv(temporary, "install", request.specifier, *options)
                doing = f"downloading Python {request.requested}"
                self.effects.processes.run(command, doing=doing)
            except UvUnavailable as error:
                raise ManagedPythonWithoutUv(
                    request.requested,
                    request.origin,
                    image_pythons,
                    uv_version=error.version,
                    reason=error.reason,
                ) from error
            except CommandFailed as error:
                raise self._failure(error.output, request, temporary, image_pythons) from error
            # The name of the folder has the version: `cpython-3.13.1-linux-x86_64-gnu`.
            folders = [path for path in temporary.glob("cpython-*") if not path.is_symlink()]
            versions = {path.name.split("-")[1]: path for path in folders}
            fitting = [version for version in versions if request.fits(version)]
            if not fitting:  # uv installs a release candidate if no release fits
                raise self._unknown(request, temporary, image_pythons)
            version, made = fitting[0], versions[fitting[0]]
            if not self._starts(_program(made, version)):
                raise ManagedPythonBroken(
                    request.requested, request.origin, image_pythons, version=version
                )
            forget_prefix(made)
            build = build_of(made, _program(made, version))
            place = self.folder / f"{made.name}+{build}"
            if place.exists() and not self._starts(_program(place, version)):
                rename_unless_there(place, temporary / "broken")
            rename_unless_there(made, place)
        return ManagedInstallation(folder=place, version=version, build=build)

    def _starts(self, program: Path) -> bool:
        argv = [str(program), "-I", "-S", "-B", "-c", "import json, platform, sysconfig"]
        command = Command(argv=argv, cwd=Path("/"), env=self.effects.environment)
        try:
            self.effects.processes.query(command)
        except (CommandFailed, OSError):
            return False
        return True

    def command_of_uv(self, folder: Path, *arguments: str) -> Command:
        """Return a command of uv that connects to the mirror as pip connects to its index.

        A `cert` in pip's settings may only be for a private index, and the mirror is another
        server, so uv also trusts the certificates of the image.
        """
        environment, app = self.effects.environment, self.app
        try:
            config = effective_config(settings_for(app, environment), ())
        except UnreadableConfiguration:
            config = IndexConfig()  # pip reports the error when it installs the packages
        variables_of_uv = connection_variables(config, environment)
        connection = with_certificates(variables_of_uv, app, environment)
        certificates = ssl.get_default_verify_paths().capath
        variables = {**environment, **connection}
        if certificates and "SSL_CERT_FILE" in connection:
            variables.setdefault("SSL_CERT_DIR", certificates)
        mirror = variables.get(MIRROR, "").strip().rstrip("/")
        if mirror:
            variables[UV_MIRROR] = mirror
        if self.archives:
            variables |= self.archives.variables_of_uv(folder, environment)
        if self.is_offline:
            variables["UV_OFFLINE"] = "1"
        argv = [str(self.uv.path()), "python", *arguments, *_OPTIONS]
        return Command(argv=argv, cwd=folder, env=variables)

    def _failure(
        self, output: str, request: PythonRequest, folder: Path, image_pythons: ImagePythons
    ) -> PythonNotFound:
        """Return the error for uv's output."""
        if "No download found for request" in output:
            return self._unknown(request, folder, image_pythons)
        reason = informative_lines(output)
        kind = ManagedPythonDiffers if "Hash mismatch" in output else ManagedPythonNotFetched
        return kind(request.requested, request.origin, image_pythons, reason=reason)

    def _has_release(self, request: PythonRequest, folder: Path) -> bool:
        """Return whether uv may have a final release that fits, and not only pre-releases.

        uv would install a pre-release, so it is asked what it has, unless Slipway knows a
        series of Python with releases that may fit.
        """
        if any(request.may_fit(*number(minor)) for minor in MINORS):
            return True
        known = self._known(folder)
        return known is None or any(map(request.fits, filter(_RELEASE.fullmatch, known)))

    def _known(self, folder: Path) -> list[str] | None:
        """Return the versions in uv's table of downloads; None if it cannot be read."""
        command = self.command_of_uv(
            folder, "list", "--only-downloads", "--output-format", "json"
        )
        try:
            table = json.loads(self.effects.processes.query(command))
            usual = [one for one in table if one["implementation"] == "cpython"]
            return [one["version"] for one in usual if one.get("variant") != "freethreaded"]
        except (CommandFailed, ValueError, TypeError, KeyError):
            return None

    def _unknown(
        self, request: PythonRequest, folder: Path, image_pythons: ImagePythons
    ) -> PythonNotFound:
        """Return the error for a version that uv does not know, or a machine without builds."""
        known = self._known(folder)
        requested, origin = request.requested, request.origin
        if known or known is None:
            finals = [one for one in known or () if _RELEASE.fullmatch(one)]
            releases = sorted(map(parse_version, finals))
            newest = {one.release[:2]: str(one) for one in releases if one >= OLDEST}
            usable = tuple(reversed(newest.values()))
            return ManagedPythonUnknown(requested, origin, image_pythons, known=usable)
        library = " ".join(platform.libc_ver()).strip() or "a C library other than glibc"
        machine = f"{os.uname().machine} with {library}"
        return ManagedPythonNotBuilt(requested, origin, image_pythons, machine=machine)


def informative_lines(output: str) -> tuple[str, ...]:
    """Return the lines in which uv says why it could not install a Python."""
    lines = (line.rstrip() for line in output.splitlines())
    return tuple(line for line in lines if line and not line.startswith(_UNINFORMATIVE))


def _program(folder: Path, version: str) -> Path:
    return folder / "bin" / f"python{version.rpartition('.')[0]}"
