"""Read and write TOML, also with Python 3.10, whose standard library has no tomllib."""

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
    """Parse TOML.

    Raises FileNotToml, with the parser's reason.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileNotToml(file=file, reason=str(error)) from None


def table_in(document: Mapping[str, Any], *names: str) -> Document:
    """Return a table in a table; empty if there is none, or if it is not a table."""
    table = {**document}
    for name in names:
        inner = table.get(name)
        if not isinstance(inner, dict):
            return {}
        table = inner
    return table


def render_toml(document: Mapping[str, object]) -> str:
    """Render a document as TOML 1.0; parsing it gives an equal document."""
    import toml  # most builds only read TOML

    encoder: toml.TomlEncoder[dict[str, object]] = toml.TomlEncoder()
    encoder.dump_funcs[str] = _quoted
    return toml.dumps(dict(document), encoder=encoder)


def _quoted(text: str) -> str:
    """Quote a string as JSON does, because toml 0.10.2 fails on a backslash before an x.

    TOML has to escape one character more than JSON: https://toml.io/en/v1.0.0#string.
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
