"""Tell whether what a lock has of a package is what a requirement asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs, unquote, urlsplit

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from slipway.domain.addresses import VCS
from slipway.domain.locks.markers import is_possible, when
from slipway.domain.packaging_text import parse_requirement, parse_version
from slipway.domain.python.series import MINORS
from slipway.domain.requirements.lines import Line, LineKind

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HERE = "sys_platform == 'linux' and implementation_name == 'cpython'"
_PYTHONS = f">={MINORS[-1]},<4"
"""What Slipway may build an app for."""


@dataclass(frozen=True, kw_only=True)
class LockedVersion:
    """What a lock has of a package, once for each environment that it tells apart."""

    version: str
    """Empty if any version may be meant."""
    address: str | None = None
    """Where it comes from; empty for an index, None if that is not compared."""
    marker: str = ""


def locked_by(lines: Iterable[Line]) -> dict[str, tuple[LockedVersion, ...]]:
    """Map the name of each line of a requirements file to what it pins; `` for no name."""
    found: dict[str, list[LockedVersion]] = {}
    for line in lines:
        if line.name or address_of(line):
            one = LockedVersion(
                version=_pinned(line),
                address=None if line.local_path else address_of(line),
                marker=line.marker,
            )
            found.setdefault(line.name or "", []).append(one)
    return {name: tuple(ones) for name, ones in found.items()}


def address_of(line: Line) -> str:
    """Return the address that a line requires; empty for a path, and for a name alone."""
    is_address = line.kind is LineKind.DIRECT and line.local_path is None
    return line.value if is_address else ""


def specifiers_of(line: Line) -> SpecifierSet | None:
    """Return the versions that a line allows; None for an address."""
    if line.kind is not LineKind.NAMED:
        return None
    try:
        return parse_requirement(line.text.partition(" --hash")[0].strip()).specifier
    except InvalidRequirement:
        return None  # such as one with options, or with variables


def _pinned(line: Line) -> str:
    for one in specifiers_of(line) or ():
        if one.operator in ("==", "==="):
            try:
                parse_version(one.version)
            except InvalidVersion:
                continue  # such as `1.*`
            return one.version
    return ""


def relevant(pins: Iterable[LockedVersion]) -> Sequence[LockedVersion]:
    """Return those that may be installed in an app that Slipway builds."""
    return [pin for pin in pins if _can_apply(pin.marker)]


@cache
def _can_apply(marker: str) -> bool:
    try:
        return not marker or is_possible(when(marker) & when(_HERE), _PYTHONS)
    except InvalidMarker:  # a name of an extra with odd characters
        return True


def is_same_source(required: str, locked: str | None) -> bool:
    """Return whether a locked address can be what the tools make of a required one.

    uv replaces the branch or tag of a repository by its commit; pip-compile keeps it. Neither
    credentials nor what has variables is compared.
    """
    if locked is None or "${" in required or "${" in locked:
        return True
    try:
        place, ref = _parts(required)
        locked_place, locked_ref = _parts(locked)
    except ValueError:  # such as `https://[`
        return True
    if place != locked_place:
        return False
    if not ref or ref == locked_ref:
        return True
    is_commit = _COMMIT.fullmatch(locked_ref.lower()) is not None
    return is_commit and not _COMMIT.fullmatch(ref.lower())


def _parts(address: str) -> tuple[tuple[str, ...], str]:
    """Return the parts of an address without credentials, and the revision in a repository.

    Raises ValueError.
    """
    whole, _, fragment = address.partition("#")
    parts = urlsplit(whole)
    subfolder = parse_qs(fragment).get("subdirectory", [""])[0].strip("/")
    host = parts.netloc.rpartition("@")[2].lower()
    path, ref = unquote(parts.path), ""
    if parts.scheme.partition("+")[0] in VCS:
        if "@" in path:
            path, _, ref = path.rpartition("@")
        path = path.rstrip("/").removesuffix(".git")
    return (parts.scheme, host, path, parts.query, subfolder), ref
