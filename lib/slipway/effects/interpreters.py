"""The Pythons that an image has, by where they lie."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging import tags

_NAME = re.compile(r"python3(\.\d+)?")
_RELEASE = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?$")
_USUAL_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/python/bin")

# Run without site-packages, so that nothing but the interpreter itself answers. The files are
# what the answer rests on: what it has loaded, libpython and the C library among them.
PROBE = """
import json, os, platform, sys, sysconfig
stdlib = os.path.realpath(sysconfig.get_path("stdlib"))
try:
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        loaded = {line.split(None, 5)[-1].strip() for line in maps if "/" in line}
except OSError:
    loaded = set()
print(json.dumps({
    "implementation": sys.implementation.name,
    "path": os.path.realpath(sys.executable),
    "version": platform.python_version(),
    "prefix": os.path.realpath(sys.base_prefix),
    "stdlib": stdlib,
    "platform": " ".join([sysconfig.get_platform(), *platform.libc_ver()]).strip(),
    "files": [*sorted(loaded), os.path.join(stdlib, "os.py")] if loaded else [],
}))
"""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A file that looks like an interpreter."""

    path: Path
    """Symbolic links resolved."""
    guess: tuple[int, int] | None
    """Major and minor version, as the names on its path say, to spare asking it."""
    runs_slipway: bool = False
    """Whether the image does not have it: it was bundled or fetched to run Slipway."""


def candidates(environment: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Look on PATH, in the usual folders and below pyenv; each file once.

    The one that runs Slipway comes last, unless it is one of those.
    """
    found: dict[Path, Candidate] = {}
    for folder in _folders(environment):
        for path in _entries(folder):
            if _NAME.fullmatch(path.name) and _is_program(path):
                real = path.resolve()
                found.setdefault(real, Candidate(path=real, guess=_guess(real)))
    own = Path(sys.executable).resolve()
    found.setdefault(own, Candidate(path=own, guess=_guess(own), runs_slipway=True))
    return tuple(found.values())


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    for name in environment.get("PATH", "").split(":"):
        if name.startswith("/"):
            yield Path(name)
    yield from map(Path, _USUAL_FOLDERS)
    home = environment.get("HOME", "")
    pyenv = environment.get("PYENV_ROOT") or (f"{home}/.pyenv" if home else "")
    if pyenv:
        versions = _entries(Path(pyenv, "versions"))
        yield from (path / "bin" for path in versions if path.name.startswith("3."))


def _entries(folder: Path) -> list[Path]:
    """List a folder; nothing if it is not there, or in a home that is another user's."""
    try:
        return [folder / name for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def _is_program(path: Path) -> bool:
    """Tell an executable from the scripts that pyenv puts on PATH in its place."""
    try:
        with path.open("rb") as stream:
            return path.stat().st_mode & 0o111 != 0 and stream.read(4) == b"\x7fELF"
    except OSError:
        return False


def _guess(path: Path) -> tuple[int, int] | None:
    for part in (path.name, path.parent.parent.name):
        release = _RELEASE.search(part)
        if release:
            return int(release[1]), int(release[2])
    return None


def supported_tags(minor: str) -> tuple[str, ...]:
    """Give the tags of the wheels that a CPython of this machine takes, the best first.

    https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    version = tuple(map(int, minor.split(".")))
    name = f"cp{minor.replace('.', '')}"
    platforms = [*tags.platform_tags()]
    own = tags.cpython_tags(version, abis=[name], platforms=platforms)
    return tuple(map(str, (*own, *tags.compatible_tags(version, name, platforms))))
