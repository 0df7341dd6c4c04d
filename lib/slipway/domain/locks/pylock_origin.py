"""What a pylock.toml was made from, and whether that has changed.

The standard has no place for that. Some tools write their command into a comment or a table of
their own; for others, the app's files show it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from packaging.pylock import Package

from slipway.domain.locks.brought import FromPath, Pin, ReadText
from slipway.domain.locks.lock_file import LockFile
from slipway.domain.locks.pdm_project import (
    content_hashes,
    fits_inputs,
    has_patterns,
    requirements_by_group,
)
from slipway.domain.locks.written import COMMAND, CREATED_BY
from slipway.domain.requirements.compiled import (
    Origin,
    differences,
    names_in,
    required_by,
)
from slipway.domain.requirements.locked import LockedVersion
from slipway.domain.toml_text import Document, parse_toml, table_in, tables_in
from slipway.errors.stopped import BuildStopped

PDM = "pdm"
PYPROJECT, UV_TOML = "pyproject.toml", "uv.toml"


def origin_of_tool(
    creator: str, document: Document, file: str, read: ReadText
) -> Origin | None:
    """Return what a lock without a header was most likely made from, by the tool's own way."""
    folder = posixpath.dirname(file)
    output = () if posixpath.basename(file) == "pylock.toml" and not folder else ("-o", file)
    if creator == PDM:
        is_own = "strategy" in table_in(document, "tool", "pdm")
        words = ("pdm", "lock") if is_own else ("pdm", "export", "-f", "pylock", "-o", file)
        return Origin(tool="PDM", command=" ".join(words), sources=())
    if creator == CREATED_BY:
        return Origin(tool="Slipway", command=COMMAND, sources=())
    if creator != "pip":
        return None
    for one in tables_in(document.get("packages")):
        if table_in(one, "directory").get("path") in (".", "./"):
            words = ("pip", "lock", ".", *output)
            return Origin(tool="pip", command=" ".join(words), sources=(PYPROJECT,))
    names = {one.get("name") for one in tables_in(document.get("packages"))}
    for source in ("requirements.in", "requirements.txt"):
        required = required_by((source,), read)
        if required is not None and required.requirements:
            found = names_in(required)
            # pip does not say what it locked. Of several requirements, one at least is still
            # there if some have changed; if none is, the file is for something else.
            is_made_from = len(found) == 1 or bool(found & names)
            words = ("pip", "lock", "-r", source, *output)
            return Origin(
                tool="pip", command=" ".join(words), sources=(source,) if is_made_from else ()
            )
    return None


def refuse_outdated(
    packages: Sequence[Package], lock_file: LockFile, origin: Origin | None, read: ReadText
) -> None:
    """Compare a lock with what it was made from, if that is clear.

    Raises LockOutdated.
    """
    if origin is None or not origin.sources:
        return
    required = required_by(origin.sources, read, origin)
    versions: dict[str, set[LockedVersion]] = {}
    for package in packages:
        locked = LockedVersion(version=str(package.version or ""))
        versions.setdefault(package.name, set()).add(locked)
    found = differences(required, versions, lock_file.file) if required else ()
    if found:
        raise lock_file.outdated(found)


def refuse_outdated_for_pdm(
    packages: Sequence[Package],
    pins: Sequence[Pin],
    lock_file: LockFile,
    own: Document,
    read: ReadText,
) -> None:
    """Compare a lock with pyproject.toml as PDM does, by a hash or by what it has recorded.

    `pins` are the packages that it takes from the app, and `own` is PDM's table in it.

    Raises LockOutdated.
    """
    folder = posixpath.dirname(lock_file.file)
    made_from = posixpath.join(folder, PYPROJECT)
    lock_file = replace(lock_file, made_from=made_from)
    project = document_at(read, made_from)
    digest = table_in(own, "hashes").get("sha256")
    places = [pin.source.path for pin in pins if isinstance(pin.source, FromPath)]
    if "lock_inputs" in own:
        is_fitting = fits_inputs(own["lock_inputs"], project)
    else:
        is_fitting = digest is None or digest in content_hashes(project, folder, read, places)
    if project and not is_fitting:
        texts = [text for group in requirements_by_group(project).values() for text in group]
        versions: dict[str, list[str]] = {}
        for package in packages:
            known = [str(package.version)] if package.version else []
            versions.setdefault(package.name, []).extend(known)
        found = tuple(lock_file.differences(texts, versions))
        if found or not has_patterns(project):
            raise lock_file.outdated(found)


def overrides_metadata(origin: Origin | None, read: ReadText) -> bool:
    """Return whether the tool replaces or leaves out what packages require."""
    document = document_at(read, PYPROJECT)
    uv = {**table_in(document, "tool", "uv"), **document_at(read, UV_TOML)}
    pdm = table_in(document, "tool", "pdm", "resolution")
    keys = ("override-dependencies", "exclude-dependencies", "dependency-metadata")
    return (
        any(uv.get(key) for key in keys)
        or any(pdm.get(key) for key in ("overrides", "excludes"))
        or (origin is not None and origin.is_partial)
    )


def document_at(read: ReadText, file: str) -> Document:
    """Parse a file of the app; empty if it is missing, or if it is not TOML."""
    try:
        return parse_toml(read(file) or "", file)
    except BuildStopped:
        return {}  # another step reads it, and stops
