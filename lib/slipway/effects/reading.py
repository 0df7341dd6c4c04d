"""The one way in which Slipway reads files: regular files only, and up to a limit.

Anybody can put anything under a name that a build reads. Opening a named pipe waits for a
writer, reading a device may never end, and a huge file fills the memory.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import BinaryIO

MOST_TEXT = 10 * 1000**2
"""Bytes that a file has at most that people or tools write to be read as a whole."""
MOST_FILE = 2 * 1000**3
"""Bytes that any other file has at most, such as a program or a static file."""

FOLDER = "a folder"

_CHUNK = 2**20
_KINDS = (
    (stat.S_ISDIR, FOLDER, errno.EISDIR),
    (stat.S_ISFIFO, "a named pipe (FIFO)", errno.EINVAL),
    (stat.S_ISSOCK, "a socket", errno.EINVAL),
    (stat.S_ISCHR, "a device", errno.EINVAL),
    (stat.S_ISBLK, "a device", errno.EINVAL),
)

AnyPath = str | PathLike[str]


class NotReadable(OSError):
    """A path is not that of a regular file, or the file is too large.

    `errno` is EISDIR, EINVAL, ELOOP or EFBIG; `strerror` says what is there, such as
    `is a folder, not a regular file`.
    """


def kind_at(path: AnyPath) -> str:
    """Return what a path leads to unless it is a regular file: `a folder`, `a device`.

    Empty for a regular file, and if nothing exists there.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return ""
    return next((kind for is_kind, kind, _ in _KINDS if is_kind(mode)), "")


@contextmanager
def opened(path: AnyPath, *, follow: bool = True) -> Iterator[BinaryIO]:
    """Open a regular file; unless `follow`, a symbolic link is not one.

    Raises OSError; NotReadable for anything else than a regular file.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        # Opening a device may already do something, such as rewind a tape.
        _check(path, os.stat(path, follow_symlinks=follow).st_mode)
        descriptor = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
    except ValueError:  # a null byte, or a lone surrogate: no file has such a name
        reason = os.strerror(errno.ENOENT)
        raise FileNotFoundError(errno.ENOENT, reason, os.fspath(path)) from None
    with open(descriptor, "rb", buffering=0) as stream:
        _check(path, os.fstat(descriptor).st_mode)
        yield stream


def _check(path: AnyPath, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    for is_kind, kind, number in _KINDS:
        if is_kind(mode):
            raise NotReadable(number, f"is {kind}, not a regular file", os.fspath(path))
    reason = "is a symbolic link, not a regular file"
    raise NotReadable(errno.ELOOP, reason, os.fspath(path))


def read_bytes(path: AnyPath, most: int = MOST_TEXT, *, follow: bool = True) -> bytes:
    """Read a regular file whole.

    Raises OSError; NotReadable if the file has more than `most` bytes, or is not regular.
    """
    with opened(path, follow=follow) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size <= most:
            content = b"".join(_chunks(stream, most + 1))
            if len(content) <= most:
                return content
    reason = f"is larger than {_size(most)}, the most that Slipway reads of such a file"
    raise NotReadable(errno.EFBIG, reason, os.fspath(path))


def start_of(path: AnyPath, most: int) -> bytes:
    """Read the first bytes of a regular file.

    Raises OSError.
    """
    with opened(path) as stream:
        return b"".join(_chunks(stream, most))


def hash_of(path: AnyPath, algorithm: str, *, follow: bool = True) -> str:
    """Hash a regular file of any size, with any algorithm of hashlib, in hexadecimal digits.

    Raises OSError.
    """
    digest = hashlib.new(algorithm)
    with opened(path, follow=follow) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _chunks(stream: BinaryIO, most: int) -> Iterator[bytes]:
    """Read up to `most` bytes, also from files of the kernel, which have no size."""
    while most > 0 and (chunk := stream.read(min(most, _CHUNK))):
        most -= len(chunk)
        yield chunk


def _size(number: int) -> str:
    for unit, name in ((1000**3, "GB"), (1000**2, "MB"), (1024, "KiB")):
        if number >= unit:
            return f"{number // unit} {name}"
    return f"{number} bytes"
