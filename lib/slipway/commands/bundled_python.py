"""The Python that a packaged Slipway brings along, for builders that have none.

https://gregoryszorc.com/docs/python-build-standalone/main/
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.redaction import redact
from slipway.effects.download import download
from slipway.effects.packages.archives import unpack

FOLDER = "python"
"""Where lib/bring_python.sh looks, below Slipway's own folder."""
ORIGIN = "https://github.com/astral-sh/python-build-standalone/releases/download"
MIRRORS = ("SLIPWAY_PYTHON_MIRROR", "UV_PYTHON_INSTALL_MIRROR")
_PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}

# It names the programs that made it; where an app is built they have their usual names. The
# folder cannot be written to then. https://github.com/astral-sh/python-build-standalone/issues/209
_COMPILERS = ((r"'/[^']*/llvm-ar'", "'ar'"), (r"'clang\+\+", "'c++"), (r"'clang", "'cc"))


@dataclass(frozen=True, kw_only=True)
class PinnedPython:
    sha256: str
    file: str
    """Below the mirror: the date of a release, and a file name."""


def pinned(target: str, pins: Path) -> PinnedPython:
    """Give the Python for a target such as `linux/amd64`, of those in vendor/pythons.txt."""
    processor = _PROCESSORS[target.rpartition("/")[2]]
    lines = pins.read_text("utf-8").splitlines()
    (fields,) = (line.split() for line in lines if line.startswith(f"{processor} "))
    return PinnedPython(sha256=fields[1], file=fields[2])


def bring(python: PinnedPython, environment: Mapping[str, str], slipway: Path) -> None:
    """Fetch a Python into a folder of Slipway's own files.

    Raises DownloadFailed, DownloadDiffers.
    """
    mirror = next((environment[name] for name in MIRRORS if environment.get(name)), ORIGIN)
    address = f"{mirror.strip().rstrip('/')}/{python.file.replace('+', '%2B')}"
    archive, unpacked = slipway / "python.tar.gz", slipway / "unpacked"
    download(address, python.sha256, archive, shown=redact(address))
    unpacked.mkdir()
    root = unpack(archive, unpacked, shown=redact(address))
    root.rename(slipway / FOLDER)
    archive.unlink()
    shutil.rmtree(unpacked, ignore_errors=True)
    _name_usual_compilers(slipway / FOLDER)


def _name_usual_compilers(python: Path) -> None:
    for path in python.glob("lib/python3.*/_sysconfigdata_*.py"):
        text = path.read_text("utf-8")
        for pattern, usual in _COMPILERS:
            text = re.sub(pattern, usual, text)
        path.write_text(text, "utf-8")
