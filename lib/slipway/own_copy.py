"""Slipway's own modules with their bytecode, kept in the platform's cache.

A platform pulls Slipway anew for each build, without bytecode; and to compile it takes longer
than all that a build without changes does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence

import slipway

_KEPT = 2
"""Copies: that of this Slipway, and that of the one before it."""

_DATE = 315532801
"""1980, as the Cloud Native lifecycle dates what it keeps: bytecode names its source's date.

https://github.com/buildpacks/spec/blob/main/platform.md
"""


def run_from_copy(copies: str, wheels: Sequence[str]) -> None:
    """Let all modules that are loaded from now on come from a copy of exactly these.

    Without one, and where none can be made, everything stays as it is.
    """
    modules = slipway.__path__[0]
    place = os.path.join(copies, _digest(modules, wheels))
    try:
        if not os.path.isdir(place):
            _make(modules, wheels, place)
        os.utime(place)
    except (OSError, zipfile.BadZipFile):
        return
    slipway.__path__[:] = [os.path.join(place, "slipway")]
    sys.path.insert(0, place)
    sys.dont_write_bytecode = False  # unlike the buildpack's own folder, this one is ours


def _digest(modules: str, wheels: Sequence[str]) -> str:
    """Digest all that is copied; of a wheel its name tells its version."""
    digest = hashlib.sha256("".join(map(os.path.basename, wheels)).encode())
    for path in _sources(modules):
        with open(path, "rb") as stream:
            digest.update(f"{os.path.relpath(path, modules)}\0".encode() + stream.read())
    return digest.hexdigest()[:32]


def _sources(modules: str) -> Iterator[str]:
    for folder, folders, names in os.walk(modules):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (os.path.join(folder, name) for name in sorted(names))


def _make(modules: str, wheels: Sequence[str], place: str) -> None:
    """Copy aside and rename, so that a copy is whole or not there."""
    copies = os.path.dirname(place)
    os.makedirs(copies, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copies, prefix=".new-") as aside:
        made = os.path.join(aside, "made")
        without = shutil.ignore_patterns("__pycache__")
        shutil.copytree(modules, os.path.join(made, "slipway"), ignore=without)
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(made)
        for path in _sources(made):
            os.utime(path, (_DATE, _DATE))
        if not os.path.isdir(place):
            os.rename(made, place)
    kept = [os.path.join(copies, name) for name in os.listdir(copies) if name[0] != "."]
    for old in sorted(kept, key=os.path.getmtime, reverse=True)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
