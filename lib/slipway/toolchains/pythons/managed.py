"""The Pythons that were fetched for apps, each whole, and kept in the cache."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from slipway.domain.python.selection import PythonRequest
from slipway.effects import Effects
from slipway.effects.cache.store import ASIDE
from slipway.effects.processes import Command
from slipway.errors.python import ManagedPythonBroken
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.pythons.downloads import (
    ImagePythons,
    PythonDownloads,
    UvSource,
    version_of,
)

_NAME = re.compile(r"cpython-(?P<version>\d+\.\d+\.\d+)-[\w-]+\+(?P<build>\w+-\w+)")
_PACKED_AT = "/install"
"""The prefix that the archives' own files name; uv writes the real one in its place."""
_NAME_THE_PREFIX = ("lib/python3.*/_sysconfigdata_*.py", "lib/pkgconfig/*.pc")


@dataclass(frozen=True, kw_only=True)
class ManagedInstallation:
    folder: Path
    version: str
    build: str
    """The date of its release, and a digest: tells it from others of the same version."""

    @property
    def program(self) -> Path:
        return _program(self.folder, self.version)


@dataclass(frozen=True, kw_only=True)
class ManagedPythons:
    uv: UvSource
    effects: Effects
    app: Path | None = None
    """Where relative paths in pip's settings start, if an app can have any."""

    @property
    def folder(self) -> Path:
        return self.effects.cache.folder / "pythons"

    def kept(self, request: PythonRequest) -> list[ManagedInstallation]:
        """Give those that fit, the newest first; for this, nothing is started or asked."""
        build = self.effects.environment.get("UV_PYTHON_CPYTHON_BUILD")
        found = [
            one
            for one in self._all()
            if request.fits(one.version) and build in (None, "", one.build.partition("-")[0])
        ]
        return sorted(found, key=lambda one: (Version(one.version), one.build), reverse=True)

    def _all(self) -> Iterator[ManagedInstallation]:
        for folder in self.folder.glob("cpython-*"):
            named = _NAME.fullmatch(folder.name)
            if named:
                yield ManagedInstallation(
                    folder=folder, version=named["version"], build=named["build"]
                )

    def fetch(self, request: PythonRequest, image_pythons: ImagePythons) -> ManagedInstallation:
        """Fetch one aside; it gets its name when it is whole, and is seen to start.

        Raises what PythonDownloads.fetch does, and ManagedPythonBroken.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        downloads = PythonDownloads(uv=self.uv, effects=self.effects, app=self.app)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=ASIDE) as aside:
            made = downloads.fetch(request, Path(aside).resolve(), image_pythons)
            version = version_of(made)
            if not self._starts(_program(made, version)):
                raise ManagedPythonBroken(
                    request.asked, request.origin, image_pythons, version=version
                )
            _forget_place(made)
            build = _build(made, version)
            place = self.folder / f"{made.name}+{build}"
            if place.exists() and not self._starts(_program(place, version)):
                place.rename(Path(aside, "broken"))
            _rename_unless_there(made, place)
        return ManagedInstallation(folder=place, version=version, build=build)

    def note_use(self, kept: ManagedInstallation) -> None:
        """Let it be among those used last: the others go first where the cache is too large."""
        with suppress(OSError):
            os.utime(kept.folder)

    def _starts(self, program: Path) -> bool:
        argv = [str(program), "-I", "-S", "-B", "-c", "import json, platform, sysconfig"]
        command = Command(argv=argv, cwd=Path("/"), env=self.effects.environment)
        try:
            self.effects.processes.query(command)
        except (CommandFailed, OSError):
            return False
        return True


def _program(folder: Path, version: str) -> Path:
    return folder / "bin" / f"python{version.rpartition('.')[0]}"


def _build(folder: Path, version: str) -> str:
    """Name what was fetched: uv's BUILD file holds a date, and mirrors need not have it."""
    digest = hashlib.sha256()
    for path in (_program(folder, version), *sorted((folder / "lib").glob("libpython*.so*"))):
        digest.update(path.read_bytes())
    try:
        date = (folder / "BUILD").read_text("utf-8").strip()
    except OSError:
        date = ""
    return f"{date if re.fullmatch(r'[0-9]+', date) else 0}-{digest.hexdigest()[:12]}"


def _forget_place(folder: Path) -> None:
    """Take the place where it was made out of it: the cache lies elsewhere in other builds.

    `sysconfig` asks the interpreter itself for the paths that matter to builds.
    """
    for path in (path for pattern in _NAME_THE_PREFIX for path in folder.glob(pattern)):
        text = path.read_text("utf-8")
        if str(folder) in text:
            path.write_text(text.replace(str(folder), _PACKED_AT), "utf-8")


def _rename_unless_there(made: Path, place: Path) -> None:
    try:
        made.rename(place)
    except OSError as error:
        # Another build was faster: same name, same content.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
