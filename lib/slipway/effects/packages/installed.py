"""The distributions in a virtual environment, according to their RECORD files.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slipway.effects.packages.virtualenvs import Virtualenv, normal_name


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
        paths = self.files_of(names)
        tag = f"cpython-{self.environment.minor.replace('.', '')}"
        for file in paths:
            for path in (file, *_bytecode(file, tag)):
                with suppress(FileNotFoundError):
                    os.unlink(self.environment.root / path)
        for folder in sorted(_folders(paths), key=len, reverse=True):
            with suppress(OSError):  # it is not empty
                os.rmdir(self.environment.root / folder)


def read_installed(environment: Virtualenv) -> InstalledDistributions | None:
    """Read all records; None if one is unreadable or names a file outside `environment`."""
    root = environment.root
    files = {}
    for info in environment.site_packages.glob("*.dist-info"):
        try:
            record = (info / "RECORD").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        place = os.path.relpath(environment.site_packages, root)
        rows = csv.reader(record.splitlines())
        named = frozenset(os.path.normpath(os.path.join(place, row[0])) for row in rows if row)
        if any(os.path.isabs(name) or name.startswith("..") for name in named):
            return None
        files[normal_name(info.name)] = named
    return InstalledDistributions(environment, files)


def written_into(environment: Virtualenv, names: Collection[str]) -> bool:
    """Tell whether files that these distributions share with a cache differ from their records.

    Then something has written into them in a place where they were installed before.
    """
    folders = environment.site_packages.glob("*.dist-info")
    recorded = [
        row
        for info in folders
        if normal_name(info.name) in names
        for row in csv.reader((info / "RECORD").read_text(encoding="utf-8").splitlines())
    ]
    with ThreadPoolExecutor() as workers:
        return not all(workers.map(partial(_is_as_recorded, environment), recorded))


def _is_as_recorded(environment: Virtualenv, row: Sequence[str]) -> bool:
    path = environment.site_packages / row[0]
    kind, _, digest = row[1].partition("=") if len(row) > 1 else ("", "", "")
    if kind != "sha256" or os.lstat(path).st_nlink == 1:
        return True
    found = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
    return found.rstrip(b"=").decode() == digest


def _bytecode(file: str, tag: str) -> Iterator[str]:
    """Return the path of a module's bytecode: https://peps.python.org/pep-3147/."""
    if file.endswith(".py"):
        folder, name = os.path.split(file)
        yield f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc"


def _folders(files: Collection[str]) -> set[str]:
    """Return all folders that contain the files or their bytecode."""
    found: set[str] = set()
    for file in files:
        folder = os.path.dirname(file)
        while folder and folder not in found:
            found |= {folder, f"{folder}/__pycache__"}
            folder = os.path.dirname(folder)
    return found
