"""The shared libraries that compiled files need, and the paths where they search for them.

It reads a few tags of 64-bit little-endian files, the format of all processors that Slipway
supports. A complete ELF library takes ten times as long for a virtual environment.

https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slipway.effects.files import read_if_there, walk_folders, write
from slipway.effects.reading import kind_at, opened

LIST = "shared-libraries.txt"

_MAGIC = b"\x7fELF\x02\x01"
"""The start of a 64-bit, little-endian ELF file."""
_SEGMENT = struct.Struct("<IIQQQQ")
"""Type, flags, offset in the file, virtual address, physical address, size in the file."""
_ENTRY = struct.Struct("<qQ")
_LOADED, _DYNAMIC = 1, 2
_MOST = 256 * 1024**2
"""Bytes of all names in one file; a damaged one may claim any length."""
_END, _NEEDED, _STRINGS, _LENGTH, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 10, 14, 15, 29
_TEXT = 4096
"""The maximum length of a name or a path, in bytes."""
_START_PYTHON = re.compile(rb"\0(?:Py_Initialize\w*|Py_(?:Bytes|Run)?Main)(?=\0)")
"""The functions of CPython that start an interpreter, in a table of strings.

https://docs.python.org/3/c-api/interp-lifecycle.html
"""


def note_shared_libraries(root: Path) -> tuple[str, ...]:
    """Write the names of the system libraries that a folder's files need into the folder."""
    needed = needed_from_system([root])
    write(root / LIST, render_libraries(needed))
    return needed


def render_libraries(names: Iterable[str]) -> str:
    """Format names, one per line, for `shared_libraries` to read."""
    return "".join(f"{name}\n" for name in names)


def shared_libraries(*roots: Path) -> tuple[str, ...]:
    """Read the lists in these folders, if they have one."""
    lists = (read_if_there(root / LIST) or "" for root in roots)
    return tuple(sorted({name for text in lists for name in text.split()}))


def needed_from_system(roots: Iterable[Path]) -> tuple[str, ...]:
    """Return the shared libraries that files below the roots need but that are not there."""
    needed: set[str] = set()
    own: set[str] = set()
    for root in roots:
        for path in _compiled_files(root):
            own.add(path.name)
            with opened(path) as stream:
                table = _read_table(stream)
            if table:
                needed.update(table.texts(_NEEDED))
                own.update(table.texts(_SONAME))
    return tuple(sorted(needed - own))


def files_that_embed_python(root: Path) -> tuple[str, ...]:
    """Return the files below a folder that start a Python themselves, relative to it.

    They load a libpython for that, or contain one.
    """
    found = []
    for path in _compiled_files(root):
        with opened(path) as stream:
            table = _read_table(stream)
            if table and _START_PYTHON.search(_read(stream, *table.strings)):
                found.append(str(path.relative_to(root)))
    return tuple(sorted(found))


def needed_by(path: Path) -> tuple[str, ...]:
    """Return the names of the shared libraries that a file needs."""
    with opened(path) as stream:
        table = _read_table(stream)
    return tuple(table.texts(_NEEDED)) if table else ()


def _compiled_files(root: Path) -> Iterator[Path]:
    for folder, _, names in walk_folders(root):
        has_programs = os.path.basename(folder) == "bin"
        for name in names if has_programs else (name for name in names if ".so" in name):
            path = Path(folder, name)
            if not (path.is_symlink() or kind_at(path)):
                yield path


@dataclass(frozen=True)
class _Table:
    """The dynamic section of an ELF file, which the loader reads."""

    entries: tuple[tuple[int, int, str], ...]
    """Tag, offset of the text in the file, and text of each entry that has a text."""
    strings: tuple[int, int]
    """Offset and length of all texts, including the names of symbols."""

    def texts(self, *tags: int) -> list[str]:
        return [text for tag, _, text in self.entries if tag in tags]


def _read_table(stream: BinaryIO) -> _Table | None:
    """Read the dynamic section; None if the file is not ELF, is broken, or has none."""
    head = stream.read(64)
    if not head.startswith(_MAGIC):
        return None
    try:
        segments = [*_segments(stream, head)]
        [(offset, _, size), *_] = [where for kind, *where in segments if kind == _DYNAMIC]
        found = _ENTRY.iter_unpack(_read(stream, offset, size - size % _ENTRY.size))
        entries = [*_up_to_end(found)]
        strings = _offset_of(dict(entries)[_STRINGS], segments)
        length = dict(entries)[_LENGTH]
        known = [one for one in entries if one[0] in (_NEEDED, _SONAME, _RPATH, _RUNPATH)]
        texts = tuple((tag, strings + at, _text(stream, strings + at)) for tag, at in known)
        stream.seek(strings)
    except (struct.error, LookupError, ValueError, OSError, OverflowError):
        return None  # the offsets in it may be any numbers
    return _Table(entries=texts, strings=(strings, length))


def _segments(stream: BinaryIO, head: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield the type, the offset in the file, the address and the size of each segment."""
    (start,) = struct.unpack_from("<Q", head, 32)
    each, count = struct.unpack_from("<HH", head, 54)
    table = _read(stream, start, each * count)
    for number in range(count):
        kind, _, offset, address, _, size = _SEGMENT.unpack_from(table, number * each)
        yield kind, offset, address, size


def _up_to_end(entries: Iterable[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    for tag, value in entries:
        if tag == _END:
            return
        yield tag, value


def _offset_of(address: int, segments: Iterable[tuple[int, int, int, int]]) -> int:
    """Return the offset in the file of the data at an address; raise ValueError if none is."""
    for kind, offset, start, size in segments:
        if kind == _LOADED and start <= address < start + size:
            return offset + address - start
    raise ValueError(f"nothing is loaded at {address}")


def _read(stream: BinaryIO, offset: int, size: int) -> bytes:
    stream.seek(offset)
    return stream.read(min(size, _MOST))


def _text(stream: BinaryIO, offset: int) -> str:
    return os.fsdecode(_read(stream, offset, _TEXT).partition(b"\0")[0])


def set_run_path(path: Path, run_path: str) -> bool:
    """Replace a file's run path, the folders where it searches for libraries first.

    The old text is overwritten, so nothing in the file moves; False if it is too short for
    that. A file without a run path does not need one: the result is then True.
    """
    with path.open("r+b") as stream:
        table = _read_table(stream)
        for tag, offset, old in table.entries if table else ():
            if tag not in (_RUNPATH, _RPATH):
                continue
            length = len(os.fsencode(old))
            if length < len(run_path):
                return False
            stream.seek(offset)
            stream.write(run_path.encode().ljust(length, b"\0"))
    return True


def run_paths(path: Path) -> list[str]:
    """Return the folders in which a file searches for libraries before the usual ones."""
    with opened(path) as stream:
        table = _read_table(stream)
    return table.texts(_RUNPATH, _RPATH) if table else []
