"""What a package of Slipway has in addition to Slipway's own files.

With a Python, Slipway runs on an image that has none. With everything that a build needs, it
builds an app without a network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.composition import compose_tools
from slipway.domain.installation import Installation
from slipway.domain.packaging_text import parse_version
from slipway.domain.python.series import MINORS, minor_of
from slipway.domain.redaction import redact
from slipway.domain.settings import Settings
from slipway.effects import Effects
from slipway.effects.download import download
from slipway.effects.files import move, read, remove, scratch
from slipway.effects.packages.archives import unpack
from slipway.effects.python_trees import name_usual_compilers
from slipway.errors.package import PythonsNotBundled, UvNotBundled
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.pythons.archives import ARCHIVES, TABLE, PythonArchives
from slipway.toolchains.pythons.managed import ManagedPythons, informative_lines
from slipway.toolchains.uv.program import UvProgram

BUNDLED_PYTHON = "python"
"""The folder of the included Python, where lib/bring_python.sh looks for it."""
PYTHONS = "https://github.com/astral-sh/python-build-standalone/releases/download"
MIRROR_VARIABLES = ("SLIPWAY_PYTHON_MIRROR", "UV_PYTHON_INSTALL_MIRROR")
_PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}
_FINAL = re.compile(r"\d+\.\d+\.\d+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Bundling:
    with_python: bool
    """Whether to include a Python that runs Slipway."""
    is_offline: bool
    """Whether to include everything that a build needs, so that it works without a network."""
    options: tuple[str, ...]
    """The other options of the command, for advice about it."""
    effects: Effects
    installation: Installation
    uv: UvProgram
    pythons: ManagedPythons

    @property
    def is_wanted(self) -> bool:
        return self.with_python or self.is_offline

    def add_to(self, folder: Path, target: str) -> None:
        """Add to a package for a target such as `linux/amd64` what it is to have.

        Raises DownloadFailed, DownloadDiffers, UvNotBundled, PythonsNotBundled.
        """
        if self.is_offline:
            offline = Installation(folder).offline
            self._add_archives(PythonArchives(offline), target)
            self._add_uv(offline / "uv", target)
        if self.is_wanted:
            self._add_python(folder / BUNDLED_PYTHON, target)

    def _add_python(self, place: Path, target: str) -> None:
        """Download the Python that runs Slipway, to where lib/bring_python.sh looks for it."""
        python = pinned_python(target, self.installation.python_pins)
        name = python.file.rpartition("/")[2]
        named = (
            self.effects.environment[one]
            for one in MIRROR_VARIABLES
            if self.effects.environment.get(one)
        )
        mirror = next(named, PYTHONS).strip().rstrip("/")
        address = f"{mirror}/{python.file.replace('+', '%2B')}"
        with scratch("python") as folder:
            archive, unpacked = folder / "python.tar.gz", folder / "unpacked"
            download(address, python.sha256, archive, shown=redact(address))
            self.effects.console.info(f"Bundling {name}{_size(archive)}")
            unpacked.mkdir()
            move(unpack(archive, unpacked, shown=redact(address)), place)
        # Now, because a builder cannot write to the folder.
        name_usual_compilers(place)

    def _add_uv(self, place: Path, target: str) -> None:
        try:
            self.uv.extract_for(_processor(target), place)
        except UvUnavailable as error:
            raise self._without_uv(error) from None
        self.effects.console.info(f"Bundling uv {self.uv.version}{_size(place)}")

    def _without_uv(self, error: UvUnavailable) -> UvNotBundled:
        return UvNotBundled(version=error.version, reason=error.reason, options=self.options)

    def _add_archives(self, archives: PythonArchives, target: str) -> None:
        """Let uv download and verify a Python of each minor version that apps can have.

        If a table of the user names the Pythons, builds need it as well.
        """
        processor = _processor(target)
        archives.folder.mkdir(parents=True)
        with scratch("pythons") as work:
            try:
                versions = [*newest_releases(self._known(work), processor)]
                for version in versions:
                    name = f"cpython-{version}-linux-{processor}-gnu"
                    options = ("--install-dir", str(work / "made"), "--no-bin")
                    command = self.pythons.command_of_uv(work, "install", name, *options)
                    env = {**command.env, ARCHIVES: str(archives.folder)}
                    command = replace(command, env=env)
                    self.effects.processes.run(command, doing=f"downloading Python {version}")
                    remove(work / "made")
                    added = next(
                        path for path in archives.files if f"-cpython-{version}" in path.name
                    )
                    self.effects.console.info(
                        f"Bundling Python {version} for apps{_size(added)}"
                    )
            except UvUnavailable as error:
                raise self._without_uv(error) from None
            except CommandFailed as error:
                lines = informative_lines(error.output)
                raise PythonsNotBundled(reason=lines, options=self.options) from None
        missing = [one for one in MINORS if one not in map(minor_of, versions)]
        if missing:
            self.effects.console.warning(
                f"uv has no Python {', '.join(missing)} for {target}, so an app that requests "
                "one needs a network"
            )
        table = self.effects.environment.get(TABLE, "").strip()
        if table:
            address = table if "://" in table else Path(table).absolute().as_uri()
            download(address, None, archives.table, shown=redact(address))

    def _known(self, folder: Path) -> str:
        options = ("--only-downloads", "--all-platforms", "--all-arches", "--output-format")
        command = self.pythons.command_of_uv(folder, "list", *options, "json")
        return self.effects.processes.query(command)


def compose_bundling(
    effects: Effects,
    installation: Installation,
    *,
    with_python: bool,
    is_offline: bool,
    options: tuple[str, ...],
) -> Bundling:
    """Make what downloads the files to bundle, with the settings of the current folder."""
    here = Path.cwd()
    pip = compose_tools(here, effects, Settings(), installation).pip()
    uv = UvProgram(pins=installation.uv_pins, pip=pip, is_offline=False)
    return Bundling(
        with_python=with_python,
        is_offline=is_offline,
        options=options,
        effects=effects,
        installation=installation,
        uv=uv,
        pythons=ManagedPythons(uv=uv, effects=effects, app=here),
    )


@dataclass(frozen=True, kw_only=True)
class PinnedPython:
    sha256: str
    file: str
    """The path on the mirror: the date of a release, and a file name."""


def pinned_python(target: str, pins: Path) -> PinnedPython:
    """Return the Python that vendor/pythons.txt pins for a target such as `linux/amd64`."""
    processor = _processor(target)
    lines = read(pins).splitlines()
    (fields,) = (line.split() for line in lines if line.startswith(f"{processor} "))
    return PinnedPython(sha256=fields[1], file=fields[2])


def newest_releases(listed: str, processor: str) -> Iterator[str]:
    """Yield the newest release of each minor version that apps can have, the newest first.

    `listed` is what `uv python list --output-format json` prints.
    """
    wanted = {
        "implementation": "cpython",
        "variant": "default",
        "os": "linux",
        "libc": "gnu",
        "arch": processor,
    }
    versions = [
        str(one["version"])
        for one in json.loads(listed)
        if wanted.items() <= one.items() and _FINAL.fullmatch(one["version"])
    ]
    for minor in MINORS:
        releases = [version for version in versions if minor_of(version) == minor]
        if releases:
            yield max(releases, key=parse_version)


def _processor(target: str) -> str:
    return _PROCESSORS[target.rpartition("/")[2]]


def _size(path: Path) -> str:
    return f", {path.stat().st_size / 1024**2:.1f} MiB"
