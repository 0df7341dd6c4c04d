"""Whole folders put in a second place: their files shared where that can be, else copied."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.effects.sharing import FOLDER, block, copy_file, entries_in, line

if TYPE_CHECKING:
    from concurrent.futures import Future

_WORKERS = 2
"""Threads: what they do is the kernel's work, and a disk has its own queue."""

_BATCH = 200
"""Files that are put at once."""


@dataclass(frozen=True)
class Folder:
    name: str
    """Below the tree's root, with a slash at its end; empty for the root."""
    mode: int
    files: tuple[tuple[str, os.stat_result], ...]
    """By name; symbolic links as well, by what they are themselves."""


@dataclass(frozen=True)
class Tree:
    """What a folder holds, read once."""

    root: Path
    folders: tuple[Folder, ...]
    """Each after the one that it lies in."""

    @property
    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """By their names below the root."""
        for folder in self.folders:
            yield from ((f"{folder.name}{name}", status) for name, status in folder.files)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(status.st_size for _, status in self.files)

    def census(self, *, with_dates: bool) -> str:
        """Digest what each file's entry says, which is what `line` has of it."""
        folders = (folder for folder in self.folders if folder.files)
        return census_of(self._block(folder, with_dates=with_dates) for folder in folders)

    def _block(self, folder: Folder, *, with_dates: bool) -> str:
        lines = []
        for name, status in folder.files:
            is_link = stat.S_ISLNK(status.st_mode)
            pointing = os.readlink(f"{self.root}/{folder.name}{name}") if is_link else ""
            lines.append(line(name, status, pointing, with_date=with_dates))
        return block(folder.name, lines)


def census_of(blocks: Iterable[str]) -> str:
    """Digest the `block` of each folder that has files, in whatever order they come."""
    text = "\0".join(sorted(blocks))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def read_folders(
    root: Path, without: frozenset[str] = frozenset(), newest: float = math.inf
) -> Iterator[Folder]:
    """Read a folder and all below it, apart from files of these names at its top.

    Files that are newer than `newest`, in whole seconds since 1970, get that date first.

    Raises OSError.
    """
    top = os.open(root, FOLDER)
    try:
        waiting = [""]
        while waiting:
            name = waiting.pop()
            folder, inside = _read_folder(top, name, frozenset() if name else without, newest)
            waiting += inside
            yield folder
    finally:
        os.close(top)


def _read_folder(
    top: int, name: str, without: frozenset[str], newest: float
) -> tuple[Folder, list[str]]:
    """Give a folder, and the names of those in it; `top` is the descriptor of the root."""
    folder = os.open(name or ".", FOLDER, dir_fd=top)
    try:
        inside, entries = entries_in(name, folder)
        files = tuple(
            (entry.name, _settled(entry, folder, newest))
            for entry in entries
            if entry.name not in without
        )
        mode = stat.S_IMODE(os.fstat(folder).st_mode)
    finally:
        os.close(folder)
    return Folder(name, mode, files), inside


def _settled(entry: os.DirEntry[str], folder: int, newest: float) -> os.stat_result:
    status = entry.stat(follow_symlinks=False)
    if status.st_mtime <= newest or stat.S_ISLNK(status.st_mode):
        return status
    os.utime(entry.name, (newest, newest), dir_fd=folder)
    numbers = [*status[:10]]
    numbers[stat.ST_MTIME] = int(newest)
    return os.stat_result(numbers)


def size_of(folder: str) -> int:
    """Add up the bytes of all files below a folder.

    Raises OSError.
    """
    size = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                size += size_of(entry.path)
            else:
                size += entry.stat(follow_symlinks=False).st_size
    return size


def read_tree(
    root: Path, without: frozenset[str] = frozenset(), newest: float = math.inf
) -> Tree:
    """Read all that `read_folders` gives.

    Raises OSError.
    """
    return Tree(root=root, folders=tuple(read_folders(root, without, newest)))


def link(root: Path, folders: Iterable[Folder], destination: Path) -> Tree:
    """Put a tree at a place that does not exist; both share its files where that can be.

    It cannot on another file system, nor where the kernel lets a user link to none but the
    own files (https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-hardlinks).

    Raises OSError.
    """
    tree = _put(root, folders, destination, _link_files)
    _set_modes(tree, destination)
    return tree


def copy(root: Path, folders: Iterable[Folder], destination: Path) -> Tree:
    """Put a copy at a place that does not exist, with modes and dates.

    Raises OSError.
    """
    from concurrent.futures import ThreadPoolExecutor

    # Threads, because a disk has a queue of its own; for links they are of no use.
    with ThreadPoolExecutor(_WORKERS) as workers:
        waiting: list[Future[None]] = []

        def put(names: Sequence[str], source: str, target: str) -> None:
            waiting.append(workers.submit(_copy_files, names, source, target))

        tree = _put(root, folders, destination, put)
    for done in waiting:
        done.result()
    _set_modes(tree, destination)
    return tree


Put = Callable[[Sequence[str], str, str], None]


def _put(root: Path, folders: Iterable[Folder], destination: Path, put: Put) -> Tree:
    """Put folder after folder, while the next one is still being read; give the tree."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    source, target = f"{root}/", f"{destination}/"
    seen: list[Folder] = []
    names: list[str] = []
    for folder in folders:
        os.mkdir(target + folder.name)
        seen.append(folder)
        names += (f"{folder.name}{name}" for name, _ in folder.files)
        if len(names) >= _BATCH:
            put(names, source, target)
            names = []
    put(names, source, target)
    return Tree(root=root, folders=tuple(seen))


def _set_modes(tree: Tree, destination: Path) -> None:
    """Close folders last: nothing could be put into one that nobody may write to."""
    usual = stat.S_IMODE(os.stat(destination).st_mode)
    for folder in reversed(tree.folders):
        if folder.mode != usual:
            os.chmod(f"{destination}/{folder.name}", folder.mode)


def _link_files(names: Sequence[str], source: str, target: str) -> None:
    """Link files; copy where they cannot be."""
    for name in names:
        try:
            os.link(source + name, target + name, follow_symlinks=False)
        except OSError:
            copy_file(source + name, target + name)


def _copy_files(names: Sequence[str], source: str, target: str) -> None:
    for name in names:
        copy_file(source + name, target + name)
