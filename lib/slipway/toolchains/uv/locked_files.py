"""Read where the files of locked packages are, from what `uv pip compile` writes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain.locks.written import IndexFile
from slipway.domain.toml_text import parse_toml

_PIN = re.compile(r"^(?P<name>[^\s=#;]+)==")
_INDEX = re.compile(r"^\s+# from (?P<index>\S+)")


def locked_files(text: str, indexes: Mapping[str, str]) -> Mapping[str, Sequence[IndexFile]]:
    """Return the files in a pylock.toml of uv, by the name of their package.

    Only files with a hash count: no other file can be locked.
    """
    found: dict[str, list[IndexFile]] = {}
    for package in parse_toml(text, "pylock.toml").get("packages", ()):
        name = canonicalize_name(package["name"])
        for file in (*filter(None, [package.get("sdist")]), *package.get("wheels", ())):
            sha256 = file.get("hashes", {}).get("sha256")
            path = file.get("path")
            address = file.get("url") or (path and Path(path).as_uri())
            if sha256 and address:
                one = IndexFile(
                    address=address,
                    sha256=sha256,
                    index=indexes.get(name, ""),
                )
                found.setdefault(name, []).append(one)
    return found


def indexes_in(text: str) -> Mapping[str, str]:
    """Return the index of each package in a requirements file with annotations of indexes."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        pin, index = _PIN.match(line), _INDEX.match(line)
        if pin:
            name = canonicalize_name(pin["name"])
        elif index and not index["index"].startswith("file:"):
            found[name] = index["index"]
    return found
