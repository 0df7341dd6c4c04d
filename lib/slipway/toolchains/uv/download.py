"""uv from the package index, held to the hashes in vendor/uv.txt."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.tool_output.pip_output import diagnose, tail
from slipway.effects.files import scratch, write
from slipway.errors.app import DiskFull
from slipway.errors.building import IndexRefused, IndexUnreachable
from slipway.errors.dependencies import (
    HashMismatch,
    NoWheelForPython,
    PackageNotFound,
    VersionNotFound,
)
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.pip_tools.pip import Pip

NOT_THERE = "the package index does not have it for this image"
_PROCESSORS = ("x86_64", "aarch64")
"""Those that vendor/uv.txt has wheels for."""


@dataclass(frozen=True, kw_only=True)
class UvDownload:
    pins: Path
    """vendor/uv.txt, as pip reads it."""
    pip: Pip
    version: str
    options: str
    """Lines of the app's requirements that say which index."""

    def fetch(self, place: Path) -> None:
        """Put the program at its place, whole.

        Raises UvUnavailable.
        """
        machine = platform.machine()
        if machine not in _PROCESSORS:
            raise self._unavailable(f"Slipway knows none for {machine}")
        with scratch("uv") as folder:
            self._download(folder)
            [wheel] = folder.glob("*.whl")
            try:
                _unpack(wheel, place)
            except OSError as error:
                raise self._unavailable(
                    f"the cache cannot take it: {error.strerror or error}"
                ) from error

    def _download(self, folder: Path) -> None:
        asked = folder / "uv.txt"
        write(asked, self.options + self.pins.read_text(encoding="utf-8"))
        arguments = [
            *("download", "--no-deps", "--only-binary", ":all:", "--require-hashes"),
            *("--dest", str(folder), "-r", str(asked)),
        ]
        if "PIP_RETRIES" not in self.pip.effects.environment:
            arguments += ["--retries", "1"]  # an index that is not there is no reason to wait
        try:
            self.pip.run(sys.executable, arguments, self.pip.app or folder, "fetching uv")
        except CommandFailed as error:
            raise self._unavailable(_reason(error.output)) from error

    def _unavailable(self, reason: str) -> UvUnavailable:
        return UvUnavailable(version=self.version, reason=reason)


def _unpack(wheel: Path, place: Path) -> None:
    """Put the program there whole, whatever else is at work in the cache."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with zipfile.ZipFile(wheel) as archive, os.fdopen(handle, "wb") as stream:
            [name] = [name for name in archive.namelist() if name.endswith(".data/scripts/uv")]
            with archive.open(name) as program:
                shutil.copyfileobj(program, stream)
        os.chmod(aside, 0o755)
        os.replace(aside, place)
    except BaseException:
        os.unlink(aside)
        raise


def _reason(output: str) -> str:
    """Say in half a sentence why pip did not bring it."""
    match diagnose(output, ""):
        case PackageNotFound() | VersionNotFound() | NoWheelForPython():
            return NOT_THERE
        case HashMismatch():
            return "what the package index gave for it has another hash"
        case IndexUnreachable(index=index):
            return f"{index} cannot be reached"
        case IndexRefused(index=index, status=status):
            return f"{index} answers with status {status}"
        case DiskFull():
            return "the disk is full"
        case _:
            lines = tail(output)
            return lines[-1].removeprefix("ERROR: ").rstrip(".") if lines else "pip failed"
