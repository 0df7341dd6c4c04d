"""Writes credentials that libraries read only from files, such as certificates."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256

from bound_services.binding import Incomplete


class PrivateFiles:
    """Files that only this user can read, in a temporary folder of the container.

    Each process of a container writes the same files, whose names depend on their content.
    """

    def __init__(self, folder: str = "") -> None:
        """Write into `folder`, or into one in the first writable place."""
        self._folder = folder

    def write(self, suffix: str, text: str) -> str:
        """Write a file, unless it is there; return its path, which ends with `suffix`.

        Raises Incomplete if no folder is writable.
        """
        content = text.encode("utf-8", "surrogateescape")
        try:
            folder = self._folder or self._new_folder()
            path = os.path.join(folder, sha256(content).hexdigest()[:16] + suffix)
            if not os.path.exists(path):
                # Another process may write the same file now, so it appears only when whole.
                handle, temporary = tempfile.mkstemp(dir=folder)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                os.replace(temporary, path)
        except OSError as error:
            raise Incomplete(
                "has a certificate, which cannot be written to a temporary folder: "
                f"{error.strerror}"
            ) from None
        return path

    def _new_folder(self) -> str:
        """Create a folder that only this user can use.

        Raises OSError if there is no writable place, or if the folder is another user's.
        """
        folder = os.path.join(tempfile.gettempdir(), f"slipway-services-{os.getuid()}")
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            found = os.lstat(folder)
            if found.st_uid != os.getuid() or found.st_mode & 0o170777 != 0o040700:
                folder = tempfile.mkdtemp(prefix="slipway-services-")
        self._folder = folder
        return folder
