"""RECORD files: the rows that list the files of a distribution, as installers write them.

A wheel can bring any RECORD, so nothing in it is certain: not its encoding, not its paths.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from slipway.effects.reading import MOST_FILE, read_bytes

Row = Sequence[str]
"""A path, a digest such as `sha256=...` and a size; there may be fewer or more fields."""


def read_record(info: Path) -> list[Row] | None:
    """Read the rows in the RECORD of a folder `*.dist-info`; None if there are none to read.

    Bytes that are not UTF-8 become surrogates, as in Python's names of files.
    """
    try:
        text = read_bytes(info / "RECORD", MOST_FILE).decode("utf-8", "surrogateescape")
        return [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except (OSError, csv.Error):
        return None


def render_record(rows: Iterable[Row]) -> bytes:
    """Write rows in an order, and with line ends, that do not depend on the installer."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(sorted({*map(tuple, rows)}))
    return stream.getvalue().encode("utf-8", "surrogateescape")


def record_digest(content: bytes) -> str:
    """Return the second field of a file's row."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
