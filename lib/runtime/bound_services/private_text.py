"""Reads files with credentials, which come from outside and cannot be trusted."""

from __future__ import annotations

import os
import stat


def read_text(path: str, most: int) -> str:
    """Return the text of a regular file of at most `most` bytes.

    Raises OSError, or ValueError with a clause that does not quote the file.
    """
    # O_NONBLOCK: reading a named pipe that nobody writes to would never end.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with open(handle, "rb") as stream:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("is not a file")
        if found.st_size > most:
            raise ValueError(f"is larger than {most // 1024} KiB")
        data = stream.read(most + 1)
    if len(data) > most:
        raise ValueError(f"is larger than {most // 1024} KiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if data.startswith(b"\x30\x82"):
            # A certificate in the DER format, which certificates.pem reads in Base64.
            from binascii import b2a_base64

            return b2a_base64(data).decode("ascii")
        # The message of Python's own error quotes the value.
        raise ValueError("is not UTF-8 text") from None


def why_unreadable(error: OSError | ValueError) -> str:
    """Return the reason of an error of `read_text`, as the end of a sentence."""
    if isinstance(error, OSError):
        return f"cannot be read: {reason_of(error)}"
    # Of Python itself, for a path with a null byte.
    return str(error) if str(error).startswith("is ") else "cannot be read"


def reason_of(error: OSError) -> str:
    """Return the system's reason, and what to do if this user lacks a permission."""
    if isinstance(error, PermissionError):
        return (
            f"{error.strerror}. The user with the ID {os.geteuid()}, which runs this process, "
            "must be able to read it"
        )
    return str(error.strerror)
