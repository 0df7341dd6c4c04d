"""Find headers that are on the image, but not in a folder where compilers look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from slipway.effects.files import walk
from slipway.errors.building import HeaderMissing
from slipway.errors.stopped import BuildStopped

_ROOTS = (Path("/usr/include"), Path("/usr/local/include"))
"""Where Debian packages and `make install` put headers, mostly in folders of their own."""
_OF_PROCESSOR = re.compile(r"\w+-linux-gnu\w*")
"""As in /usr/include/x86_64-linux-gnu, where compilers look as well."""

Error = TypeVar("Error", bound="BuildStopped | None")


def look_elsewhere(error: Error, roots: Sequence[Path] = _ROOTS) -> Error:
    """Add the folder of a missing header to its error, if the image has one."""
    if isinstance(error, HeaderMissing):
        error.found_in = next(_folders_with(error.header, roots), "")
    return error


def _folders_with(header: str, roots: Sequence[Path]) -> Iterator[str]:
    for root in roots:
        for path in walk(root) if root.is_dir() else ():
            folder, found, _ = str(path).rpartition(f"/{header}")
            is_searched = Path(folder) == root or _OF_PROCESSOR.fullmatch(Path(folder).name)
            if found and str(path).endswith(found) and not is_searched:
                yield folder
