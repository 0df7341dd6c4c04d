"""TOML read with the standard library's reader, or with the same one where it has none."""

from __future__ import annotations

import sys
from typing import Any

from slipway.errors.app import FileNotToml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Document = dict[str, Any]


def parse_toml(text: str, file: str) -> Document:
    """Raise FileNotToml, with the place that the reader names."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileNotToml(file=file, reason=str(error)) from None
