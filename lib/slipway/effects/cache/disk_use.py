"""What the items of the cache occupy on disk, as `du` counts: a hard-linked file once.

uv links the files of packages from its downloads into virtual environments, and an environment
that is updated shares the files that stay with the one before.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_BLOCK = 512
"""Bytes that `st_blocks` counts in: https://man7.org/linux/man-pages/man3/stat.3type.html"""

Inodes = dict[tuple[int, int], int]
"""Device and number of a file or folder -> the bytes that it occupies."""


class DiskUse:
    """Counts what stays on disk as items are removed one by one."""

    def __init__(self, items: Iterable[Path]) -> None:
        self._inodes = {item: _inodes_of(item) for item in items}
        self._links = Counter(inode for found in self._inodes.values() for inode in found)
        sizes: Inodes = {}
        for found in self._inodes.values():
            sizes.update(found)
        self.total = sum(sizes.values())
        """Bytes of all items that have not been removed."""

    def remove(self, item: Path) -> int:
        """Note that an item has been removed; return the bytes that no other item shares."""
        found = self._inodes.pop(item)
        self._links.subtract(found.keys())
        freed = sum(size for inode, size in found.items() if self._links[inode] == 0)
        self.total -= freed
        return freed


def _inodes_of(item: Path) -> Inodes:
    """Read what a file, or a folder with everything below it, occupies; follow no link.

    What cannot be read does not count.
    """
    try:
        status = os.lstat(item)
    except OSError:
        return {}
    found = {(status.st_dev, status.st_ino): status.st_blocks * _BLOCK}
    waiting = [os.fspath(item)]
    while waiting:
        for entry in _entries(waiting.pop()):
            with suppress(FileNotFoundError):  # another build has just removed it
                status = entry.stat(follow_symlinks=False)
                found[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
    return found


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [*entries]
    except OSError:  # not a folder, or not readable
        return []
