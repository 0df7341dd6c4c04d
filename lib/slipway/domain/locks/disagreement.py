"""Compare what two locks of an app pin, without reading the second one as its tool does.

The second lock may be out of date or broken, and must not stop a build that does not use it.
All tools write the name and the version of a package on two lines, so a pattern finds them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.locks.brought import Pin
from slipway.domain.packaging_text import parse_version
from slipway.domain.toml_text import table_in

_IN_TOML = re.compile(
    r'^name = "([^"\n]{1,200})"\r?\nversion = "([^"\n]{1,200})"', re.MULTILINE
)
_IN_REQUIREMENTS = re.compile(
    r"^[ \t]*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]\n]*\])?"
    r"[ \t]*={2,3}[ \t]*([^\s;#,\\]+)",
    re.MULTILINE,
)


def pinned_versions(text: str, file: str) -> Mapping[str, frozenset[str]]:
    """Map the normalized names of the packages in a lock to their versions; `file` is its name.

    A requirements file counts as a lock of what has `==`. A broken file has no packages.
    """
    found: Iterable[tuple[str, str]]
    if file.endswith("Pipfile.lock"):
        found = _of_pipenv(text)
    elif file.endswith((".toml", ".lock")):
        found = _IN_TOML.findall(text)
    else:
        lines = _IN_REQUIREMENTS.findall(text)
        found = [(name, version) for name, version in lines if "*" not in version]
    versions: dict[str, set[str]] = {}
    for name, version in found:
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return {name: frozenset(ones) for name, ones in versions.items()}


def _of_pipenv(text: str) -> Iterator[tuple[str, str]]:
    document: object = None
    with suppress(ValueError, RecursionError):
        document = json.loads(text)
    packages = table_in(document, "default") if isinstance(document, dict) else {}
    for name, entry in packages.items():
        version = entry.get("version") if isinstance(entry, dict) else None
        if isinstance(version, str) and version.startswith("=="):
            yield name, version.lstrip("=")


def differences(
    pins: Iterable[Pin], other: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str, str]]:
    """Yield the name and both versions of each package that two locks pin differently."""
    for pin in pins:
        versions = other.get(pin.name)
        if pin.version and versions and not any(_is_same(pin.version, one) for one in versions):
            yield pin.name, pin.version, " or ".join(sorted(versions))


def _is_same(one: str, other: str) -> bool:
    try:
        return parse_version(one) == parse_version(other)
    except InvalidVersion:
        return one == other
