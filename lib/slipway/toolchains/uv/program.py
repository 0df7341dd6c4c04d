"""The program uv, in exactly the version that vendor/uv.txt pins."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import ssl
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from slipway.domain.requirements.lines import expand
from slipway.effects.cache.keys import digest_of
from slipway.effects.cache.kinds import UV, UV_UNAVAILABLE
from slipway.effects.files import read_if_there, scratch, write
from slipway.effects.packages.bundled_tools import extract_program
from slipway.effects.processes import Command
from slipway.errors.app import DiskFull
from slipway.errors.dependencies import (
    FilesExcluded,
    HashMismatch,
    NotForThisPlatform,
    NoWheelForPython,
    PackageNotFound,
    VersionNotFound,
)
from slipway.errors.fetching import (
    IndexBusy,
    IndexNotTrusted,
    IndexPageInvalid,
    IndexRefused,
    IndexUnreachable,
)
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.key_variables import index_facts, without_app
from slipway.toolchains.pip_tools.pip import Pip, target_of

_PIN = re.compile(r"^uv==(?P<version>\S+)", re.MULTILINE)
_NOT_ON_INDEX = "the package index does not have it for this image"
_PROCESSORS = ("x86_64", "aarch64")
"""The processors that vendor/uv.txt has wheels for."""
_NOTE_LIFETIME = 24 * 60 * 60
"""In seconds: an index may have uv tomorrow."""
_CERTIFICATE_FILES = ("SSL_CERT_FILE", "SSL_CLIENT_CERT")


@dataclass(frozen=True)
class UvLocation:
    path: Path
    """Absolute."""
    origin: str
    """`Slipway's own package`, `the cache`, `PATH` or `the package index`."""


@dataclass(frozen=True, kw_only=True)
class UvProgram:
    """uv, which is located when it is first used, and only once in a build."""

    pins: Path
    """vendor/uv.txt, as pip reads it."""
    pip: Pip
    """Downloads uv."""
    is_offline: bool
    """Whether no index may be used."""
    included: Path | None = None
    """The program in a package of Slipway that has one, or where that would be."""
    _located: list[UvLocation | UvUnavailable] = field(default_factory=list)

    @cached_property
    def version(self) -> str:
        pin = _PIN.search(read_if_there(self.pins) or "")
        assert pin, f"{self.pins} does not pin uv"
        return pin["version"]

    @property
    def _search_path(self) -> str:
        return self.pip.effects.environment.get("PATH", os.defpath)

    def path(self, options: str = "") -> Path:
        """Return the path of uv; see `locate`."""
        return self.locate(options).path

    def locate(self, options: str = "", *, trusts_note: bool = False) -> UvLocation:
        """Find uv in Slipway's package, in the cache or on PATH, or download it.

        It is downloaded from the package index that `options` name, lines of the app's
        requirements. With `trusts_note`, an index that had no uv within the last day is not
        tried again.

        Raises UvUnavailable.
        """
        if not self._located:
            cached = self.pip.effects.cache.folder / UV.name / self.version / "uv"
            on_path = shutil.which("uv", path=self._search_path)
            if self.included and self.included.is_file() and self._is_pinned(self.included):
                self._located.append(UvLocation(self.included, "Slipway's own package"))
            elif self._is_held(cached) and self._is_pinned(cached):
                self._located.append(UvLocation(cached, "the cache"))
            elif on_path and self._is_pinned(Path(on_path)):
                self._located.append(UvLocation(Path(on_path).absolute(), "PATH"))
            else:
                try:
                    self._obtain(cached, options, trusts_note=trusts_note)
                    self._located.append(UvLocation(cached, "the package index"))
                except UvUnavailable as error:
                    self._located.append(error)
        [found] = self._located
        if isinstance(found, UvUnavailable):
            raise found
        return found

    def _is_held(self, cached: Path) -> bool:
        """Return whether the cache has a program, and keep it from being evicted."""
        if not cached.is_file():
            return False
        with suppress(OSError):  # it may belong to another user
            self.pip.effects.cache.tool_folder(UV, self.version)
        return cached.is_file()

    def _is_pinned(self, program: Path) -> bool:
        """Return whether a program runs and has the pinned version."""
        command = Command(
            argv=[str(program), "--version"],
            cwd=Path("/"),
            env={"PATH": self._search_path},
        )
        try:
            output = self.pip.effects.processes.query(command)
        except (CommandFailed, OSError):
            return False
        return output.split()[:2] == ["uv", self.version]

    def _obtain(self, place: Path, options: str, *, trusts_note: bool) -> None:
        """Download uv; if the index does not have it, write a note for later builds."""
        if self.is_offline:
            raise self._unavailable("the app is built offline, and the image does not have it")
        note = self.pip.effects.cache.folder / UV_UNAVAILABLE.name
        environment = self.pip.effects.environment
        index = digest_of(
            {
                "uv": self.version,
                "image": " ".join([platform.machine(), *platform.libc_ver()]),
                "settings": [
                    without_app(expand(options, environment), self.pip.app),
                    *index_facts(self.pip.app, environment),
                ],
            }
        )
        if trusts_note and self._is_noted(note, index):
            reason = f"{_NOT_ON_INDEX}, as an earlier build found"
            raise self._unavailable(reason, is_download=True)
        try:
            self._download(place, options)
        except UvUnavailable as error:
            if error.reason == _NOT_ON_INDEX:
                content = {"index": index, "time": self.pip.effects.cache.now()}
                with suppress(OSError):  # the next build tries again
                    write(note, json.dumps(content))
            raise

    def _is_noted(self, note: Path, index: str) -> bool:
        """Return whether an earlier build found that this index does not have uv."""
        try:
            content = json.loads(read_if_there(note) or "")
            age = self.pip.effects.cache.now() - content["time"]
            return bool(content["index"] == index and 0 <= age < _NOTE_LIFETIME)
        except (ValueError, TypeError, KeyError):
            return False

    def _download(self, place: Path, options: str) -> None:
        """Download uv, and unpack the program into the cache."""
        machine = platform.machine()
        if machine not in _PROCESSORS:
            raise self._unavailable(f"Slipway has no pinned uv for {machine}")
        with scratch("uv") as folder:
            wheel = self._download_wheel(folder, options)
            try:
                self.pip.effects.cache.tool_folder(UV, self.version)
                extract_program(wheel, "uv", place)
            except OSError as error:
                reason = f"it could not be stored in the cache: {error.strerror or error}"
                raise self._unavailable(reason) from error
        if not self._is_pinned(place):
            raise self._unavailable("it does not run on this image")

    def extract_for(self, processor: str, place: Path) -> None:
        """Download uv for Linux with glibc on a processor such as `x86_64`, into a package.

        Raises UvUnavailable.
        """
        with scratch("uv") as folder:
            platforms = (f"manylinux2014_{processor}", f"manylinux_2_17_{processor}")
            extract_program(self._download_wheel(folder, platforms=platforms), "uv", place)

    def _download_wheel(
        self, folder: Path, options: str = "", platforms: Sequence[str] = ()
    ) -> Path:
        """Download the wheel with pip, which checks its hash, for this machine or others."""
        requirements = folder / "uv.txt"
        write(requirements, options + (read_if_there(self.pins) or ""))
        arguments = [
            *("download", "--no-deps", "--only-binary", ":all:", "--require-hashes"),
            *("--dest", str(folder), "-r", str(requirements)),
            *(f"--platform={platform}" for platform in platforms),
        ]
        if "PIP_RETRIES" not in self.pip.effects.environment:
            # A build also works without uv, so it does not wait long for a broken index.
            arguments += ["--retries", "1"]
        try:
            self.pip.run(sys.executable, arguments, self.pip.app, "downloading uv")
        except CommandFailed as error:
            raise self._unavailable(_failure(error.output), is_download=True) from error
        [wheel] = folder.glob("*.whl")
        return wheel

    def _unavailable(self, reason: str, *, is_download: bool = False) -> UvUnavailable:
        return UvUnavailable(version=self.version, reason=reason, is_download=is_download)


def _failure(output: str) -> str:
    """Return why pip could not download uv, as part of a sentence."""
    # Loads many modules, and most builds have uv in the cache.
    from slipway.domain.tool_output.last_lines import last_lines
    from slipway.domain.tool_output.pip_output import diagnose

    lines = last_lines(output)
    reason = lines[-1].removeprefix("ERROR: ").rstrip(".") if lines else "pip failed"
    match diagnose(output, target_of(platform.python_version())):
        case (
            PackageNotFound()
            | VersionNotFound()
            | NoWheelForPython()
            | NotForThisPlatform()
            | FilesExcluded()
            | IndexPageInvalid()
        ):
            reason = _NOT_ON_INDEX
        case HashMismatch():
            reason = "the wheel on the package index has another hash than Slipway expects"
        case IndexUnreachable(index=index):
            reason = f"{index} cannot be reached"
        case IndexNotTrusted(host=host):
            reason = f"pip uses {host} without https only if PIP_TRUSTED_HOST names that host"
        case IndexRefused(index=index, status=status):
            reason = f"{index} answers with status {status}"
        case IndexBusy(index=index):
            reason = f"{index} limits requests"
        case DiskFull():
            reason = "the disk is full"
    return reason


def with_certificates(
    variables: Mapping[str, str], app: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """Add variables that make uv trust the same certificates as pip.

    Relative paths, and those that begin with `~/`, are resolved as by pip.
    """
    home = environment.get("HOME", "/")
    found = {
        name: str(Path(home, value[2:]) if value.startswith("~/") else app / value)
        if name in _CERTIFICATE_FILES
        else value
        for name, value in variables.items()
    }
    of_image = ssl.get_default_verify_paths()
    is_chosen = "UV_SYSTEM_CERTS" in environment or "UV_NATIVE_TLS" in environment
    if is_chosen or not (of_image.cafile or of_image.capath):
        return found  # uv has its own certificates
    return {"UV_SYSTEM_CERTS": "1", **found}
