"""Reads service bindings: folders from outside, whose content cannot be trusted."""

from __future__ import annotations

import netrc
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.reading import NotReadable, read_bytes

_MOST = 1_000_000
"""Bytes: a larger file is neither a credential nor a certificate."""


class EntryUnreadable(Exception):
    """An entry cannot be read or used. The text says why, and does not quote the entry."""


@dataclass(frozen=True, kw_only=True)
class BindingFolder:
    name: str
    type: Path
    """The file with the type of the binding; it may be missing."""
    entries: Mapping[str, Path]
    """The other files, by key."""
    problem: str = ""
    """Why the folder has no known entries, such as `cannot be read: Permission denied`."""


def binding_folders(root: Path) -> tuple[BindingFolder, ...]:
    """List the bindings below a folder, sorted by name.

    Raises OSError if the folder itself cannot be read.
    """
    return tuple(
        _read_folder(path) for _, path in sorted(_visible(root).items()) if os.path.isdir(path)
    )


def _read_folder(folder: Path) -> BindingFolder:
    """Read either layout; the older one has `metadata/kind` and `secret/<key>`."""
    type_ = folder / "type"
    try:
        entries = _visible(folder)
        if "type" not in entries and "metadata" in entries:
            type_, entries = folder / "metadata" / "kind", _visible(folder / "secret")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        return BindingFolder(name=folder.name, type=type_, entries={}, problem=problem)
    own = ("type", "provider")
    entries = {key: path for key, path in entries.items() if key not in own}
    return BindingFolder(name=folder.name, type=type_, entries=entries)


def _visible(folder: Path) -> dict[str, Path]:
    """List a folder without hidden names, such as `..data` with Kubernetes' real files.

    Raises OSError.
    """
    names = os.listdir(folder)
    return {name: folder / name for name in names if not name.startswith(".")}


def read_entry(path: Path) -> str:
    """Return the text of an entry, without trailing newlines.

    Raises EntryUnreadable.
    """
    try:
        data = read_bytes(path, _MOST)
    except NotReadable as error:
        raise EntryUnreadable(str(error.strerror)) from None
    except OSError as error:
        raise EntryUnreadable(f"cannot be read: {error.strerror}") from None
    if b"\0" in data:
        raise EntryUnreadable("is not text")
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise EntryUnreadable("is not UTF-8 text") from None


def check_netrc(path: Path) -> None:
    """Raise EntryUnreadable for a netrc that pip would silently ignore."""
    try:
        netrc.netrc(str(path))
    except netrc.NetrcParseError as error:
        raise EntryUnreadable(f"is not a valid netrc file (line {error.lineno})") from None


def check_certificates(pem: str) -> None:
    """Raise EntryUnreadable for certificates that cannot be loaded."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise EntryUnreadable("contains a damaged certificate") from None


def write_private(path: Path, text: str) -> None:
    """Write a new file that only this user can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
