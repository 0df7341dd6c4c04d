"""Wheels that backends made, written again so that the same content gives the same bytes."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from slipway.effects.packages.wheel_writer import Entry, write_wheel
from slipway.effects.packages.wheels import UNLISTED, file_names, metadata_folder, opened_wheel


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
            own = Entry(name=f"{folder}/METADATA", content=metadata.encode())
            entries = (own if entry.name == own.name else entry for entry in entries)
        return write_wheel(into / wheel.name, folder, entries)


def _entries(zipped: zipfile.ZipFile, folder: str) -> Iterator[Entry]:
    """Give all but RECORD, sorted, the .dist-info folder last."""
    unlisted = {f"{folder}/{one}" for one in UNLISTED}
    infos = {info.filename: info for info in zipped.infolist()}
    for name in sorted(infos, key=lambda name: (name.startswith(f"{folder}/"), name)):
        if name not in unlisted and not name.endswith("/"):
            yield Entry(
                name=name,
                content=zipped.read(name),
                is_program=bool(infos[name].external_attr >> 16 & stat.S_IXUSR),
            )
