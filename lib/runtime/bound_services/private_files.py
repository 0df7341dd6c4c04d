"""Writes credentials that libraries read only from files, such as certificates."""

from __future__ import annotations

import os
import stat
from binascii import crc32

from bound_services.binding import Incomplete

PLACES = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - the folder in them is private
"""Where temporary files may be written if TMPDIR does not say so. All of them end with the
container; in one whose file system is read-only, the last one usually is writable."""


class PrivateFiles:
    """Files that only this user can read, in a temporary folder of the container.

    Each process of a container writes the same files, whose names depend on their content.
    """

    def __init__(self, folder: str = "", environment: dict[str, str] | None = None) -> None:
        """Write into `folder`, or into one in the first writable place of this environment."""
        self._folder = folder
        self._places = ((environment or {}).get("TMPDIR", ""), *PLACES)

    def write(self, suffix: str, text: str) -> str:
        """Write a file, unless it is there; return its path, which ends with `suffix`.

        Raises Incomplete if no folder is writable, or none has space for the file.
        """
        content = text.encode("utf-8", "surrogateescape")
        problem = "there is no folder for temporary files"
        for place in [self._folder] if self._folder else filter(os.path.isabs, self._places):
            try:
                return _written(self._folder or _folder_in(place), suffix, content)
            except OSError as error:
                problem = error.strerror or problem
        raise Incomplete(f"has a certificate, which cannot be written to a file: {problem}")


def _folder_in(place: str) -> str:
    """Create a folder that only this user can use, or return that of an earlier process.

    Raises OSError.
    """
    name = f"slipway-services-{os.getuid()}"
    # Another user may have made one, to read what is written to it or to replace it.
    for candidate in (name, *(f"{name}-{number}" for number in range(2, 10))):
        folder = os.path.join(place, candidate)
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            if not _is_private(folder):
                continue
        return folder
    raise PermissionError(13, "Permission denied")


def _is_private(folder: str) -> bool:
    found = os.lstat(folder)
    is_open = stat.S_IMODE(found.st_mode) & 0o077
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not is_open


def _written(folder: str, suffix: str, content: bytes) -> str:
    """Write a file whose name depends on its content; return its path. Raises OSError."""
    # A cryptographic hash would take 3 ms, to import its module.
    path = os.path.join(folder, f"{crc32(content):08x}{suffix}")
    if _has_other_content(path, content):
        path = os.path.join(folder, f"{os.urandom(8).hex()}{suffix}")
    _write(path, content)
    return path


def _has_other_content(path: str, content: bytes) -> bool:
    """Tell whether there is a file with the same checksum and another content."""
    try:
        with open(path, "rb") as stream:
            return stream.read(len(content) + 1) != content
    except FileNotFoundError:
        return False


def _write(path: str, content: bytes) -> None:
    """Write the file unless it is there. Raises OSError."""
    if os.path.exists(path):
        return
    # Another process may write the same file now, so it appears only when it is whole.
    temporary = f"{path}-{os.urandom(8).hex()}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "wb") as stream:
            stream.write(content)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
