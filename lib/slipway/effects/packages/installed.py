"""The distributions in a virtual environment, according to their RECORD files."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slipway.effects.files import walk_folders
from slipway.effects.packages.records import Row, read_record, record_digest
from slipway.effects.packages.virtualenvs import VENDORED_PATHS, Virtualenv, normal_name
from slipway.effects.reading import MOST_FILE, read_bytes


@dataclass(frozen=True)
class InstalledDistributions:
    """The files of each distribution, as paths relative to the virtual environment."""

    environment: Virtualenv
    files: Mapping[str, frozenset[str]]
    """By the distribution's normalized name."""

    def shared_by(self, names: Collection[str]) -> bool:
        """Tell whether any of these shares a file with another distribution."""
        own = self.files_of(names)
        others = (files for name, files in self.files.items() if name not in names)
        return any(not own.isdisjoint(files) for files in others)

    def files_of(self, names: Collection[str]) -> frozenset[str]:
        return frozenset[str]().union(*(self.files.get(name, ()) for name in names))

    def has_any(self, names: Collection[str]) -> bool:
        return not self.files.keys().isdisjoint(names)

    def modules(self, names: Collection[str] | None = None) -> list[list[Path]]:
        """Return the modules of all distributions, or of these, one list for each."""
        groups, seen = [], set[str]()
        for name, files in sorted(self.files.items()):
            if names is None or name in names:
                own = {one for one in files if one.startswith("lib/") and one.endswith(".py")}
                groups.append([self.environment.root / one for one in sorted(own - seen)])
                seen |= own  # if distributions share a file, it is compiled once
        return groups

    def remove(self, names: Collection[str]) -> None:
        """Remove the files of these, their bytecode, and folders that are empty then."""
        paths, tag = self.files_of(names), _tag(self.environment)
        for file in paths:
            for path in (file, *_bytecode(file, tag)):
                with suppress(OSError):  # a RECORD may name files that were never installed
                    os.unlink(self.environment.root / path)
        for folder in sorted(_folders(paths), key=len, reverse=True):
            with suppress(OSError):  # it is not empty
                os.rmdir(self.environment.root / folder)


def read_installed(
    environment: Virtualenv, own: Collection[str] = ()
) -> InstalledDistributions | None:
    """Read all records; None if they do not account for every file in `environment`.

    Only a complete index shows which files belong to a distribution, so None means that
    nothing can be removed safely: a record is missing or unreadable, two have the same name,
    one names a folder or a file outside `environment`, or a file is in no record. `own` has
    more files at the root that are Slipway's. A record may name files that do not exist.
    """
    root = environment.root
    place = os.path.relpath(environment.site_packages, root)
    files: dict[str, frozenset[str]] = {}
    for info in environment.site_packages.glob("*.dist-info"):
        name, rows = normal_name(info.name), read_record(info)
        if rows is None or name in files:
            return None
        named = frozenset(_within(place, row[0]) for row in rows)
        if any(one == "." or one.startswith(("/", "..")) or "\0" in one for one in named):
            return None
        files[name] = named
    recorded = frozenset[str]().union(*files.values())
    tag = _tag(environment)
    known = {
        *recorded,
        *(path for file in recorded for path in _bytecode(file, tag)),
        *(f"bin/{name}" for name in environment.python_links),
        *("pyvenv.cfg", f"{place}/{VENDORED_PATHS}", *own),
    }
    for folder, folders, names in walk_folders(root):
        within = folder[len(str(root)) + 1 :]
        prefix = f"{within}/" if within else ""
        if any(
            f"{prefix}{one}" not in known and not os.path.islink(f"{folder}/{one}")
            for one in names
        ):
            return None  # links are Slipway's: installers make none
        if any(f"{prefix}{one}" in recorded for one in folders):
            return None
    return InstalledDistributions(environment, files)


def _within(place: str, path: str) -> str:
    """Join a path of a RECORD to the folder that it is relative to."""
    is_plain = not path.startswith(("/", ".")) and not path.endswith("/")
    is_plain = is_plain and bool(path) and "/." not in path and "//" not in path
    joined = f"{place}/{path}"  # most are plain, and os.path takes ten times as long
    return joined if is_plain else os.path.normpath(os.path.join(place, path))


def written_into(environment: Virtualenv, names: Collection[str]) -> bool:
    """Tell whether files that these distributions share with a cache differ from their records.

    Then something has written into them in a place where they were installed before.
    """
    folders = environment.site_packages.glob("*.dist-info")
    recorded = [
        row
        for info in folders
        if normal_name(info.name) in names
        for row in read_record(info) or ()
    ]
    with ThreadPoolExecutor() as workers:
        return not all(workers.map(partial(_is_as_recorded, environment), recorded))


def _is_as_recorded(environment: Virtualenv, row: Row) -> bool:
    digest = row[1] if len(row) > 1 else ""
    path = environment.site_packages / row[0]
    try:
        status = os.lstat(path)
        is_shared = stat.S_ISREG(status.st_mode) and status.st_nlink > 1
        if not is_shared or not digest.startswith("sha256="):
            return True
        return record_digest(read_bytes(path, MOST_FILE)) == digest
    except (OSError, ValueError):  # the RECORD names a file that was never installed
        return True


def _bytecode(file: str, tag: str) -> Iterator[str]:
    """Return the path of a module's bytecode: https://peps.python.org/pep-3147/."""
    if file.endswith(".py"):
        folder, _, name = file.rpartition("/")
        yield f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc"


def _tag(environment: Virtualenv) -> str:
    return f"cpython-{environment.minor.replace('.', '')}"


def _folders(files: Collection[str]) -> set[str]:
    """Return all folders that contain the files or their bytecode."""
    found: set[str] = set()
    for file in files:
        folder = os.path.dirname(file)
        while folder and folder not in found:
            found |= {folder, f"{folder}/__pycache__"}
            folder = os.path.dirname(folder)
    return found
