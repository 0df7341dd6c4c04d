"""Unpacks programs from wheels into the cache: Slipway's own tools in vendor/, and uv."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from slipway.effects.cache.kinds import BUNDLED_TOOLS
from slipway.effects.cache.locks import ASIDE, ItemLocks, is_folder
from slipway.effects.files import (
    read,
    read_if_there,
    remove,
    sha256_of,
    tree_digest,
    write,
)
from slipway.effects.python_trees import rename_unless_there

_HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")
_FOR_BACKENDS = ("build", "importlib_metadata", "packaging", "pyproject_hooks", "tomli", "zipp")
"""pypa/build with everything that it requires."""
_NOT_IN_EVERYTHING = re.compile(r"pip/|.*\.whl$")
"""pip, and the wheels that virtualenv could install: Slipway creates empty environments."""


_SEAL = "sha256"
"""The file in an unpacked folder that has the digest of its other files, except bytecode."""
_LATER = frozenset({_SEAL, "__pycache__"})


class WheelTampered(Exception):
    """A wheel in vendor/ is not one of those listed: this copy of Slipway is broken."""


@dataclass(frozen=True)
class BundledTools:
    """Folders for `sys.path`, each unpacked into the cache when it is first used.

    Raises WheelTampered.
    """

    vendor: Path
    """The folder with the wheels, and their hashes in wheels.txt."""
    cache: Path
    locks: ItemLocks = field(default_factory=ItemLocks)
    spare: Callable[[], Path] | None = None
    """Returns a folder of this build for what cannot be unpacked into the cache."""
    _used: dict[str, Path] = field(default_factory=dict)

    @property
    def everything(self) -> Path:
        """All tools apart from pip's modules, which `pip_alone` has."""
        return self._folder("everything")

    @property
    def pip_alone(self) -> Path:
        """pip without its metadata, which would look like an installed distribution."""
        return self._folder("pip")

    @property
    def for_backends(self) -> Path:
        return self._folder("backends")

    def _folder(self, part: str) -> Path:
        """Return the folder of a part, unpack it if needed, and mark it as just used."""
        if part not in self._used:
            hashes = read(self.vendor / "wheels.txt")
            key = hashlib.sha256(hashes.encode()).hexdigest()[:16]
            name, digests = f"{part}-{key}", frozenset(_HASH.findall(hashes))
            try:
                place = self._made(self.cache / BUNDLED_TOOLS.name / name, part, digests)
            except OSError:
                if self.spare is None:
                    raise
                place = self._made(self.spare() / name, part, digests)
            self._used[part] = place
        return self._used[part]

    def _made(self, place: Path, part: str, digests: frozenset[str]) -> Path:
        """Return the folder, unpacked if it is missing or damaged, and keep it from eviction.

        Raises OSError.
        """
        if os.path.lexists(place) and not (self.locks.hold(place) and _is_whole(place)):
            remove(place)
        if not is_folder(place):
            self._unpack(digests, part, place)
            self.locks.hold(place)
        with suppress(OSError):  # it may belong to another user
            os.utime(place)
        return place

    def _unpack(self, digests: frozenset[str], part: str, place: Path) -> None:
        import zipfile  # most builds find all tools unpacked

        with self.locks.new_folder(place.parent) as aside:
            for wheel in sorted(self.vendor.glob("*.whl")):
                if sha256_of(wheel) not in digests:
                    raise WheelTampered(f"{wheel.name} does not have the hash in wheels.txt")
                with zipfile.ZipFile(wheel) as zipped:
                    zipped.extractall(aside, _files_of(part, wheel.name, zipped.namelist()))
            write(aside / _SEAL, tree_digest(aside, _LATER))
            os.chmod(aside, 0o755)
            rename_unless_there(aside, place)


def _is_whole(place: Path) -> bool:
    try:
        return read_if_there(place / _SEAL) == tree_digest(place, _LATER)
    except OSError:
        return False


def _files_of(part: str, wheel: str, names: list[str]) -> list[str]:
    """Choose the files of a wheel that belong to a part."""
    match part:
        case "pip":
            return [name for name in names if name.startswith("pip/")]
        case "backends":
            return names if wheel.partition("-")[0] in _FOR_BACKENDS else []
        case _:
            return [name for name in names if not _NOT_IN_EVERYTHING.match(name)]


def extract_program(wheel: Path, name: str, place: Path) -> None:
    """Extract a program from a wheel atomically; a concurrent build may do the same.

    Raises OSError.
    """
    import zipfile  # most builds find the program in the cache

    place.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=place.parent, prefix=ASIDE)
    try:
        with zipfile.ZipFile(wheel) as zipped, os.fdopen(handle, "wb") as stream:
            [member] = [
                one for one in zipped.namelist() if one.endswith(f".data/scripts/{name}")
            ]
            with zipped.open(member) as program:
                shutil.copyfileobj(program, stream)
        os.chmod(aside, 0o755)
        os.replace(aside, place)
    except BaseException:
        os.unlink(aside)
        raise
