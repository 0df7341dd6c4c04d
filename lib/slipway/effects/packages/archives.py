"""Reads and unpacks source archives, tar or zip, without trusting them.

Slipway checks each member itself, because tarfile in the oldest supported Python has no
extraction filters, and zipfile has none in any Python.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Literal

from slipway.domain.redaction import printable
from slipway.effects.packages.source_trees import DEEPEST
from slipway.effects.reading import MOST_FILE, start_of
from slipway.errors.vendored import ArchiveUnsafe, VendoredBroken

try:
    from lzma import LZMAError
except ImportError:  # a Python built without it, whose tarfile reads no .tar.xz
    LZMAError = EOFError  # type: ignore[misc,assignment]

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_KINDS = {0: "file", stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
_ZIP_UTF8 = 0x800
"""The flag of a member whose name is UTF-8: APPNOTE.TXT 4.4.4, bit 11."""

_MOST_UNPACKED = 2 * 1024**3
"""Bytes; an archive that unpacks to more is treated as a bomb."""
_TOO_LARGE = f"it is larger than {_MOST_UNPACKED // 1024**3} GiB when unpacked"
_LEAST_ON_DISK = 4096
"""The smallest size that a member counts as, because many empty files are a bomb too."""
_MOST_IN_A_LINK = 4096
_MOST_AFTER_THE_END = 1024**2

_DAMAGED = "it is damaged, truncated, protected by a password, or not an archive at all"
_FAULTS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    struct.error,
    EOFError,
    MemoryError,  # a length that makes no sense
    OverflowError,
    RuntimeError,  # a password, or a compression that zipfile does not support
    ValueError,
)
_MOST_READ = 1024**2
"""The largest file that `top_files` reads, in bytes; files with build settings are smaller."""
_MOST_LINKS = 40
"""Links on one path, as many as Linux follows."""
_DATE = 946684800
"""2000-01-01, in seconds since 1970. Wheels are zip files, which have no dates before 1980."""


class Flawed(Exception):
    """Says why an archive cannot be used, as a clause."""


@dataclass(frozen=True, kw_only=True)
class _Member:
    name: str
    kind: str
    """`file`, `folder`, `link`, `hard link` or `special`."""
    size: int
    """Bytes, unpacked."""
    open: Callable[[], IO[bytes] | None]
    """Opens the content of a file, while the archive is open."""
    target: str = ""
    """The target of a link, relative to its folder, or of a hard link, relative to the root."""
    is_program: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        return _parts(self.name)

    def content(self) -> bytes:
        with self.stream() as source:
            return source.read()

    def stream(self) -> IO[bytes]:
        source = self.open()
        assert source
        return source


_Place = tuple[str, ...]
_Tree = dict[_Place, _Member]
"""The members of an archive by path; if two members have the same path, the last one counts."""


def top_files(archive: Path, names: Collection[str]) -> Mapping[str, str] | None:
    """Read the files with these names in the archive's source root, without unpacking it.

    The source root is its only top-level folder, or its root if there is anything next to that
    folder. None if this is not an archive; a truncated one has the files before the cut.
    """
    places: set[_Place] = set()
    texts: dict[_Place, str] = {}
    # `unpack` reports what is wrong with it.
    with suppress(Flawed, OSError), _opened(archive) as members:
        for member in members:
            place = member.path
            if ".." in place:
                continue
            places.add((*place, "") if member.kind == "folder" else place)
            is_at_root = len(place) in (1, 2) and place[-1] in names
            if is_at_root and member.kind == "file" and member.size <= _MOST_READ:
                texts[place] = member.content().decode("utf-8-sig", "replace")
    if not places:
        return None
    root = _source_root(places)
    return {place[-1]: text for place, text in texts.items() if place[:-1] == root}


def unpack(archive: Path, into: Path, shown: str) -> Path:
    """Unpack an archive into an empty folder, and return the source root in it.

    Nothing is written before all members are checked, and links are written last, so that
    nothing is written through one. Modes are 644 or 755. All files get the same date, so no
    generated file looks older than its source.

    Raises ArchiveUnsafe, VendoredBroken; both name the archive as `shown`.
    """
    try:
        with _opened(archive) as members:
            tree = _checked(members, shown)
            folders = _folders(tree)
            for place in sorted(folders):
                folder = into.joinpath(*place)
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755)
            for place, member in sorted(tree.items(), key=lambda item: item[1].kind == "link"):
                _write(member, into.joinpath(*place))
    except Flawed as error:
        raise VendoredBroken(path=shown, reason=str(error)) from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        reason = "it contains a file whose name is too long"
        raise VendoredBroken(path=shown, reason=reason) from None
    return into.joinpath(*_source_root({*tree, *((*place, "") for place in folders)}))


def _folders(tree: _Tree) -> set[_Place]:
    """Return all folders to create, including those that no member names."""
    above = {place[:end] for place in tree for end in range(len(place))}
    return {(), *above, *(place for place, member in tree.items() if member.kind == "folder")}


def _write(member: _Member, path: Path) -> None:
    if member.kind == "link":
        path.symlink_to(member.target)
    elif member.kind == "file":
        with member.stream() as source, path.open("xb") as destination:
            shutil.copyfileobj(source, destination)
        path.chmod(0o755 if member.is_program else 0o644)
        os.utime(path, (_DATE, _DATE))


def _checked(members: Iterable[_Member], shown: str) -> _Tree:
    """Check all members, and return those to write, hard links as copies.

    Raises ArchiveUnsafe, Flawed.
    """
    tree: _Tree = {}
    for member in members:
        reason = _flaw(member, tree)
        if reason:
            name = printable("/".join(member.name.split("/")[:DEEPEST]))
            raise ArchiveUnsafe(path=shown, member=name, reason=reason)
        if member.path:
            is_copy = member.kind == "hard link"
            tree[member.path] = tree[_parts(member.target)] if is_copy else member
    if sum(member.size for member in tree.values()) > _MOST_UNPACKED:
        raise Flawed(_TOO_LARGE)  # because of its copies
    for place, member in tree.items():
        reason = _flaw_among(tree, place, member)
        if reason:
            raise ArchiveUnsafe(path=shown, member=printable("/".join(place)), reason=reason)
    return tree


def _flaw(member: _Member, before: _Tree) -> str | None:
    """Say what is wrong with a member by itself; a hard link must refer to an earlier file."""
    if member.name.startswith("/"):
        return "its path is absolute"
    if ".." in member.path:
        return "its path leads upwards, with `..`"
    if len(member.path) > DEEPEST:
        return f"it is more than {DEEPEST} folders deep"
    if member.kind == "special":
        return "it is a device, a pipe or something else that is not a file"
    if member.kind == "hard link":
        target = before.get(_parts(member.target))
        if member.target.startswith("/") or target is None or target.kind != "file":
            return (
                f"it is a link to {printable(member.target)}, which is not a file that comes "
                "before it in the archive"
            )
    return None


def _flaw_among(tree: _Tree, place: _Place, member: _Member) -> str | None:
    """Say what is wrong with a member in combination with all others."""
    for end in range(1, len(place)):
        above = tree.get(place[:end])
        if above and above.kind == "link":
            return f"it is behind the link {printable('/'.join(place[:end]))}"
        if above and above.kind == "file":
            reason = f"{printable('/'.join(place[:end]))} is both a file and a folder in it"
            raise Flawed(reason)
    if member.kind == "link" and _end(place, tree) is None:
        return f"it is a link to {printable(member.target)}, which leads out of the archive"
    return None


def _end(place: _Place, tree: _Tree, links: int = _MOST_LINKS) -> _Place | None:
    """Follow all links on a path as the system would; None if they lead out, or nowhere."""
    reached: _Place = ()
    for number, part in enumerate(place, start=1):
        if part == "..":
            if not reached:
                return None
            reached = reached[:-1]
            continue
        member = tree.get((*reached, part))
        if member and member.kind == "link":
            if not links or not member.target or member.target.startswith("/"):
                return None
            return _end((*reached, *_parts(member.target), *place[number:]), tree, links - 1)
        reached = (*reached, part)
    return reached


def _source_root(places: Iterable[_Place]) -> _Place:
    """Return the only top-level folder, or the root; files that macOS adds do not count."""
    seen = [place for place in places if place and not _is_litter(place[0])]
    tops = {place[0] for place in seen}
    return tuple(tops) if len(tops) == 1 and any(len(place) > 1 for place in seen) else ()


def _is_litter(top: str) -> bool:
    return top in ("", "__MACOSX") or top.startswith("._")


# One list of members for both formats


def _parts(name: str) -> tuple[str, ...]:
    """Split the name of a member, without `./` and doubled slashes."""
    return tuple(part for part in name.split("/") if part not in ("", "."))


@contextmanager
def _opened(archive: Path) -> Iterator[Iterator[_Member]]:
    """Yield the unchecked members of an archive of either format, whatever its name is.

    Raises Flawed, also for a damaged member that is read inside the `with` block.
    """
    with readable():
        if os.path.getsize(archive) > MOST_FILE:
            raise Flawed(f"it is larger than {MOST_FILE // 1000**3} GB")
        is_zip = start_of(archive, 4) in _ZIP_STARTS
        if is_zip:
            with zipfile.ZipFile(archive) as zipped:
                yield _bounded(_zip_members(zipped))
        else:
            with _tar(archive) as tar:
                yield _bounded(_tar_members(tar))


def _tar(archive: Path) -> tarfile.TarFile:
    """Open a tar file by its first bytes; tarfile tries all, and xz searches a whole file.

    Raises any of _FAULTS, and OSError.
    """
    start = start_of(archive, 6)
    mode: Literal["r:", "r:gz", "r:bz2", "r:xz"] = "r:"
    if start.startswith(b"\x1f\x8b"):
        mode = "r:gz"
    elif start.startswith(b"BZh"):
        mode = "r:bz2"
    elif start.startswith((b"\xfd7zXZ\0", b"]\0\0")):  # xz, and its predecessor
        mode = "r:xz"
    return tarfile.open(archive, mode, encoding="utf-8", errors="surrogateescape")


@contextmanager
def readable() -> Iterator[None]:
    """Turn whatever tarfile and zipfile raise into Flawed."""
    try:
        yield
    except _FAULTS:
        raise Flawed(_DAMAGED) from None
    except OSError as error:
        # Decompressors raise it without a number, and seeking before the start gives EINVAL.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise Flawed(_DAMAGED) from None


def _bounded(members: Iterable[_Member]) -> Iterator[_Member]:
    unpacked = 0
    for member in members:
        unpacked += max(member.size, _LEAST_ON_DISK)
        if unpacked > _MOST_UNPACKED:
            raise Flawed(_TOO_LARGE)
        yield member


def _zip_members(zipped: zipfile.ZipFile) -> Iterator[_Member]:
    for info in zipped.infolist():
        mode = info.external_attr >> 16
        is_folder = info.filename.endswith("/")
        member = _Member(
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
    """Decode a name as UTF-8, because zipfile assumes cp437 for a name without the flag."""
    if info.flag_bits & _ZIP_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # zipfile has the name from an extra field
        return info.filename


def _tar_members(tar: tarfile.TarFile) -> Iterator[_Member]:
    for info in tar:
        kinds = {
            "file": info.isreg(),
            "folder": info.isdir(),
            "link": info.issym(),
            "hard link": info.islnk(),
        }
        yield _Member(
            name=info.name,
            kind=next((kind for kind, is_it in kinds.items() if is_it), "special"),
            size=info.size,
            open=partial(tar.extractfile, info),
            target=info.linkname,
            is_program=bool(info.mode & stat.S_IXUSR),
        )
    # tarfile takes a broken header for the end, and does not read the checksum after it.
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    rest = tar.fileobj.read(_MOST_AFTER_THE_END)
    if rest[: tarfile.BLOCKSIZE].strip(b"\0"):
        raise Flawed(_DAMAGED)
