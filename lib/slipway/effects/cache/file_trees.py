"""Reads and digests trees of files, and links or copies them to a second place."""

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
    """Anything in a folder that is not a folder, according to its metadata."""

    name: str
    size: int
    mode: int
    """Type and permissions."""
    date: int
    """Whole seconds since 1970: platforms that archive a folder do not keep fractions."""
    target: str
    """The target of a symbolic link; empty for anything else."""


class Folder(NamedTuple):
    name: str
    """Relative to the tree's root, with a slash at the end; empty for the root."""
    mode: int
    """Permissions."""
    files: list[File]


@dataclass(frozen=True)
class Tree:
    """The content of a folder when it was read."""

    folders: tuple[Folder, ...]
    """Each folder comes after the one that contains it."""

    @property
    def size(self) -> int:
        """The total size of all files, in bytes."""
        return sum(file.size for folder in self.folders for file in folder.files)

    def listing_digest(self, *, with_dates: bool) -> str:
        """Digest the name, size, mode and date of each file; contents are not read.

        An incomplete copy changes the digest, and so does writing into a file, if dates count.
        Empty folders do not count, because some platforms do not keep them.
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
    """Read a folder and everything below it, except files with these names at its top level.

    With `newest`, in seconds since 1970, newer files are first set to that date.

    Raises OSError.
    """
    return Tree(tuple(folder for folder, _ in _read(root, without, newest)))


def link_tree(source: Path, destination: Path, without: frozenset[str] = _NOTHING) -> Tree:
    """Create a tree of hard links at `destination`, which must not exist.

    Files that cannot be linked are copied: those on another file system, and those of other
    users (https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-hardlinks).

    Raises OSError.
    """
    return _put(source, destination, without, _link_files)


def copy_tree(source: Path, destination: Path, without: frozenset[str] = _NOTHING) -> Tree:
    """Copy a tree, with modes and dates, to `destination`, which must not exist.

    Raises OSError.
    """
    return _put(source, destination, without, _copy_files)


def _read(
    root: Path, without: frozenset[str] = _NOTHING, newest: int | None = None
) -> Iterator[tuple[Folder, int]]:
    """Yield each folder, and its file descriptor, which is closed before the next folder.

    With descriptors, the kernel does not have to resolve the whole path of each file.
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
    """Return the files in a folder, and the names of its subfolders."""
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
        # Modes are set last, from the inside out: nothing can be created in a folder that is
        # not writable, or reached below a folder that is not searchable.
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
    """Copy a file with its mode and date; the kernel may share the blocks of both files.

    https://man7.org/linux/man-pages/man2/copy_file_range.2.html
    """
    status = os.stat(name, dir_fd=source, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        return
    if not stat.S_ISREG(status.st_mode):
        return  # opening a named pipe would wait for a writer
    open_source, open_target = (partial(os.open, dir_fd=folder) for folder in (source, target))
    with (
        open(name, "rb", buffering=0, opener=open_source) as old,
        open(name, "xb", buffering=0, opener=open_target) as new,
    ):
        left = status.st_size
        try:
            while left and (done := os.copy_file_range(old.fileno(), new.fileno(), left)):
                left -= done
        except OSError:
            if left < status.st_size:
                raise
        if left:  # the kernel cannot copy between these two file systems
            shutil.copyfileobj(old, new)
        os.fchmod(new.fileno(), stat.S_IMODE(status.st_mode))
        os.utime(new.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
