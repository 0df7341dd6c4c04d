"""Checks where a file or folder is to be written, before the work that makes it."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from slipway.effects.reading import kind_at


def check_file_place(place: Path) -> None:
    """Accept a place where a file can be written: of a regular file, or of nothing yet.

    Writing to a device or a named pipe as to a file would replace it or change its mode, and a
    symbolic link may lead to one.

    Raises OSError, whose strerror is a clause or the system's words.
    """
    with suppress(FileNotFoundError):
        place.lstat()  # raises for a long name, or a file in the path
    kind = "a symbolic link" if place.is_symlink() else kind_at(place)
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}", str(place))
    check_folder_place(place.parent)


def check_folder_place(folder: Path) -> None:
    """Accept a folder in which this user can write, or which this user can create.

    Raises OSError, whose filename is that of the folder that cannot be written.
    """
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not existing.exists():
        reason = f"{existing} is a symbolic link to nothing"
        raise OSError(errno.ENOENT, reason, str(existing))
    try:
        # Only trying it tells everything: modes, and file systems such as that of /proc.
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(existing)) from None
