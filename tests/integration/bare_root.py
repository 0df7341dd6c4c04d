"""A root file system with a shell and what an app's build record names, and no Python."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

_PROGRAMS = ("bash", "sh", "realpath", "dirname", "env")
_LISTED = re.compile(r"\s*(?P<name>\S+) \([^)]*\) => (?P<path>/\S+)")
_NEEDED = re.compile(r"(?:=> )?(?P<path>/\S+) \(0x")


def make_bare_root(root: Path, app: Path) -> Path:
    """Fill a folder with what a run image must have for this app, and nothing else."""
    record = json.loads((app / ".slipway" / "build.json").read_text("utf-8"))
    wanted = {*_of_the_system(record["shared_libraries"])}
    for name in _PROGRAMS:
        program = shutil.which(name, path="/bin:/usr/bin")
        assert program, name
        _put(root, program)
        wanted.add(program)
    put_with_libraries(root, wanted)
    for folder in ("app", "data", "dev", "tmp", "proc"):
        (root / folder).mkdir()
    return root


def put_with_libraries(root: Path, files: Iterable[str]) -> None:
    """Copy files of this machine, and the libraries that they need, to the same places."""
    named = [*files]
    for path in {*named, *libraries_of(named)}:
        _put(root, path)


def _of_the_system(names: Iterable[str]) -> Iterator[str]:
    """Find libraries by name, as the system's loader does."""
    listing = _output(["/sbin/ldconfig", "-p"])
    places: dict[str, str] = {}
    for line in listing.splitlines():
        found = _LISTED.match(line)
        if found:
            places.setdefault(found["name"], found["path"])
    for name in names:
        assert name in places, f"this machine has no {name}"
        yield places[name]


def libraries_of(files: Iterable[str]) -> set[str]:
    """Give the libraries that the system's loader would load with the files."""
    return {found["path"] for found in _NEEDED.finditer(_output(["ldd", *files]))}


def _output(argv: list[str]) -> str:
    # ldd fails for the loader itself, which needs nothing.
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def _put(root: Path, file: str) -> None:
    place = root / file.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        shutil.copy(file, place)
