"""The tools in vendor/, unpacked once into the cache so that each start finds them compiled."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from slipway.effects.cache.kinds import BUNDLED_TOOLS

_LOCKED = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")
_OF_BACKENDS = ("build", "importlib_metadata", "packaging", "pyproject_hooks", "tomli", "zipp")
"""What runs the backends of packages, with all that it needs."""

_ONE_AT_A_TIME = Lock()
"""What is done beside each other in a build asks for the same tools at once."""


@dataclass(frozen=True)
class BundledTools:
    """Folders for `sys.path`, each unpacked when it is first asked for."""

    open: Callable[[str], Path]
    """Gives the folder of a part by its name, or raises WheelTampered."""

    @property
    def everything(self) -> Path:
        """All but pip itself, which is compiled once where it lies alone."""
        return self.open("everything")

    @property
    def pip_alone(self) -> Path:
        """pip without its metadata, which would look like an installed distribution."""
        return self.open("pip")

    @property
    def for_backends(self) -> Path:
        return self.open("backends")


class WheelTampered(Exception):
    """A wheel in vendor/ is not the one that was vendored: a broken copy of Slipway."""


def open_bundled_tools(vendor: Path, cache: Path) -> BundledTools:
    """Give the tools, unpacked once into a cache: a build that needs none unpacks none."""
    return BundledTools(partial(_opened, vendor, cache))


def _opened(vendor: Path, cache: Path, part: str) -> Path:
    locked = (vendor / "wheels.txt").read_text(encoding="utf-8")
    key = hashlib.sha256(locked.encode()).hexdigest()[:16]
    place = cache / BUNDLED_TOOLS.name / f"{part}-{key}"
    with _ONE_AT_A_TIME:
        if not place.is_dir():
            _unpack(vendor, frozenset(_LOCKED.findall(locked)), part, place)
    return place


def _unpack(vendor: Path, digests: frozenset[str], part: str, place: Path) -> None:
    import zipfile  # once for each cache

    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
    try:
        for wheel in sorted(vendor.glob("*.whl")):
            if hashlib.sha256(wheel.read_bytes()).hexdigest() not in digests:
                raise WheelTampered(f"{wheel.name} does not have the hash in wheels.txt")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(aside, _members(wheel.name, archive.namelist(), part))
        os.chmod(aside, 0o755)
        try:
            os.rename(aside, place)
        except OSError:
            if not place.is_dir():  # else another build was first
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _members(wheel: str, names: list[str], part: str) -> list[str]:
    """Choose what a part has of a wheel."""
    distribution = wheel.partition("-")[0]
    match part:
        case "pip":
            return [name for name in names if name.startswith("pip/")]
        case "backends":
            return names if distribution in _OF_BACKENDS else []
        case _:
            # The wheels inside virtualenv's would go into an environment; ours begin empty.
            not_these = re.compile(r"pip/|.*\.whl$")
            return [name for name in names if not not_these.match(name)]
