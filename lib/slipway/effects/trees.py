"""Whole folders put in a second place: their files shared where that can be, else copied."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

_WORKERS = 4
"""Threads: what they do is the kernel's work, and a disk has its own queue."""


@dataclass(frozen=True)
class Tree:
    """What a folder holds, read once; paths are relative to it."""

    root: Path
    folders: tuple[str, ...]
    """Each after the one that it lies in."""
    files: tuple[tuple[str, os.stat_result], ...]
    """Symbolic links as well, by what they are themselves."""

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(status.st_size for _, status in self.files)

    def census(self, *, with_dates: bool) -> str:
        """Digest what each file's entry says: what a broken copy, or a write in place, changes.

        Whole seconds, because that is what platforms that pack a folder keep of its dates.
        """
        lines = sorted(
            self._line(name, status, with_date=with_dates) for name, status in self.files
        )
        digest = hashlib.sha256("\n".join(lines).encode(errors="surrogateescape"))
        return f"{len(lines)} files, {digest.hexdigest()}"

    def _line(self, name: str, status: os.stat_result, *, with_date: bool) -> str:
        if stat.S_ISLNK(status.st_mode):
            return f"{name} -> {os.readlink(self.root / name)}"
        date = f" {int(status.st_mtime)}" if with_date else ""
        return f"{name} {status.st_size} {status.st_mode:o}{date}"


def read_tree(root: Path, without: frozenset[str] = frozenset()) -> Tree:
    """Read a folder, apart from files of these names at its top.

    Raises OSError.
    """
    folders: list[str] = []
    files: list[tuple[str, os.stat_result]] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(root, folder):
            name = f"{folder}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                folders.append(name)
                waiting.append(f"{name}/")
            elif name not in without:
                files.append((name, entry.stat(follow_symlinks=False)))
    return Tree(root=root, folders=tuple(folders), files=tuple(files))


def _entries(root: Path, folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(root / folder) as entries:
        return [*entries]


def link(tree: Tree, destination: Path) -> None:
    """Put the tree at a place that does not exist; both share its files where that can be.

    It cannot on another file system, nor where the kernel lets a user link to none but the
    own files (https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-hardlinks).

    Raises OSError.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    if _can_share(tree, destination):
        _put(tree, destination, partial(os.link, follow_symlinks=False))
    else:
        copy(tree, destination)


def copy(tree: Tree, destination: Path) -> None:
    """Put a copy at a place that does not exist, with modes and dates.

    Raises OSError.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    _put(tree, destination, _copy_file)


def _can_share(tree: Tree, destination: Path) -> bool:
    """Try it with one file: what holds for it holds for all that lie beside it."""
    if not tree.files:
        return True
    trial = destination.parent / f".{destination.name}.trial"
    try:
        os.link(tree.root / tree.files[0][0], trial, follow_symlinks=False)
    except OSError:
        return False
    os.unlink(trial)
    return True


def _put(tree: Tree, destination: Path, put: Callable[[str, str], None]) -> None:
    source, target = f"{tree.root}/", f"{destination}/"
    os.mkdir(destination)
    for folder in tree.folders:
        os.mkdir(target + folder)

    def put_all(names: list[str]) -> None:
        for name in names:
            put(source + name, target + name)

    # A folder's files stay together: the kernel changes one folder at a time only.
    with ThreadPoolExecutor(_WORKERS) as workers:
        for done in workers.map(put_all, _by_folder(tree)):
            assert done is None
    for folder in reversed(tree.folders):
        os.chmod(target + folder, stat.S_IMODE(os.stat(source + folder).st_mode))


def _by_folder(tree: Tree) -> Iterator[list[str]]:
    for _, names in groupby((name for name, _ in tree.files), key=os.path.dirname):
        yield [*names]


def _copy_file(source: str, target: str) -> None:
    """Copy with mode and date; where the file system can, both share the same blocks.

    https://man7.org/linux/man-pages/man2/copy_file_range.2.html
    """
    status = os.lstat(source)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(source), target)
        return
    with open(source, "rb", buffering=0) as old, open(target, "xb", buffering=0) as new:
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
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
