"""`slipway package`: packages Slipway itself as a buildpack, for pack and for registries.

https://buildpacks.io/docs/for-buildpack-authors/how-to/distribute-buildpacks/package-buildpack/
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.domain.installation import Installation
from slipway.domain.redaction import redact
from slipway.domain.toml_text import parse_toml
from slipway.effects.console import Console
from slipway.effects.download import download
from slipway.effects.files import copy_with_usual_modes, move, read, remove, scratch, write
from slipway.effects.packages.archives import unpack
from slipway.effects.processes import Command, Processes
from slipway.effects.python_trees import name_usual_compilers
from slipway.errors.package import PackFailed, PackMissing, StageTaken, TargetUnknown
from slipway.errors.stopped import CommandFailed

PACKAGED = ("bin", "lib", "vendor", "buildpack.toml", "README.md", "LICENSE", "CHANGELOG.md")
"""Everything that a build needs, and the README, license and changelog."""
_EXCLUDED = ("__pycache__", "*.pyc", ".*")
_SHOWN_LINES = 20
"""How many lines of pack's output an error shows."""

BUNDLED_PYTHON = "python"
"""The folder of the included Python, where lib/bring_python.sh looks for it."""
PYTHONS = "https://github.com/astral-sh/python-build-standalone/releases/download"
MIRROR_VARIABLES = ("SLIPWAY_PYTHON_MIRROR", "UV_PYTHON_INSTALL_MIRROR")
_PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, kw_only=True)
class Packaging:
    targets: Sequence[str]
    """Such as `linux/amd64`; if empty, all targets in buildpack.toml."""
    with_python: bool
    environment: Mapping[str, str]
    processes: Processes
    console: Console
    installation: Installation

    def write_files(self, folder: Path) -> None:
        """Write a .cnb file for each target.

        Raises BuildStopped.
        """
        pack, targets = self._pack(), self._known_targets()
        buildpack = self._buildpack()["buildpack"]
        with scratch("package") as work:
            stage = work / "stage"
            self._stage(stage, targets)
            for target in targets:
                parts = (buildpack["id"], buildpack["version"], target)
                name = f"{'-'.join(parts).replace('/', '-')}.cnb"
                self._run(pack, [str(work / name), "--format", "file"], stage, (target,))
                move(work / name, folder / name)
                size = (folder / name).stat().st_size / 1024**2
                self.console.listed(f"{folder / name}, {size:.1f} MiB")

    def publish(self, reference: str) -> None:
        """Push an image for each target, and an image index of them, to a registry.

        Raises BuildStopped.
        """
        pack, targets = self._pack(), self._known_targets()
        with scratch("package") as work:
            stage = work / "stage"
            self._stage(stage, targets)
            self._run(pack, [reference, "--publish"], stage, targets)
        self.console.listed(f"{reference}, for {' and '.join(targets)}")

    def stage(self, folder: Path) -> None:
        """Write the files that go into a package, for `pack buildpack package --path`.

        Raises BuildStopped.
        """
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise StageTaken(folder=str(folder))
        targets = self._known_targets()
        try:
            self._stage(folder, targets)
        except BaseException:
            remove(folder)
            raise
        self.console.listed(str(folder))

    def _pack(self) -> str:
        path = self.environment.get("PATH", os.defpath)
        found = shutil.which("pack", path=path)
        if not found:
            raise PackMissing(path=path)
        return os.path.abspath(found)

    def _known_targets(self) -> tuple[str, ...]:
        known = tuple(f"{item['os']}/{item['arch']}" for item in self._buildpack()["targets"])
        for target in self.targets:
            if target not in known:
                raise TargetUnknown(target=target, known=known)
        return tuple(dict.fromkeys(self.targets)) or known

    def _buildpack(self) -> dict[str, Any]:
        path = self.installation.buildpack_toml
        return parse_toml(read(path), path.name)

    def _stage(self, stage: Path, targets: Sequence[str]) -> None:
        """Copy Slipway's files; with a Python, once for each target, into a folder OS/ARCH.

        pack uses such a folder as the root of that target's package.
        """
        self.console.header("Collecting Slipway's own files")
        folders = {target: stage / target for target in targets} if self.with_python else {}
        for folder in folders.values() or [stage]:
            root = self.installation.root
            copy_with_usual_modes(root, PACKAGED, folder, without=_EXCLUDED)
        for target, folder in folders.items():
            python = pinned_python(target, self.installation.python_pins)
            self.console.info(f"Bundling {python.file.rpartition('/')[2]}")
            _bundle_python(python, folder / BUNDLED_PYTHON, self.environment)
        if folders:
            # pack reads this file first, and copies it to each target's folder while it runs.
            path = self.installation.buildpack_toml
            write(stage / path.name, read(path))

    def _run(
        self, pack: str, arguments: Sequence[str], stage: Path, targets: Sequence[str]
    ) -> None:
        self.console.header(f"Packaging for {' and '.join(targets)}")
        options = [part for target in targets for part in ("--target", target)]
        command = Command(
            argv=[pack, "buildpack", "package", *arguments, "--path", str(stage), *options],
            cwd=stage,
            env=self.environment,
        )
        try:
            self.processes.run(command, doing="packaging")
        except CommandFailed as error:
            lines = [line for line in error.output.splitlines() if line.strip()]
            raise PackFailed(output=tuple(lines[-_SHOWN_LINES:])) from None


@dataclass(frozen=True, kw_only=True)
class PinnedPython:
    sha256: str
    file: str
    """The path on the mirror: the date of a release, and a file name."""


def pinned_python(target: str, pins: Path) -> PinnedPython:
    """Return the Python that vendor/pythons.txt pins for a target such as `linux/amd64`."""
    processor = _PROCESSORS[target.rpartition("/")[2]]
    lines = read(pins).splitlines()
    (fields,) = (line.split() for line in lines if line.startswith(f"{processor} "))
    return PinnedPython(sha256=fields[1], file=fields[2])


def _bundle_python(python: PinnedPython, place: Path, environment: Mapping[str, str]) -> None:
    """Download a Python to the folder where lib/bring_python.sh looks for it.

    Raises DownloadFailed, DownloadDiffers.
    """
    named = (environment[name] for name in MIRROR_VARIABLES if environment.get(name))
    mirror = next(named, PYTHONS).strip().rstrip("/")
    address = f"{mirror}/{python.file.replace('+', '%2B')}"
    with scratch("python") as folder:
        archive, unpacked = folder / "python.tar.gz", folder / "unpacked"
        download(address, python.sha256, archive, shown=redact(address))
        unpacked.mkdir()
        move(unpack(archive, unpacked, shown=redact(address)), place)
    # Now, because a builder cannot write to the folder.
    name_usual_compilers(place)
