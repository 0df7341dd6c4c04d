"""Wheels written so that the same content gives the same bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.wheels import UNLISTED, encoded, file_names, metadata_folder, opened_wheel

_WHEEL = """\
Wheel-Version: 1.0
Generator: slipway
Root-Is-Purelib: true
Tag: py3-none-any
"""


@dataclass(frozen=True, kw_only=True)
class _Entry:
    name: str
    content: bytes
    is_program: bool = False


def normalise(wheel: Path, into: Path, metadata: str | None = None) -> Path:
    """Write a wheel again, the same bytes for the same content; give the new file.

    `metadata`, if given, takes the place of its METADATA. It is stored, not compressed, because
    versions of zlib differ in what they write. A signature is left out: it is of the RECORD as
    it was.

    Raises WheelInvalid, which names the wheel by its file name.
    """
    with opened_wheel(wheel, wheel.name) as zipped:
        folder = metadata_folder(file_names(zipped), wheel.name)
        entries = _entries(zipped, folder)
        if metadata is not None:
            own = _Entry(name=f"{folder}/METADATA", content=metadata.encode())
            entries = (own if entry.name == own.name else entry for entry in entries)
        return _write(into / wheel.name, folder, entries)


def write_metadata_wheel(path: Path, metadata: str) -> Path:
    """Write a wheel that installs nothing, and says in a resolution what its METADATA says."""
    folder = f"{'-'.join(path.name.split('-')[:2])}.dist-info"
    texts = {"METADATA": metadata, "WHEEL": _WHEEL}
    entries = (
        _Entry(name=f"{folder}/{name}", content=text.encode("utf-8", "replace"))
        for name, text in texts.items()
    )
    return _write(path, folder, entries)


def _entries(zipped: zipfile.ZipFile, folder: str) -> Iterator[_Entry]:
    """Give all but RECORD, sorted, the .dist-info folder last."""
    unlisted = {f"{folder}/{one}" for one in UNLISTED}
    infos = {info.filename: info for info in zipped.infolist()}
    for name in sorted(infos, key=lambda name: (name.startswith(f"{folder}/"), name)):
        if name not in unlisted and not name.endswith("/"):
            yield _Entry(
                name=name,
                content=zipped.read(name),
                is_program=bool(infos[name].external_attr >> 16 & stat.S_IXUSR),
            )


def _write(path: Path, folder: str, entries: Iterable[_Entry]) -> Path:
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
            _add(zipped, _Entry(name=name, content=rows.getvalue().encode()))
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _add(zipped: zipfile.ZipFile, entry: _Entry) -> None:
    info = zipfile.ZipInfo(entry.name)  # of 1980-01-01
    info.create_system = 3  # Unix, whose modes the next line gives
    info.external_attr = (stat.S_IFREG | (0o755 if entry.is_program else 0o644)) << 16
    zipped.writestr(info, entry.content)
