"""A root file system with a shell and the libraries of an app's build record, but no Python."""

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


def make_bare_root(root: Path, record_folder: Path) -> Path:
    """Fill a folder with only the files that a run image must have for an app.

    `record_folder` has the app's build record.
    """
    record = json.loads((record_folder / "build.json").read_text("utf-8"))
    wanted = {*_find_libraries(record["shared_libraries"])}
    for name in _PROGRAMS:
        program = shutil.which(name, path="/bin:/usr/bin")
        assert program, name
        _copy(root, program)
        wanted.add(program)
    copy_with_libraries(root, wanted)
    for folder in ("app", "data", "dev", "tmp", "proc"):
        (root / folder).mkdir()
    return root


def copy_with_libraries(root: Path, files: Iterable[str]) -> None:
    """Copy files of this machine, and the libraries that they need, to the same paths."""
    named = [*files]
    for path in {*named, *libraries_of(named)}:
        _copy(root, path)


def _find_libraries(names: Iterable[str]) -> Iterator[str]:
    """Find the paths of libraries by name, as the system's loader does."""
    listing = _output(["/sbin/ldconfig", "-p"])
    paths: dict[str, str] = {}
    for line in listing.splitlines():
        found = _LISTED.match(line)
        if found:
            paths.setdefault(found["name"], found["path"])
    for name in names:
        assert name in paths, f"this machine has no {name}"
        yield paths[name]


def libraries_of(files: Iterable[str]) -> set[str]:
    """Return the libraries that the system's loader would load with the files."""
    return {found["path"] for found in _NEEDED.finditer(_output(["ldd", *files]))}


def _output(argv: list[str]) -> str:
    # ldd fails for the loader itself, which needs no libraries.
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def _copy(root: Path, file: str) -> None:
    place = root / file.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        shutil.copy(file, place)
