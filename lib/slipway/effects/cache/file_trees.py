"""Trees of files: read, digested, linked to a second place or copied there."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_NOTHING: frozenset[str] = frozenset()


class File(NamedTuple):
    """A file that is no folder, as its entry has it."""

    name: str
    size: int
    mode: int
    """Type and permissions."""
    date: int
    """Seconds since 1970, whole ones: more is not kept by platforms that pack a folder."""
    target: str
    """Where a symbolic link points; empty for all else."""


class Folder(NamedTuple):
    name: str
    """Below the tree's root, with a slash at its end; empty for the root."""
    mode: int
    """Permissions."""
    files: list[File]


@dataclass(frozen=True)
class Tree:
    """What a folder held when it was read."""

    folders: tuple[Folder, ...]
    """Each after the one that contains it."""

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for folder in self.folders for file in folder.files)

    def listing_digest(self, *, with_dates: bool) -> str:
        """Digest the entry of each file, which a broken copy or a write in place changes.

        Empty folders do not count, because some platforms keep none.
        """
        lines = sorted(
            f"{folder.name}{name}\0"
            + (f"-> {target}" if target else f"{size} {mode:o} {date if with_dates else ''}")
            for folder in self.folders
            for name, size, mode, date, target in folder.files
        )
        return hashlib.sha256("\0".join(lines).encode(errors="surrogateescape")).hexdigest()


def read_tree(
    root: Path, without: frozenset[str] = _NOTHING, newest: int | None = None
) -> Tree:
    """Read a folder and all below it, apart from files of these names at its top.

    With `newest`, in seconds since 1970, files that are newer get that date first.

    Raises OSError.
    """
    return Tree(tuple(folder for folder, _ in _read(root, without, newest)))


def link_tree(source: Path, destination: Path, without: frozenset[str] = _NOTHING) -> Tree:
    """Put a tree at a place that does not exist; both share its files where possible.

    Files are copied to another file system, and where the kernel lets users link to their own
    files alone (https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-hardlinks).

    Raises OSError.
    """
    return _put(source, destination, without, _link_files)


def copy_tree(source: Path, destination: Path, without: frozenset[str] = _NOTHING) -> Tree:
    """Put a copy at a place that does not exist, with modes and dates; else as `link_tree`.

    Raises OSError.
    """
    return _put(source, destination, without, _copy_files)


def _read(
    root: Path, without: frozenset[str] = _NOTHING, newest: int | None = None
) -> Iterator[tuple[Folder, int]]:
    """Give each folder once it is read, and its descriptor, which is open until the next one.

    Below a descriptor the kernel need not find the way through all the folders above.
    """
    with _open(root) as top:
        waiting = [""]
        while waiting:
            name = waiting.pop()
            with _open(name or ".", top) as opened:
                files, folders = _read_folder(opened, _NOTHING if name else without, newest)
                waiting += [f"{name}{other}/" for other in folders]
                yield Folder(name, _mode(opened), files), opened


def _read_folder(
    opened: int, without: frozenset[str], newest: int | None
) -> tuple[list[File], list[str]]:
    """Give the files in a folder, and the names of the folders in it."""
    files, folders = [], []
    with os.scandir(opened) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.name not in without:
                files.append(_file(entry, opened, newest))
    return files, folders


def _file(entry: os.DirEntry[str], folder: int, newest: int | None) -> File:
    name, status = entry.name, entry.stat(follow_symlinks=False)
    target = os.readlink(name, dir_fd=folder) if entry.is_symlink() else ""
    date = int(status.st_mtime)
    if newest is not None and status.st_mtime > newest and not target:
        os.utime(name, (newest, newest), dir_fd=folder)
        date = newest
    return File(name, status.st_size, status.st_mode, date, target)


def _put(
    source: Path,
    destination: Path,
    without: frozenset[str],
    put_files: Callable[[list[File], int, int], None],
) -> Tree:
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.mkdir()
    done = []
    with _open(destination) as top:
        for folder, opened in _read(source, without):
            if folder.name:
                os.mkdir(folder.name, dir_fd=top)
            with _open(folder.name or ".", top) as target:
                put_files(folder.files, opened, target)
            done.append(folder)
        # Modes come last, and from the inside out: nobody can put anything into a folder that
        # must not be written to, nor get at what is in one that must not be searched.
        usual = _mode(top)
        for folder in reversed(done):
            if folder.mode != usual:
                os.chmod(folder.name or ".", folder.mode, dir_fd=top)
    return Tree(tuple(done))


@contextmanager
def _open(folder: Path | str, below: int | None = None) -> Iterator[int]:
    descriptor = os.open(folder, _FOLDER, dir_fd=below)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _mode(folder: int) -> int:
    return stat.S_IMODE(os.fstat(folder).st_mode)


def _link_files(files: list[File], source: int, target: int) -> None:
    for file in files:
        name = file.name
        try:
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        except OSError:
            _copy_file(name, source, target)


def _copy_files(files: list[File], source: int, target: int) -> None:
    for file in files:
        _copy_file(file.name, source, target)


def _copy_file(name: str, source: int, target: int) -> None:
    """Copy with mode and date; where the file system can, both share the same blocks.

    https://man7.org/linux/man-pages/man2/copy_file_range.2.html
    """
    status = os.stat(name, dir_fd=source, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        return
    below, beneath = partial(os.open, dir_fd=source), partial(os.open, dir_fd=target)
    with (
        open(name, "rb", buffering=0, opener=below) as old,
        open(name, "xb", buffering=0, opener=beneath) as new,
    ):
        left = status.st_size
        try:
            while left and (done := os.copy_file_range(old.fileno(), new.fileno(), left)):
                left -= done
        except OSError:
            if left < status.st_size:
                raise
        if left:  # between two file systems of an old kernel, or of another kind
            shutil.copyfileobj(old, new)
        os.fchmod(new.fileno(), stat.S_IMODE(status.st_mode))
        os.utime(new.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
