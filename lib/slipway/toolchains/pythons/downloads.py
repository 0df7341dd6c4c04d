"""uv's managed downloads of Python: what there is, and how it is fetched and verified.

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

from slipway.domain.index_config.pip_settings import Lookup, look_up
from slipway.domain.index_config.uv_settings import connection_variables
from slipway.domain.python.selection import PythonRequest
from slipway.effects import Effects
from slipway.effects.processes import Command
from slipway.errors.python import (
    ManagedPythonDiffers,
    ManagedPythonNotBuilt,
    ManagedPythonNotFetched,
    ManagedPythonUnknown,
    ManagedPythonWithoutUv,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.pip_configuration import settings_for
from slipway.toolchains.uv.connections import connections

MIRROR, UV_MIRROR = "SLIPWAY_PYTHON_MIRROR", "UV_PYTHON_INSTALL_MIRROR"

# uv's own cache would have nothing that the folder has not.
_OPTIONS = ("--no-cache", "--no-progress", "--color=never")
_PLAIN = re.compile(r"\d+\.\d+\.\d+")
_SAID_ALREADY = ("Downloading ", " Downloaded ", "error: Failed to install")

ImagePythons = tuple[tuple[str, str], ...]
"""Pairs of (version, path) of the interpreters on the image, for errors to name."""


class UvSource(Protocol):
    """Where a uv comes from."""

    def path(self) -> Path:
        """Give an executable uv.

        Raises UvUnavailable.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class PythonDownloads:
    uv: UvSource
    effects: Effects
    app: Path | None = None
    """As in ManagedPythons."""

    def fetch(self, request: PythonRequest, folder: Path, image_pythons: ImagePythons) -> Path:
        """Fetch one that fits into an empty folder; give the folder below that it is in.

        Raises ManagedPythonWithoutUv, ManagedPythonUnknown, ManagedPythonNotBuilt,
        ManagedPythonNotFetched, ManagedPythonDiffers.
        """
        options = ("--install-dir", str(folder), "--no-bin")
        try:
            command = self._uv(folder, "install", request.specifier, *options)
            self.effects.processes.run(command, doing=f"fetching Python {request.asked}")
        except UvUnavailable as error:
            raise ManagedPythonWithoutUv(
                request.asked, request.origin, image_pythons, reason=error.reason
            ) from error
        except CommandFailed as error:
            raise self._meaning(error.output, request, folder, image_pythons) from error
        for path in folder.glob("cpython-*"):
            if not path.is_symlink() and request.fits(version_of(path)):
                return path
        # It takes a release candidate where there is nothing else.
        raise self._unknown(request, folder, image_pythons)

    def _uv(self, folder: Path, *arguments: str) -> Command:
        environment = self._reaching_as_pip(self.app or folder)
        mirror = environment.get(MIRROR, "").strip().rstrip("/")
        if mirror:
            environment[UV_MIRROR] = mirror
        argv = [str(self.uv.path()), "python", *arguments, *_OPTIONS]
        return Command(argv=argv, cwd=folder, env=environment)

    def _reaching_as_pip(self, app: Path) -> dict[str, str]:
        """Give variables by which the mirror is reached as pip reaches its index.

        A `cert` of pip's may be that of a private index alone, and the Pythons lie elsewhere:
        what the image trusts is trusted beside it.
        """
        given = self.effects.environment
        try:
            lookup = look_up(settings_for(app, given), ())
        except UnreadableConfiguration:
            lookup = Lookup()  # pip says so itself, when the packages are to be had
        said = connections(connection_variables(lookup, given), app, given)
        beside = ssl.get_default_verify_paths().capath
        trusted = {"SSL_CERT_DIR": beside} if beside and "SSL_CERT_FILE" in said else {}
        return {**trusted, **given, **said}

    def _meaning(
        self, output: str, request: PythonRequest, folder: Path, image_pythons: ImagePythons
    ) -> BuildStopped:
        if "No download found for request" in output:
            return self._unknown(request, folder, image_pythons)
        lines = (line.rstrip() for line in output.splitlines())
        reason = tuple(line for line in lines if line and not line.startswith(_SAID_ALREADY))
        kind = ManagedPythonDiffers if "Hash mismatch" in output else ManagedPythonNotFetched
        return kind(request.asked, request.origin, image_pythons, reason=reason)

    def _unknown(
        self, request: PythonRequest, folder: Path, image_pythons: ImagePythons
    ) -> BuildStopped:
        """Tell a version that is nowhere from a machine that there are no builds for."""
        command = self._uv(folder, "list", "--only-downloads", "--output-format", "json")
        try:
            table = json.loads(self.effects.processes.query(command))
            known = [one["version"] for one in table if one["implementation"] == "cpython"]
        except (CommandFailed, ValueError, TypeError, KeyError):
            known = [""]
        if known:
            plain = dict.fromkeys(filter(_PLAIN.fullmatch, known))
            return ManagedPythonUnknown(
                request.asked, request.origin, image_pythons, known=tuple(plain)
            )
        library = " ".join(platform.libc_ver()).strip() or "another C library than glibc"
        machine = f"{os.uname().machine} with {library}"
        return ManagedPythonNotBuilt(
            request.asked, request.origin, image_pythons, machine=machine
        )


def version_of(folder: Path) -> str:
    """Read a version from a folder's name: `cpython-3.13.1-linux-x86_64-gnu`."""
    return folder.name.split("-")[1]
