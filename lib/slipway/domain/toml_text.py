"""TOML, read with the standard library's reader or the same one, and written as it reads it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
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


def render_toml(document: Mapping[str, object]) -> str:
    """Write a document that every reader of TOML 1.0 reads back as it was."""
    import toml  # most builds only read

    encoder: toml.TomlEncoder[dict[str, object]] = toml.TomlEncoder()
    encoder.dump_funcs[str] = _quoted
    return toml.dumps(dict(document), encoder=encoder)


def _quoted(text: str) -> str:
    """Quote as JSON does, in whose place toml 0.10.2 fails on a backslash before an x.

    https://toml.io/en/v1.0.0#string: one more character has to be escaped than in JSON.
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
