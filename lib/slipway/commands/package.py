"""Slipway itself as a buildpackage, for pack and for registries.

https://buildpacks.io/docs/for-buildpack-authors/how-to/distribute-buildpacks/package-buildpack/
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.commands.bundled_python import bring, pinned
from slipway.domain.installation import Installation
from slipway.domain.toml_text import parse_toml
from slipway.effects.console import Console
from slipway.effects.files import remove, scratch
from slipway.effects.processes import Command, Processes
from slipway.errors.package import PackFailed, PackMissing, StageTaken, TargetUnknown
from slipway.errors.stopped import CommandFailed

SHIPPED = ("bin", "lib", "vendor", "buildpack.toml", "README.md", "LICENSE", "CHANGELOG.md")
"""All that a build needs, and what says whose it is."""
_NOT_SHIPPED = ("__pycache__", "*.pyc", ".*")
_SHOWN = 20
"""Lines of a pack that failed."""


@dataclass(frozen=True, kw_only=True)
class Packaging:
    targets: Sequence[str]
    """As `linux/amd64`; none stands for all of buildpack.toml."""
    with_python: bool
    environment: Mapping[str, str]
    processes: Processes
    console: Console
    installation: Installation

    def write_files(self, folder: Path) -> None:
        """Write one .cnb for each target.

        Raises BuildStopped.
        """
        pack, targets = self._pack(), self._known_targets()
        with scratch("package") as work:
            stage = self._staged(work / "stage", targets)
            for target in targets:
                name = f"{self._file_name(target)}.cnb"
                self._run(pack, [str(work / name), "--format", "file"], stage, (target,))
                folder.mkdir(parents=True, exist_ok=True)
                written = Path(shutil.move(work / name, folder / name))
                size = written.stat().st_size / 1024**2
                self.console.output(f"{written}, {size:.1f} MiB")

    def publish(self, reference: str) -> None:
        """Put an image for each target into a registry, and an index of them.

        Raises BuildStopped.
        """
        pack, targets = self._pack(), self._known_targets()
        with scratch("package") as work:
            stage = self._staged(work / "stage", targets)
            self._run(pack, [reference, "--publish"], stage, targets)
        self.console.output(f"{reference}, for {' and '.join(targets)}")

    def stage(self, folder: Path) -> None:
        """Write the files that go into a package, for `pack buildpack package --path`.

        Raises BuildStopped.
        """
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise StageTaken(folder=str(folder))
        targets = self._known_targets()
        try:
            self._staged(folder, targets)
        except BaseException:
            remove(folder)
            raise
        self.console.output(str(folder))

    def _pack(self) -> str:
        path = self.environment.get("PATH", os.defpath)
        found = shutil.which("pack", path=path)
        if not found:
            raise PackMissing(path=path)
        return os.path.abspath(found)

    def _known_targets(self) -> tuple[str, ...]:
        known = tuple(f"{one['os']}/{one['arch']}" for one in self._buildpack()["targets"])
        for target in self.targets:
            if target not in known:
                raise TargetUnknown(target=target, known=known)
        return tuple(dict.fromkeys(self.targets)) or known

    def _staged(self, stage: Path, targets: Sequence[str]) -> Path:
        """Copy what is shipped; pack takes a folder named as a target for that one's root."""
        self.console.header("Collecting Slipway's own files")
        stage.mkdir(parents=True, exist_ok=True)
        if not self.with_python:
            self._copy_shipped(stage)
            return stage
        for target in targets:
            python = pinned(target, self.installation.python_pins)
            self.console.info(f"with {python.file.rpartition('/')[2]}")
            bring(python, self.environment, self._copy_shipped(stage / target))
        # pack reads this one first, and copies it to each target's own folder for a while.
        shutil.copy2(stage / targets[0] / self.installation.buildpack_toml.name, stage)
        return stage

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
            raise PackFailed(output=tuple(lines[-_SHOWN:])) from None

    def _copy_shipped(self, folder: Path) -> Path:
        """Copy what is shipped, with the modes that any copy of Slipway gets."""
        folder.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns(*_NOT_SHIPPED)
        for name in SHIPPED:
            source = self.installation.root / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy2(source, folder / name)
        for path in (folder, *folder.rglob("*")):
            is_program = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if is_program else 0o644)
        return folder

    def _file_name(self, target: str) -> str:
        """Name a package after the buildpack, its version and the target."""
        buildpack = self._buildpack()["buildpack"]
        return "-".join((buildpack["id"], buildpack["version"], target)).replace("/", "-")

    def _buildpack(self) -> dict[str, Any]:
        path = self.installation.buildpack_toml
        return parse_toml(path.read_text("utf-8"), path.name)
