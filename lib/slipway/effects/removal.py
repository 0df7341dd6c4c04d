"""Removes folders, however deep they are and whatever their modes are."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OWN = 0o700


def remove_folder(folder: Path) -> None:
    """Remove a folder and everything in it; no link in it is followed.

    Only one folder is open at a time: shutil.rmtree, on the other hand, needs Python's stack or
    an open file for each level. Folders that their owner cannot write in, which some packages
    contain, are removed as well.

    Raises OSError, after it has removed what it can.
    """
    emptying = _Emptying(os.fspath(folder))
    try:
        while emptying.go_on():
            pass
    finally:
        os.close(emptying.here)
    with emptying.problems:
        os.rmdir(folder)
    if emptying.problems.first:
        raise emptying.problems.first


class _Problems:
    """Keeps the first error; that something is already gone is none."""

    def __init__(self) -> None:
        self.first: OSError | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            self.first = self.first or error
        return isinstance(error, OSError)


class _Emptying:
    """Goes from folder to folder, and removes what is in them."""

    def __init__(self, folder: str) -> None:
        self.problems = _Problems()
        self.here = _opened(folder)
        """The descriptor of the folder that is emptied now."""
        self._below = self._remove_files()
        """The names of the folders in it, which are not yet removed."""
        self._above: list[tuple[str, os.stat_result, list[str]]] = []
        """For each folder on the path to `here`: the name of the next one, and as `here`."""

    def go_on(self) -> bool:
        """Go down to a folder, or up from one, which is then removed; False at the end."""
        if self._below:
            with self.problems:
                self._go_down(self._below.pop())
        elif self._above:
            self._go_up()
        else:
            return False
        return True

    def _go_down(self, name: str) -> None:
        folder = _opened(name, self.here)
        self._above.append((name, os.fstat(self.here), self._below))
        os.close(self.here)
        self.here = folder
        self._below = self._remove_files()

    def _go_up(self) -> None:
        name, expected, self._below = self._above.pop()
        parent = os.open("..", _FOLDER, dir_fd=self.here)
        os.close(self.here)
        self.here = parent
        if not os.path.samestat(os.fstat(parent), expected):  # it has been moved meanwhile
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), name)
        with self.problems:
            os.rmdir(name, dir_fd=parent)

    def _remove_files(self) -> list[str]:
        """Remove everything that is not a folder; return the names of the folders."""
        entries = list[os.DirEntry[str]]()
        with self.problems, os.scandir(self.here) as scan:
            entries += scan
        folders = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
        for entry in entries:
            if entry.name not in folders:
                with self.problems:
                    os.unlink(entry.name, dir_fd=self.here)
        return [*folders]


def _opened(name: str, parent: int | None = None) -> int:
    """Open a folder, and let its owner list it and write in it."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except PermissionError:
        os.chmod(name, _OWN, dir_fd=parent)
        folder = os.open(name, _FOLDER, dir_fd=parent)
    if os.fstat(folder).st_mode & _OWN != _OWN:
        with suppress(OSError):  # it belongs to another user
            os.fchmod(folder, _OWN)
    return folder
