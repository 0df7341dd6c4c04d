"""Environment variables for the tools that download, resolve, build and install."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

DNS_OPTIONS: Mapping[str, str] = {
    # If several processes resolve names at once, some container networks lose an answer. The C
    # library would retry after 5 s: https://man7.org/linux/man-pages/man5/resolv.conf.5.html.
    "RES_OPTIONS": "timeout:1 attempts:5",
}
"""How to resolve the names of servers; the user's own variables win."""

REPRODUCIBLE: Mapping[str, str] = {
    # The date that hatchling itself takes: https://reproducible-builds.org/specs/source-date-epoch/
    "SOURCE_DATE_EPOCH": "1580601600",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
"""With these a build writes the same bytes whenever it runs."""

_COMPILER_FLAGS = ("CFLAGS", "CXXFLAGS", "FFLAGS")


def compiler_variables(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Keep the folder of a build out of what compilers write; the user's own flags are kept.

    https://reproducible-builds.org/docs/build-path/
    """
    option = shlex.quote(f"-ffile-prefix-map={folder}=.")
    variables = {
        name: f"{environment.get(name, '')} {option}".strip() for name in _COMPILER_FLAGS
    }
    if " " not in str(folder):  # RUSTFLAGS has no quotes
        rust = f"{environment.get('RUSTFLAGS', '')} --remap-path-prefix={folder}=."
        variables["RUSTFLAGS"] = rust.strip()
    return variables
