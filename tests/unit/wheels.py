"""Writes valid and invalid wheels for tests."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

NAME = "acme_tides-1.0-py3-none-any.whl"
INFO = "acme_tides-1.0.dist-info"
METADATA = "Metadata-Version: 2.1\nName: Acme.Tides\nVersion: 1.0\n"
FILES = {
    "tides/__init__.py": "",
    "tides/größe, maß.py": "ä",
    f"{INFO}/METADATA": METADATA,
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
}


def row(name: str, text: str, algorithm: str = "sha256") -> str:
    data = text.encode()
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).decode()
    return f'"{name}",{algorithm}={digest.rstrip("=")},{len(data)}\n'


def record(files: Mapping[str, str]) -> str:
    return "".join(row(*one) for one in files.items()) + f"{INFO}/RECORD,,\n"


def wheel(path: Path, files: Mapping[str, str]) -> Path:
    """Write a wheel with these files, and a correct RECORD if none of them is a RECORD."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as zipped:
        for name, text in ({f"{INFO}/RECORD": record(files)} | dict(files)).items():
            zipped.writestr(name, text)
    return path


def entries(path: Path) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(path) as zipped:
        return zipped.infolist()


def text(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as zipped:
        return zipped.read(name).decode()


RECORD = record(FILES)
"""The RECORD of FILES."""
