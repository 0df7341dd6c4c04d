"""Wheels, found right before they are used.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import csv
import hashlib
import io
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.parser import HeaderParser
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from slipway.effects.packages.archive_members import Flawed, printable, readable
from slipway.effects.packages.wheel_writer import encoded
from slipway.errors.vendored import WheelInvalid

UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")
"""Files of the .dist-info folder that RECORD cannot or need not hash."""
_HASHES = "sha256 sha384 sha512 sha3_256 sha3_384 sha3_512 blake2b blake2s".split()
_CHUNK = 1024**2


def read_metadata(wheel: Path, shown: str) -> str:
    """Give the text of a wheel's METADATA, after the whole wheel was found right.

    Raises WheelInvalid, which names the wheel as it is `shown`.
    """
    with opened_wheel(wheel, shown) as zipped:
        names = file_names(zipped)
        folder = metadata_folder(names, wheel.name)
        for name in ("METADATA", "RECORD", "WHEEL"):
            if f"{folder}/{name}" not in names:
                raise Flawed(f"it has no {folder}/{name}")
        _check_format(_text(zipped, f"{folder}/WHEEL"))
        _check_record(zipped, folder, names)
        metadata = _text(zipped, f"{folder}/METADATA")
        _check_metadata(metadata, wheel.name)
    return metadata


@contextmanager
def opened_wheel(wheel: Path, shown: str) -> Iterator[zipfile.ZipFile]:
    """Raise WheelInvalid, which names it as it is `shown`, for whatever is Flawed in it."""
    try:
        with readable(), zipfile.ZipFile(wheel) as zipped:
            yield zipped
    except Flawed as error:
        raise WheelInvalid(path=shown, reason=str(error)) from None


def _text(zipped: zipfile.ZipFile, name: str) -> str:
    return zipped.read(name).decode("utf-8", "replace")


def file_names(zipped: zipfile.ZipFile) -> frozenset[str]:
    """Give the files, each with a plain path of its own."""
    seen: set[str] = set()
    for info in zipped.infolist():
        name = info.filename
        shown = printable(name) or "a file"
        if name in seen:
            raise Flawed(f"{shown} is in it twice")
        if not {"", ".", ".."}.isdisjoint(name.removesuffix("/").split("/")) or "\\" in name:
            raise Flawed(f"{shown} in it has a path that is absolute, or holds `..` or `\\`")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Flawed(f"{shown} in it is a symbolic link")
        seen.add(name)
    return frozenset(name for name in seen if not name.endswith("/"))


def metadata_folder(names: Iterable[str], file_name: str) -> str:
    """Give the one .dist-info folder; raise Flawed if it does not fit the wheel's name."""
    name, version = _parsed(file_name)
    tops = {path.partition("/")[0] for path in names if "/" in path}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(folders) != 1:
        found = " and ".join(folders) or "none"
        raise Flawed(f"it must have one .dist-info folder, and has {found}")
    said, _, of = folders[0].removesuffix(".dist-info").rpartition("-")
    if canonicalize_name(said) != name or not _is_version(of, version):
        raise Flawed(f"its folder {folders[0]} is that of another package or version")
    return folders[0]


def _parsed(file_name: str) -> tuple[str, Version]:
    try:
        name, version, _, _ = parse_wheel_filename(file_name)
    except InvalidWheelFilename:
        raise Flawed(
            "its file name is not one of a wheel, as name-1.0-py3-none-any.whl"
        ) from None
    return name, version


def _is_version(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def _check_format(text: str) -> None:
    version = HeaderParser().parsestr(text).get("Wheel-Version", "").strip()
    if version.partition(".")[0] != "1":
        said = f"Wheel-Version {version}" if version else "no Wheel-Version"
        raise Flawed(f"its WHEEL file says {said}, and only 1.x is known")


def _check_metadata(text: str, file_name: str) -> None:
    """Compare with the file name; what the fields themselves must be is for who reads them."""
    name, version = _parsed(file_name)
    headers = HeaderParser().parsestr(text)
    said, of = headers.get("Name", name).strip(), headers.get("Version", str(version)).strip()
    if canonicalize_name(said) != name or not _is_version(of, version):
        raise Flawed(f"its METADATA is of {said} {of}, its file name of {name} {version}")


def _check_record(zipped: zipfile.ZipFile, folder: str, names: frozenset[str]) -> None:
    listed = _listed(_text(zipped, f"{folder}/RECORD"))
    for name in sorted(names - {f"{folder}/{one}" for one in UNLISTED}):
        if name not in listed:
            raise Flawed(f"{printable(name)} is in it and not in its RECORD")
        _check_file(zipped, name, *listed[name])
    for name in sorted(listed.keys() - set(zipped.namelist())):
        raise Flawed(f"{printable(name)} is in its RECORD and not in it")


def _listed(record: str) -> Mapping[str, tuple[str, str]]:
    """Give hash and size of each file in a RECORD."""
    listed: dict[str, tuple[str, str]] = {}
    try:
        for row in csv.reader(io.StringIO(record)):
            if row and len(row) != 3:
                raise Flawed(
                    f"its RECORD says of {printable(row[0])} more or less than it should"
                )
            if row and row[0] in listed:
                raise Flawed(f"its RECORD lists {printable(row[0])} twice")
            listed.update({name: (digest, size) for name, digest, size in [row] if row})
    except csv.Error:
        raise Flawed("its RECORD is no list of files") from None
    return listed


def _check_file(zipped: zipfile.ZipFile, name: str, digest: str, size: str) -> None:
    """Compare with what RECORD says; the size may be left out, the hash may not."""
    algorithm, _, said = digest.partition("=")
    if algorithm not in _HASHES:
        raise Flawed(f"its RECORD gives {printable(name)} no sha256 or stronger hash")
    found, length = hashlib.new(algorithm), 0
    try:
        with zipped.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
                length += len(chunk)
    except zipfile.BadZipFile:
        raise Flawed(f"{printable(name)} in it is damaged") from None
    if encoded(found.digest()) != said.rstrip("=") or size not in ("", str(length)):
        raise Flawed(f"{printable(name)} in it is not what its RECORD says")
