"""Whole folders as they are at one moment, for telling whether anything in them has changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MOST_FILES = 20_000
_MOST_BYTES = 256 * 1024 * 1024
"""Beyond these, comparing takes longer than what it is to spare."""


@dataclass(frozen=True)
class Seen:
    """What was found at one path."""

    what: str
    """`d` (folder), `l` (link), `f` (file) or `s` (pipes and the like), its mode, and a digest
    of its content or target."""
    mark: tuple[int, int, int]
    """Number, size and time of change (ns), which no program can set back."""


def take_census(
    root: str, left_out: frozenset[str], before: Mapping[str, Seen] | None = None
) -> dict[str, Seen] | None:
    """Map each path below a folder to what is there, without the names that are left out.

    Only what has changed since the census `before` is read again. None for a folder that is
    too large, or has files that must not be read.
    """
    census: dict[str, Seen] = {}
    size = 0
    try:
        for path, entry in _entries(root, "", left_out):
            status = entry.stat(follow_symlinks=False)
            size += status.st_size if stat.S_ISREG(status.st_mode) else 0
            if size > _MOST_BYTES or len(census) >= _MOST_FILES:
                return None
            mark = (status.st_ino, status.st_size, status.st_ctime_ns)
            earlier = before.get(path) if before else None
            if earlier and earlier.mark == mark:
                census[path] = earlier
            else:
                census[path] = Seen(_what(entry.path, status.st_mode), mark)
    except OSError:
        return None
    return census


def file_digest(path: str) -> str:
    """Digest a file of the system; `none` where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return "none"


def umask() -> str:
    """Give the permissions that new files do not get; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return f"{mask:o}"


def _entries(
    root: str, folder: str, left_out: frozenset[str]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(os.path.join(root, folder)) as scan:
        found = list(scan)
    for entry in found:
        if entry.name in left_out:
            continue
        path = f"{folder}{entry.name}"
        yield path, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(root, f"{path}/", left_out)


def _what(path: str, mode: int) -> str:
    permissions = f"{stat.S_IMODE(mode):o}"
    if stat.S_ISDIR(mode):
        return f"d {permissions}"
    if stat.S_ISLNK(mode):
        return f"l {hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest()}"
    if not stat.S_ISREG(mode):
        return f"s {permissions}"
    with open(path, "rb") as stream:
        return f"f {permissions} {hashlib.sha256(stream.read()).hexdigest()}"
