"""What lies in a tar or a zip, as one kind of list."""

from __future__ import annotations

import errno
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

try:
    from lzma import LZMAError
except ImportError:  # a Python built without it, whose tarfile reads no .tar.xz
    LZMAError = EOFError  # type: ignore[misc,assignment]

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_KINDS = {0: "file", stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
_ZIP_UTF8 = 0x800
"""The flag of a member whose name is UTF-8: APPNOTE.TXT 4.4.4, bit 11."""

MOST_UNPACKED = 2 * 1024**3
"""Bytes; an archive that unpacks to more is taken for a bomb."""
TOO_LARGE = f"it is larger than {MOST_UNPACKED // 1024**3} GiB when unpacked"
_LEAST_ON_DISK = 4096
"""Bytes that a member counts with at least, because many empty ones are a bomb too."""
_MOST_IN_A_LINK = 4096
_MOST_AFTER_THE_END = 1024**2

_DAMAGED = "it is damaged, cut short, locked by a password, or no archive at all"
_FAULTS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    struct.error,
    EOFError,
    MemoryError,  # a length that is none
    OverflowError,
    RuntimeError,  # a password, or a compression that zipfile does not know
    ValueError,
)


class Flawed(Exception):
    """Says why an archive cannot be used, as a clause."""


@dataclass(frozen=True, kw_only=True)
class Member:
    name: str
    kind: str
    """`file`, `folder`, `link`, `hard link` or `special`."""
    size: int
    """Bytes, unpacked."""
    open: Callable[[], IO[bytes] | None]
    """For a file; while the archive is open."""
    target: str = ""
    """Of links: relative to its folder, for hard links to the archive's root."""
    is_program: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        return parts(self.name)

    def content(self) -> bytes:
        with self.stream() as source:
            return source.read()

    def stream(self) -> IO[bytes]:
        source = self.open()
        assert source
        return source


def parts(name: str) -> tuple[str, ...]:
    """Split a name as it stands in an archive, `./` and doubled slashes left out."""
    return tuple(part for part in name.split("/") if part not in ("", "."))


def printable(name: str) -> str:
    """Show bytes that are no text, and what would move a terminal's cursor, as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in name
    )


@contextmanager
def opened(archive: Path) -> Iterator[Iterator[Member]]:
    """List an archive of either format, whatever its name says; no member is checked.

    Raises Flawed, also for what is wrong with a member that is read meanwhile.
    """
    with readable():
        with archive.open("rb") as stream:
            is_zip = stream.read(4) in _ZIP_STARTS
        if is_zip:
            with zipfile.ZipFile(archive) as zipped:
                yield _bounded(_zip_members(zipped))
        else:
            with tarfile.open(archive, encoding="utf-8", errors="surrogateescape") as tar:
                yield _bounded(_tar_members(tar))


@contextmanager
def readable() -> Iterator[None]:
    """Turn whatever tarfile and zipfile raise into Flawed."""
    try:
        yield
    except _FAULTS:
        raise Flawed(_DAMAGED) from None
    except OSError as error:
        # Decompressors raise it without a number, and a place before the start is EINVAL.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise Flawed(_DAMAGED) from None


def _bounded(members: Iterable[Member]) -> Iterator[Member]:
    unpacked = 0
    for member in members:
        unpacked += max(member.size, _LEAST_ON_DISK)
        if unpacked > MOST_UNPACKED:
            raise Flawed(TOO_LARGE)
        yield member


def _zip_members(zipped: zipfile.ZipFile) -> Iterator[Member]:
    for info in zipped.infolist():
        mode = info.external_attr >> 16
        is_folder = info.filename.endswith("/")
        member = Member(
            name=_zip_name(info),
            kind="folder" if is_folder else _ZIP_KINDS.get(stat.S_IFMT(mode), "special"),
            size=info.file_size,
            open=partial(zipped.open, info),
            is_program=bool(mode & stat.S_IXUSR),
        )
        if member.kind == "link" and member.size <= _MOST_IN_A_LINK:
            target = member.content().decode("utf-8", "surrogateescape")
            member = replace(member, target=target)
        yield member


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Undo the guess that a name without the UTF-8 flag is in the letters of MS-DOS."""
    if info.flag_bits & _ZIP_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # zipfile knew better, from an extra field
        return info.filename


def _tar_members(tar: tarfile.TarFile) -> Iterator[Member]:
    for info in tar:
        kinds = {
            "file": info.isreg(),
            "folder": info.isdir(),
            "link": info.issym(),
            "hard link": info.islnk(),
        }
        yield Member(
            name=info.name,
            kind=next((kind for kind, is_it in kinds.items() if is_it), "special"),
            size=info.size,
            open=partial(tar.extractfile, info),
            target=info.linkname,
            is_program=bool(info.mode & stat.S_IXUSR),
        )
    # tarfile takes a broken header for the end, and leaves the checksum after it unread.
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    rest = tar.fileobj.read(_MOST_AFTER_THE_END)
    if rest[: tarfile.BLOCKSIZE].strip(b"\0"):
        raise Flawed(_DAMAGED)
