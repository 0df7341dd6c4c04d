"""The program uv, of exactly the version that vendor/uv.txt pins."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from slipway.domain.diagnosis import diagnose, tail
from slipway.effects import Effects
from slipway.effects.files import scratch, write
from slipway.effects.processes import Command
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
from slipway.toolchains.pip_program import Pip
from slipway.toolchains.uv_absence import UvAbsence

__all__ = ["UvProgram", "UvUnavailable"]

_PINNED = re.compile(r"^uv==(?P<version>\S+)", re.MULTILINE)
_PROCESSORS = ("x86_64", "aarch64")
"""Those that vendor/uv.txt has wheels for."""
_NOT_THERE = "the package index does not have it for this image"


@dataclass(frozen=True)
class _Found:
    path: Path
    place: str


@dataclass(frozen=True, kw_only=True)
class UvProgram:
    """Found when it is first asked for, and once."""

    pins: Path
    """vendor/uv.txt, as pip reads it."""
    pip: Pip
    is_offline: bool
    """Whether no index may be asked."""
    effects: Effects
    may_do_without: bool = False
    """Whether `describe` may believe an earlier build that found that an index has none."""

    _answers: list[_Found | UvUnavailable] = field(default_factory=list)
    _looking: Lock = field(default_factory=Lock)

    def path(self, options: str = "") -> Path:
        """Give its absolute path: from the cache, the PATH, or the package index.

        `options` are lines of the app's requirements that say which index.

        Raises UvUnavailable.
        """
        return self._found(options).path

    def describe(self, options: str = "") -> str:
        """Say which it is and where it was: `uv 0.13.9 from the cache`.

        Raises UvUnavailable.
        """
        found = self._found(options, is_believing=self.may_do_without)
        return f"uv {self.version} from {found.place}"

    @cached_property
    def version(self) -> str:
        found = _PINNED.search(self.pins.read_text(encoding="utf-8"))
        assert found, f"{self.pins} pins no uv"
        return found["version"]

    def _found(self, options: str, *, is_believing: bool = False) -> _Found:
        """Look once: an index that has no uv is not asked again in the same build."""
        with self._looking:
            if not self._answers:
                here = self._look_here()
                absence = self._absence(options)
                if here is None and is_believing and not self.is_offline and absence.is_noted:
                    raise self._unavailable(f"{_NOT_THERE}, as an earlier build found")
                self._answers.append(here or self._ask_index(options, absence))
        [answer] = self._answers
        if isinstance(answer, UvUnavailable):
            raise answer
        return answer

    def _look_here(self) -> _Found | None:
        if self._kept.is_file() and self._is_pinned(self._kept):
            return _Found(self._kept, "the cache")
        on_path = shutil.which("uv", path=self.effects.environment.get("PATH", os.defpath))
        if on_path and self._is_pinned(Path(on_path)):
            return _Found(Path(on_path).absolute(), "PATH")
        return None

    def _ask_index(self, options: str, absence: UvAbsence) -> _Found | UvUnavailable:
        try:
            self._fetch(self._kept, options)
        except UvUnavailable as error:
            if error.reason == _NOT_THERE:
                absence.note()
            return error
        return _Found(self._kept, "the package index")

    @property
    def _kept(self) -> Path:
        return self.effects.cache.folder / "uv" / self.version / "uv"

    def _absence(self, options: str) -> UvAbsence:
        return UvAbsence(
            version=self.version,
            options=options,
            app=self.pip.app or Path("/"),
            effects=self.effects,
        )

    def _is_pinned(self, program: Path) -> bool:
        """Let it say its version: a damaged one, or another machine's, cannot."""
        command = Command(
            argv=[str(program), "--version"],
            cwd=Path("/"),
            env={"PATH": self.effects.environment.get("PATH", os.defpath)},
        )
        try:
            said = self.effects.processes.query(command)
        except (CommandFailed, OSError):
            return False
        return said.split()[:2] == ["uv", self.version]

    def _fetch(self, place: Path, options: str) -> None:
        if self.is_offline:
            raise self._unavailable("the app is built offline, and no uv is here")
        machine = platform.machine()
        if machine not in _PROCESSORS:
            raise self._unavailable(f"Slipway knows none for {machine}")
        with scratch("uv") as folder:
            self._download(folder, options)
            [wheel] = folder.glob("*.whl")
            try:
                _unpack(wheel, place)
            except OSError as error:
                raise self._unavailable(
                    f"the cache cannot take it: {error.strerror or error}"
                ) from error
        if not self._is_pinned(place):
            raise self._unavailable("it does not run on this image")

    def _download(self, folder: Path, options: str) -> None:
        asked = folder / "uv.txt"
        write(asked, options + self.pins.read_text(encoding="utf-8"))
        arguments = [
            *("download", "--no-deps", "--only-binary", ":all:", "--require-hashes"),
            *("--dest", str(folder), "-r", str(asked)),
        ]
        if "PIP_RETRIES" not in self.effects.environment:
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
            return _NOT_THERE
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
