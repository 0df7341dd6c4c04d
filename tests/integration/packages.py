"""Small distributions that tests make."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

_SETUP = """
from setuptools import setup

setup(name={name!r}, version={version!r}, py_modules=[{module!r}])
"""
_EXTENSION = """
from setuptools import Extension, setup

setup(name={name!r}, version={version!r}, ext_modules=[Extension({module!r}, ["code.c"])])
"""
_WITH_SETUPTOOLS = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""


def wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    tag: str = "py3-none-any",
    metadata: str = "",
    format_version: str = "1.0",
) -> Path:
    """Make a wheel of one module with a `__version__`."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f'__version__ = "{version}"\n',
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}"
        ),
        f"{info}/WHEEL": (
            f"Wheel-Version: {format_version}\nRoot-Is-Purelib: true\nTag: {tag}\n"
        ),
    }
    record = "".join(_record_line(path, text) for path, text in files.items())
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            # A fixed date, so the same wheel always has the same hash.
            archive.writestr(zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0)), text)
    return path


def _record_line(path: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"{path},sha256={digest.decode()},{len(text)}\n"


def source(name: str, version: str) -> dict[str, str]:
    """Return the source tree of one module, built by setuptools."""
    return {
        "setup.py": _SETUP.format(name=name, version=version, module=name),
        "pyproject.toml": _WITH_SETUPTOOLS,
        f"{name}.py": f'__version__ = "{version}"\n',
    }


def extension(name: str, version: str, code: str) -> dict[str, str]:
    """Return the source tree of a module in C."""
    return {
        "setup.py": _EXTENSION.format(name=name, version=version, module=name),
        "pyproject.toml": _WITH_SETUPTOOLS,
        "code.c": code,
    }


def sdist(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """Pack a source tree into an sdist."""
    path = folder / f"{name}-{version}.tar.gz"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with tarfile.open(path, "w:gz") as archive:
        for file, text in {**files, "PKG-INFO": metadata}.items():
            member = tarfile.TarInfo(f"{name}-{version}/{file}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def write_tree(folder: Path, files: dict[str, str]) -> Path:
    """Write a source tree into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
