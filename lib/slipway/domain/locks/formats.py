"""The formats of locks that Slipway reads, in the order in which they count.

docs/locks.md has the same table; the files that are not locks follow in DEPENDENCY_FILES.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from slipway.domain.locks.brought import BroughtLock, ListFolder, ReadText, no_folders


@dataclass(frozen=True, kw_only=True)
class Format:
    pattern: str
    """Of its file's name, at the top of the app."""
    tool: str
    """In words."""
    made_from: str
    """The file that declares the dependencies for the tool; empty if any may."""
    module: str
    """The module of this package that reads it."""
    has_extras: bool = True
    """Whether the tool knows extras of the app itself."""

    def read(
        self, text: str, file: str, read: ReadText, folders: ListFolder = no_folders
    ) -> BroughtLock:
        """Read a lock, and compare it with what it was made from.

        Raises LockBroken, LockVersionUnknown, LockOutdated, LockSourceUnsupported.
        """
        reader: Callable[[str, str, ReadText], BroughtLock]
        # A build reads one lock, or none: only its module is loaded.
        match self.module:
            case "pylock":
                from slipway.domain.locks.pylock import read_pylock

                return read_pylock(text, file, read, folders)
            case "uv":
                from slipway.domain.locks.uv import read_uv_lock

                folder = posixpath.dirname(file)
                if not folder:
                    return read_uv_lock(text, file, read, folders)
                from slipway.domain.locks.in_folder import LockInFolder

                lock = read_uv_lock(
                    text,
                    file,
                    lambda name: read(posixpath.join(folder, name)),
                    lambda name: folders(posixpath.join(folder, name)),
                )
                return LockInFolder(lock, folder)
            case "poetry":
                from slipway.domain.locks.poetry import read_poetry_lock as reader
            case "pdm":
                from slipway.domain.locks.pdm import read_pdm_lock as reader
            case _:
                from slipway.domain.locks.pipenv import read_pipfile_lock as reader
        return reader(text, file, read)


FORMATS = (
    Format(pattern="pylock.toml", tool="pip and others", made_from="", module="pylock"),
    Format(pattern="pylock.*.toml", tool="pip and others", made_from="", module="pylock"),
    Format(pattern="uv.lock", tool="uv", made_from="pyproject.toml", module="uv"),
    Format(pattern="poetry.lock", tool="Poetry", made_from="pyproject.toml", module="poetry"),
    Format(pattern="pdm.lock", tool="PDM", made_from="pyproject.toml", module="pdm"),
    Format(
        pattern="Pipfile.lock",
        tool="Pipenv",
        made_from="Pipfile",
        module="pipenv",
        has_extras=False,
    ),
)


def format_of(name: str) -> Format | None:
    """Return the format of a lock, by the name of its file; None for another file."""
    own = name.rpartition("/")[2]
    return next((one for one in FORMATS if fnmatchcase(own, one.pattern)), None)


def how_to_add(requirement: str, file: str) -> str:
    """Say how to add a requirement to what a file was made from, as a clause."""
    found = format_of(file)
    if found is None:
        return f"add {requirement} to {file}"
    declared = found.made_from or f"the file from which {file} was made"
    return f"add {requirement} to {declared} and lock again"


def requirements_of(file: str) -> str:
    """Say where a requirement is added, for a sentence such as `add it to ...`."""
    found = format_of(file)
    if found is None:
        return f"the requirements in {file}"
    declared = found.made_from or f"the file from which {file} was made"
    return f"the requirements in {declared}, and lock again"
