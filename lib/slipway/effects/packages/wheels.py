"""Verifies wheels before use, and writes them so that the same content gives the same bytes.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from slipway.domain.redaction import printable
from slipway.effects.packages.archives import Flawed, readable
from slipway.errors.vendored import WheelInvalid

_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")
"""Files of the .dist-info folder that RECORD cannot or need not hash."""
_HASHES = "sha256 sha384 sha512 sha3_256 sha3_384 sha3_512 blake2b blake2s".split()
_CHUNK = 1024**2
_WHEEL = """\
Wheel-Version: 1.0
Generator: slipway
Root-Is-Purelib: true
Tag: py3-none-any
"""


def read_metadata(wheel: Path, shown: str) -> str:
    """Verify a whole wheel, and return the text of its METADATA.

    Raises WheelInvalid, which names the wheel as `shown`.
    """
    with _opened(wheel, shown) as zipped:
        names = _file_names(zipped)
        folder = _metadata_folder(names, wheel.name)
        for name in ("METADATA", "RECORD", "WHEEL"):
            if f"{folder}/{name}" not in names:
                raise Flawed(f"it has no {folder}/{name}")
        written = HeaderParser().parsestr(_text(zipped, f"{folder}/WHEEL"))
        version = written.get("Wheel-Version", "").strip()
        if version.partition(".")[0] != "1":
            found = f"Wheel-Version {version}" if version else "no Wheel-Version"
            raise Flawed(f"its WHEEL file has {found}, but only 1.x is supported")
        _check_record(zipped, folder, names)
        metadata = _text(zipped, f"{folder}/METADATA")
        _check_metadata(metadata, wheel.name)
    return metadata


def metadata_as_it_is(wheel: Path) -> str:
    """Return the text of METADATA in a wheel whose hash is known to be right.

    Only an installer judges the rest. Raises WheelInvalid.
    """
    with _opened(wheel, wheel.name) as zipped:
        for name in zipped.namelist():
            if name.count("/") == 1 and name.endswith(".dist-info/METADATA"):
                return _text(zipped, name)
        raise Flawed("it has no .dist-info/METADATA")


def rewrite_wheel(wheel: Path, into: Path, metadata: str | None = None) -> Path:
    """Rewrite a wheel so that the same content gives the same bytes; return the new file.

    `metadata`, if given, replaces its METADATA. Files are not compressed, because the output of
    zlib depends on its version. Signatures are left out, because they sign the old RECORD.

    Raises WheelInvalid, which names the wheel by its file name.
    """
    with _opened(wheel, wheel.name) as zipped:
        folder = _metadata_folder(_file_names(zipped), wheel.name)
        unlisted = {f"{folder}/{name}" for name in _UNLISTED}
        replaced = {} if metadata is None else {f"{folder}/METADATA": metadata.encode()}
        infos = sorted(
            (info for info in zipped.infolist() if not info.is_dir()),
            key=lambda info: (info.filename.startswith(f"{folder}/"), info.filename),
        )
        members = (
            _WheelMember(
                name=info.filename,
                content=replaced.get(info.filename) or zipped.read(info),
                is_program=bool(info.external_attr >> 16 & stat.S_IXUSR),
            )
            for info in infos
            if info.filename not in unlisted
        )
        return _write(into / wheel.name, folder, members)


def write_metadata_wheel(path: Path, metadata: str) -> Path:
    """Write a wheel that installs nothing, and only tells a resolver its METADATA."""
    folder = f"{'-'.join(path.name.split('-')[:2])}.dist-info"
    texts = {"METADATA": metadata, "WHEEL": _WHEEL}
    members = (
        _WheelMember(name=f"{folder}/{name}", content=text.encode("utf-8", "replace"))
        for name, text in texts.items()
    )
    return _write(path, folder, members)


# Verifying


@contextmanager
def _opened(wheel: Path, shown: str) -> Iterator[zipfile.ZipFile]:
    """Open a wheel; turn Flawed into WheelInvalid, which names the wheel as `shown`."""
    try:
        with readable(), zipfile.ZipFile(wheel) as zipped:
            yield zipped
    except Flawed as error:
        raise WheelInvalid(path=shown, reason=str(error)) from None


def _text(zipped: zipfile.ZipFile, name: str) -> str:
    return zipped.read(name).decode("utf-8", "replace")


def _file_names(zipped: zipfile.ZipFile) -> frozenset[str]:
    """Return the paths of all files; raise Flawed for one that is unsafe or not unique."""
    seen: set[str] = set()
    for info in zipped.infolist():
        name = info.filename
        shown = printable(name) or "a file"
        if name in seen:
            raise Flawed(f"{shown} is in it twice")
        if not {"", ".", ".."}.isdisjoint(name.removesuffix("/").split("/")) or "\\" in name:
            raise Flawed(f"{shown} in it is an absolute path, or has `..`, `.`, `//` or `\\`")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Flawed(f"{shown} in it is a symbolic link")
        seen.add(name)
    return frozenset(name for name in seen if not name.endswith("/"))


def _metadata_folder(names: Iterable[str], file_name: str) -> str:
    """Return the .dist-info folder; raise Flawed if it does not match the wheel's name."""
    name, version = _parsed(file_name)
    tops = {path.partition("/")[0] for path in names if "/" in path}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(folders) != 1:
        found = " and ".join(folders) or "none"
        raise Flawed(f"it must have exactly one .dist-info folder, but has {found}")
    its_name, _, its_version = folders[0].removesuffix(".dist-info").rpartition("-")
    if canonicalize_name(its_name) != name or not _is_version(its_version, version):
        raise Flawed(f"its folder {folders[0]} is for another package or version")
    return folders[0]


def _parsed(file_name: str) -> tuple[str, Version]:
    try:
        name, version, _, _ = parse_wheel_filename(file_name)
    except InvalidWheelFilename:
        raise Flawed(
            "its file name is not that of a wheel, such as name-1.0-py3-none-any.whl"
        ) from None
    return name, version


def _is_version(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def _check_metadata(text: str, file_name: str) -> None:
    """Compare the name and version with the file name; other checks are left to readers."""
    name, version = _parsed(file_name)
    headers = HeaderParser().parsestr(text)
    its_name = headers.get("Name", name).strip()
    its_version = headers.get("Version", str(version)).strip()
    if canonicalize_name(its_name) != name or not _is_version(its_version, version):
        raise Flawed(
            f"its METADATA is for {its_name} {its_version}, its file name for {name} {version}"
        )


def _check_record(zipped: zipfile.ZipFile, folder: str, names: frozenset[str]) -> None:
    listed = _listed(_text(zipped, f"{folder}/RECORD"))
    for name in sorted(names - {f"{folder}/{one}" for one in _UNLISTED}):
        if name not in listed:
            raise Flawed(f"{printable(name)} is in it but not in its RECORD")
        _check_file(zipped, name, *listed[name])
    for name in sorted(listed.keys() - set(zipped.namelist())):
        raise Flawed(f"{printable(name)} is in its RECORD but not in it")


def _listed(record: str) -> Mapping[str, tuple[str, str]]:
    """Return hash and size of each file in a RECORD."""
    listed: dict[str, tuple[str, str]] = {}
    try:
        for row in csv.reader(io.StringIO(record)):
            if row and len(row) != 3:
                raise Flawed(
                    f"its RECORD has too many or too few fields for {printable(row[0])}"
                )
            if row and row[0] in listed:
                raise Flawed(f"its RECORD lists {printable(row[0])} twice")
            listed.update({name: (digest, size) for name, digest, size in [row] if row})
    except csv.Error:
        raise Flawed("its RECORD is not a list of files") from None
    return listed


def _check_file(zipped: zipfile.ZipFile, name: str, digest: str, size: str) -> None:
    """Compare a file with its row in RECORD, where the size is optional but the hash is not."""
    algorithm, _, expected = digest.partition("=")
    if algorithm not in _HASHES:
        raise Flawed(f"its RECORD has no sha256 or stronger hash for {printable(name)}")
    found, length = hashlib.new(algorithm), 0
    try:
        with zipped.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
                length += len(chunk)
    except zipfile.BadZipFile:
        raise Flawed(f"its file {printable(name)} is damaged") from None
    if _encoded(found.digest()) != expected.rstrip("=") or size not in ("", str(length)):
        raise Flawed(
            f"its file {printable(name)} does not have the hash or size that RECORD gives"
        )


def _encoded(digest: bytes) -> str:
    """Encode a digest as in RECORD."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


# Writing


@dataclass(frozen=True, kw_only=True)
class _WheelMember:
    name: str
    content: bytes
    is_program: bool = False


def _write(path: Path, folder: str, members: Iterable[_WheelMember]) -> Path:
    """Write a wheel atomically, with its RECORD at the end."""
    rows = io.StringIO()
    record = csv.writer(rows, lineterminator="\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}")
    try:
        with zipfile.ZipFile(part, "w") as zipped:
            for member in members:
                digest = _encoded(hashlib.sha256(member.content).digest())
                record.writerow((member.name, f"sha256={digest}", len(member.content)))
                _add(zipped, member)
            name = f"{folder}/RECORD"
            record.writerow((name, "", ""))
            _add(zipped, _WheelMember(name=name, content=rows.getvalue().encode()))
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _add(zipped: zipfile.ZipFile, member: _WheelMember) -> None:
    info = zipfile.ZipInfo(member.name)  # the date is 1980-01-01
    info.create_system = 3  # Unix, for the mode in the next line
    info.external_attr = (stat.S_IFREG | (0o755 if member.is_program else 0o644)) << 16
    zipped.writestr(info, member.content)
