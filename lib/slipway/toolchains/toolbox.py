"""The tools in vendor/, unpacked once into the cache so that each start finds them compiled."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

_LOCKED = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")


@dataclass(frozen=True)
class Toolbox:
    """Two folders for `sys.path`, unpacked when one of them is first asked for."""

    open: Callable[[], Path]
    """Gives the folder of both, or raises WheelTampered."""

    @cached_property
    def root(self) -> Path:
        return self.open()

    @property
    def everything(self) -> Path:
        return self.root / "everything"

    @property
    def pip_alone(self) -> Path:
        """pip without its metadata, which would look like an installed distribution."""
        return self.root / "pip"


class WheelTampered(Exception):
    """A wheel in vendor/ is not the one that was vendored: a broken copy of Slipway."""


def open_toolbox(vendor: Path, cache: Path) -> Toolbox:
    """Give the tools, unpacked once into a cache: a build that needs none unpacks none."""
    return Toolbox(partial(_opened, vendor, cache))


def _opened(vendor: Path, cache: Path) -> Path:
    locked = (vendor / "wheels.txt").read_text(encoding="utf-8")
    key = hashlib.sha256(locked.encode()).hexdigest()[:16]
    place = cache / "tools" / key
    if not place.is_dir():
        _unpack(vendor, frozenset(_LOCKED.findall(locked)), place)
    return place


def _unpack(vendor: Path, digests: frozenset[str], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
    try:
        toolbox = Toolbox(lambda: aside)
        for wheel in sorted(vendor.glob("*.whl")):
            if hashlib.sha256(wheel.read_bytes()).hexdigest() not in digests:
                raise WheelTampered(f"{wheel.name} does not have the hash in wheels.txt")
            with zipfile.ZipFile(wheel) as archive:
                # The wheels inside virtualenv's would go into an environment; ours begin empty.
                names = [name for name in archive.namelist() if not name.endswith(".whl")]
                archive.extractall(toolbox.everything, names)
        shutil.copytree(toolbox.everything / "pip", toolbox.pip_alone / "pip")
        os.chmod(aside, 0o755)
        if not place.is_dir():
            os.rename(aside, place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
