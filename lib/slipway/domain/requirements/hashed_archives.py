"""Archives with hashes among an app's requirements, which are fetched before all else.

Their addresses may have a password or a token. pip and uv write an address that they install
from into the virtual environment, so these archives are installed from a local file.
https://packaging.python.org/en/latest/specifications/direct-url/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from urllib.parse import unquote

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name

from slipway.domain.locks.brought import FromAddress, Pin
from slipway.domain.packaging_text import parse_sdist_name, parse_wheel_name
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import Line, LineKind, marker_applies
from slipway.domain.requirements.lock import without_hashes

_ON_SERVER = re.compile(r"https?://", re.IGNORECASE)
_BEFORE_MARKER = re.compile(r"\s;|;\s")


def with_hashed_archives(
    dependencies: Dependencies, markers: Mapping[str, str], vendored: Collection[str]
) -> Dependencies:
    """Return an app's hashed requirements with a pin for each archive among them.

    The lines of these archives get the name of their package, if only the name of the file has
    it. Those with other options, or whose name is not known, stay as they are. `vendored`
    has the names of packages that are used instead of any other.
    """
    if dependencies.lock is not None or not dependencies.is_hashed:
        return dependencies
    lines, pins = [], {}
    for line in dependencies.requirements:
        name, address = line.name or _name_in(line.value), _address(line)
        is_archive = line.kind is LineKind.DIRECT and _ON_SERVER.match(line.value) and address
        if name and is_archive and name not in vendored:
            lines.append(replace(line, name=name))
            if marker_applies(line.marker, markers):
                source = FromAddress(address=address)
                pins[name] = Pin(name=name, source=source, hashes=tuple(sorted(line.hashes)))
        else:
            lines.append(line)
    found = tuple(pins[name] for name in sorted(pins))
    return replace(dependencies, requirements=tuple(lines), pins=found)


def line_of_archive(pin: Pin, dependencies: Dependencies) -> Line:
    """Return the line of the app that a pin of `with_hashed_archives` is made of."""
    return next(line for line in dependencies.requirements if line.name == pin.name)


def _address(line: Line) -> str:
    """Return the address as it was written, variables not filled in; empty if unclear."""
    text = without_hashes(line)
    if not _ON_SERVER.match(text):
        text = text.partition("@")[2].strip() or text
    address = _BEFORE_MARKER.split(text, maxsplit=1)[0].strip()
    return "" if re.search(r"\s", address) else address


def _name_in(address: str) -> str:
    """Return the normalized name in the name of a file; empty if it has none."""
    file = posixpath.basename(unquote(re.split(r"[?#]", address, maxsplit=1)[0]))
    try:
        parsed = parse_wheel_name if file.endswith(".whl") else parse_sdist_name
        return canonicalize_name(parsed(file)[0])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
