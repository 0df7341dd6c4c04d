"""What makes a build give the same bytes each time, wherever and whenever it runs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

REPRODUCIBLE: Mapping[str, str] = {
    # The date that hatchling itself takes: https://reproducible-builds.org/specs/source-date-epoch/
    "SOURCE_DATE_EPOCH": "1580601600",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}

_COMPILERS = ("CFLAGS", "CXXFLAGS", "FFLAGS")


def compiler_variables(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Keep the place of a build out of what compilers write, beside the user's own flags.

    https://reproducible-builds.org/docs/build-path/
    """
    option = shlex.quote(f"-ffile-prefix-map={folder}=.")
    variables = {name: f"{environment.get(name, '')} {option}".strip() for name in _COMPILERS}
    if " " not in str(folder):  # RUSTFLAGS knows no quotes
        rust = f"{environment.get('RUSTFLAGS', '')} --remap-path-prefix={folder}=."
        variables["RUSTFLAGS"] = rust.strip()
    return variables
