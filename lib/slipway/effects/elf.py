"""The shared libraries that compiled files need, and the paths where they search for them.

It reads a few tags of 64-bit little-endian files, which all processors have that Slipway runs
on. A library that reads all of ELF takes ten times as long for a virtual environment.

https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slipway.effects.files import read_if_there, write

LIST = "shared-libraries.txt"

_MAGIC = b"\x7fELF\x02\x01"
"""Of a file with 64 bits, the least significant byte first."""
_SEGMENT = struct.Struct("<IIQQQQ")
"""Its type, flags, place in the file, address, physical address, and size in the file."""
_ENTRY = struct.Struct("<qQ")
_LOADED, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 14, 15, 29
_TEXT = 4096
"""The most bytes of a name or a path."""


def note_shared_libraries(root: Path) -> tuple[str, ...]:
    """Write a list of the system's libraries that the files of a folder need into it."""
    needed = needed_from_system([root])
    write(root / LIST, render_libraries(needed))
    return needed


def render_libraries(names: Iterable[str]) -> str:
    """Write names, one a line, for `shared_libraries` to read."""
    return "".join(f"{name}\n" for name in names)


def shared_libraries(*roots: Path) -> tuple[str, ...]:
    """Read the lists in these folders, if they have one."""
    lists = (read_if_there(root / LIST) or "" for root in roots)
    return tuple(sorted({name for text in lists for name in text.split()}))


def needed_from_system(roots: Iterable[Path]) -> tuple[str, ...]:
    """Give the shared libraries that files below the roots need, and that none of them is."""
    needed: set[str] = set()
    own: set[str] = set()
    for root in roots:
        for path in _compiled_files(root):
            own.add(path.name)
            with path.open("rb") as stream:
                table = _read_table(stream)
            if table:
                needed.update(table.texts(_NEEDED))
                own.update(table.texts(_SONAME))
    return tuple(sorted(needed - own))


def _compiled_files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        has_programs = os.path.basename(folder) == "bin"
        for name in names if has_programs else (name for name in names if ".so" in name):
            path = Path(folder, name)
            if not path.is_symlink():
                yield path


@dataclass(frozen=True)
class _Table:
    """The table of a file that the loader reads."""

    entries: tuple[tuple[int, int, str], ...]
    """Tag, place in the file, and text of those that have one."""

    def texts(self, *tags: int) -> list[str]:
        return [text for tag, _, text in self.entries if tag in tags]


def _read_table(stream: BinaryIO) -> _Table | None:
    """Give None for what is no ELF file, is broken, or has no such table."""
    head = stream.read(64)
    if not head.startswith(_MAGIC):
        return None
    try:
        segments = [*_segments(stream, head)]
        [(place, _, size), *_] = [where for kind, *where in segments if kind == _DYNAMIC]
        found = _ENTRY.iter_unpack(_read(stream, place, size - size % _ENTRY.size))
        entries = [*_up_to_end(found)]
        strings = _place_of(dict(entries)[_STRINGS], segments)
    except (struct.error, LookupError, ValueError):
        return None
    read = (entry for entry in entries if entry[0] in (_NEEDED, _SONAME, _RPATH, _RUNPATH))
    return _Table(tuple((tag, strings + at, _text(stream, strings + at)) for tag, at in read))


def _segments(stream: BinaryIO, head: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Give the type, the place in the file, the address and the size of each."""
    (start,) = struct.unpack_from("<Q", head, 32)
    each, count = struct.unpack_from("<HH", head, 54)
    table = _read(stream, start, each * count)
    for number in range(count):
        kind, _, place, address, _, size = _SEGMENT.unpack_from(table, number * each)
        yield kind, place, address, size


def _up_to_end(entries: Iterable[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    for tag, value in entries:
        if tag == _END:
            return
        yield tag, value


def _place_of(address: int, segments: Iterable[tuple[int, int, int, int]]) -> int:
    """Give the place in the file of what is loaded at an address; raise ValueError."""
    for kind, place, start, size in segments:
        if kind == _LOADED and start <= address < start + size:
            return place + address - start
    raise ValueError(f"nothing is loaded at {address}")


def _read(stream: BinaryIO, place: int, size: int) -> bytes:
    stream.seek(place)
    return stream.read(size)


def _text(stream: BinaryIO, place: int) -> str:
    return os.fsdecode(_read(stream, place, _TEXT).partition(b"\0")[0])


def set_run_path(path: Path, run_path: str) -> bool:
    """Make a file search for its libraries in `run_path`, instead of where it did.

    The old text is overwritten, so that nothing in the file moves; False if it is too short
    for that. A file without a run path needs none, which is True.
    """
    with path.open("r+b") as stream:
        table = _read_table(stream)
        for tag, place, old in table.entries if table else ():
            if tag not in (_RUNPATH, _RPATH):
                continue
            length = len(os.fsencode(old))
            if length < len(run_path):
                return False
            stream.seek(place)
            stream.write(run_path.encode().ljust(length, b"\0"))
    return True


def run_paths(path: Path) -> list[str]:
    """Give the folders in which a file searches for libraries before the usual ones."""
    with path.open("rb") as stream:
        table = _read_table(stream)
    return table.texts(_RUNPATH, _RPATH) if table else []
