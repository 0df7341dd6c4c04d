"""Writes zip files whose bytes depend only on the names, modes and content of the files."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from slipway.effects.files import walk
from slipway.effects.reading import opened

_COMPRESSED = (".gz", ".whl", ".zip", ".zst")


def write_zip(folder: Path, place: Path) -> None:
    """Write all files and links below a folder; the modes are kept, and the dates are not.

    Raises OSError.
    """
    with zipfile.ZipFile(place, "w") as zipped:
        for path in sorted(walk(folder)):
            info = zipfile.ZipInfo(str(path.relative_to(folder)))  # the date is 1980-01-01
            info.create_system = 3  # Unix, for the mode in the next line
            info.external_attr = path.lstat().st_mode << 16
            is_stored = path.name.endswith(_COMPRESSED)
            info.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            if path.is_symlink():
                zipped.writestr(info, os.readlink(path))
                continue
            info.file_size = path.stat().st_size
            with opened(path) as source, zipped.open(info, "w") as target:
                shutil.copyfileobj(source, target)
