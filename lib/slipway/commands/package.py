"""`slipway package`: packages Slipway itself as a buildpack.

For pack and registries: https://buildpacks.io/docs/for-buildpack-authors/how-to/distribute-buildpacks/package-buildpack/
For Cloud Foundry: https://docs.cloudfoundry.org/adminguide/buildpacks.html
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.commands.bundling import Bundling
from slipway.domain.installation import Installation
from slipway.domain.toml_text import parse_toml
from slipway.effects.access import denial_of
from slipway.effects.console import Console
from slipway.effects.destinations import check_file_place, check_folder_place
from slipway.effects.files import copy_with_usual_modes, move, read, remove, scratch, write
from slipway.effects.packages.zip_files import write_zip
from slipway.effects.processes import Command, Processes
from slipway.errors.app import DISK_FULL
from slipway.errors.package import (
    PackageNotWritten,
    PackFailed,
    PackMissing,
    StageTaken,
    TargetUnknown,
)
from slipway.errors.stopped import CommandFailed, WrongUsage

PACKAGED = ("bin", "lib", "vendor", "buildpack.toml", "README.md", "LICENSE", "CHANGELOG.md")
"""Everything that a build needs, and the README, license and changelog."""
_EXCLUDED = ("__pycache__", "*.pyc", ".*")
_SHOWN_LINES = 20
"""How many lines of pack's output an error shows."""

_DENIED = (errno.EACCES, errno.EPERM)

_CLOUD_FOUNDRY, _OUTPUT, _STAGE_ONLY = "--cloud-foundry", "--output", "--stage-only"


@dataclass(frozen=True, kw_only=True)
class Packaging:
    targets: Sequence[str]
    """Such as `linux/amd64`; if empty, all targets in buildpack.toml."""
    options: tuple[str, ...]
    """The other options of the command, for advice about it."""
    bundling: Bundling
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
        stem = f"{buildpack['id']}-{buildpack['version']}".replace("/", "-")
        names = {target: f"{stem}-{target.replace('/', '-')}.cnb" for target in targets}
        for name in names.values():
            with _placing(folder / name, _OUTPUT):
                check_file_place(folder / name)
        with scratch("package") as work:
            stage = work / "stage"
            self._stage(stage, targets)
            for target, name in names.items():
                self._run(pack, [str(work / name), "--format", "file"], stage, (target,))
                self._deliver(work / name, folder / name, _OUTPUT)

    def write_zip(self, place: Path) -> None:
        """Write a zip file for Cloud Foundry, for one target if anything is bundled.

        Raises BuildStopped, WrongUsage.
        """
        targets = self._known_targets()
        if self.targets and len(targets) > 1:
            raise WrongUsage(self._one_target_only(place, targets))
        with _placing(place, _CLOUD_FOUNDRY):
            check_file_place(place)
        with scratch("package") as work:
            stage = work / "stage"
            self._collect(stage, targets[0])
            self.console.header("Packaging for Cloud Foundry")
            write_zip(stage, work / "zip")
            self._deliver(work / "zip", place, _CLOUD_FOUNDRY)

    def _one_target_only(self, place: Path, targets: Sequence[str]) -> str:
        """Give the usage line, and what to write instead."""
        usage = "bin/slipway package --cloud-foundry ZIP [--target OS/ARCH]"
        if not self.bundling.is_wanted:
            return (
                f"{usage}\nbin/slipway package: error: a zip file without a Python is for all "
                "targets; leave out --target"
            )
        stem, suffix = os.path.splitext(place)
        others = [one for one in self.options if one not in (_CLOUD_FOUNDRY, str(place))]
        lines = (
            shlex.join(
                (
                    "slipway/bin/slipway",
                    "package",
                    *others,
                    _CLOUD_FOUNDRY,
                    f"{stem}-{target.replace('/', '-')}{suffix}",
                    "--target",
                    target,
                )
            )
            for target in targets
        )
        error = "a zip file with a Python is for one target; write a file for each:"
        return "\n    ".join((f"{usage}\nbin/slipway package: error: {error}", *lines))

    def _deliver(self, file: Path, place: Path, option: str) -> None:
        with _placing(place, option):
            move(file, place)
            size = place.stat().st_size / 1024**2
        self.console.listed(f"{place}, {size:.1f} MiB")

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
        targets = self._known_targets()
        with _placing(folder, _STAGE_ONLY):
            if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
                raise StageTaken(folder=str(folder))
            check_folder_place(folder)
            folder.mkdir(parents=True, exist_ok=True)
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
                raise TargetUnknown(target=target, known=known, options=self.options)
        return tuple(dict.fromkeys(self.targets)) or known

    def _buildpack(self) -> dict[str, Any]:
        path = self.installation.buildpack_toml
        return parse_toml(read(path), path.name)

    def _stage(self, stage: Path, targets: Sequence[str]) -> None:
        """Collect the files; if something is bundled, once for each target, in OS/ARCH.

        pack uses such a folder as the root of that target's package.
        """
        if not self.bundling.is_wanted:
            self._collect(stage, targets[0])
            return
        for target in targets:
            self._collect(stage / target, target)
        # pack reads this file first, and copies it to each target's folder while it runs.
        path = self.installation.buildpack_toml
        write(stage / path.name, read(path))

    def _collect(self, folder: Path, target: str) -> None:
        """Copy Slipway's files, and add what is bundled."""
        self.console.header("Collecting Slipway's own files")
        root = self.installation.root
        copy_with_usual_modes(root, PACKAGED, folder, without=_EXCLUDED)
        self.bundling.add_to(folder, target)

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


@contextmanager
def _placing(place: Path, option: str) -> Iterator[None]:
    """Name the place, and the option that it is from, if the system refuses it.

    Raises PackageNotWritten; OSError for a full disk, which has words of its own.
    """
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        denied = error.filename2 or error.filename or place
        raise PackageNotWritten(
            path=str(place),
            reason=error.strerror or str(error),
            option=option,
            denial=denial_of(os.fspath(denied)) if error.errno in _DENIED else None,
        ) from None
