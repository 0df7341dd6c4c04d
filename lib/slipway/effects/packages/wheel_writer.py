"""Wheels written so that the same content gives the same bytes."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_WHEEL = """\
Wheel-Version: 1.0
Generator: slipway
Root-Is-Purelib: true
Tag: py3-none-any
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file in a wheel."""

    name: str
    content: bytes
    is_program: bool = False


def write_metadata_wheel(path: Path, metadata: str) -> Path:
    """Write a wheel that installs nothing, and says in a resolution what its METADATA says."""
    folder = f"{'-'.join(path.name.split('-')[:2])}.dist-info"
    texts = {"METADATA": metadata, "WHEEL": _WHEEL}
    entries = (
        Entry(name=f"{folder}/{name}", content=text.encode("utf-8", "replace"))
        for name, text in texts.items()
    )
    return write_wheel(path, folder, entries)


def write_wheel(path: Path, folder: str, entries: Iterable[Entry]) -> Path:
    """Write a wheel whole or not at all, its RECORD at its end."""
    rows = io.StringIO()
    record = csv.writer(rows, lineterminator="\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}")
    try:
        with zipfile.ZipFile(part, "w") as zipped:
            for entry in entries:
                digest = encoded(hashlib.sha256(entry.content).digest())
                record.writerow((entry.name, f"sha256={digest}", len(entry.content)))
                _add(zipped, entry)
            name = f"{folder}/RECORD"
            record.writerow((name, "", ""))
            _add(zipped, Entry(name=name, content=rows.getvalue().encode()))
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def encoded(digest: bytes) -> str:
    """Write a digest as RECORD has it."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _add(zipped: zipfile.ZipFile, entry: Entry) -> None:
    info = zipfile.ZipInfo(entry.name)  # of 1980-01-01
    info.create_system = 3  # Unix, whose modes the next line gives
    info.external_attr = (stat.S_IFREG | (0o755 if entry.is_program else 0o644)) << 16
    zipped.writestr(info, entry.content)
