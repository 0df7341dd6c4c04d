"""Read and write TOML, also with Python 3.10, whose standard library has no tomllib."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from slipway.domain.merge_conflicts import conflict_in
from slipway.errors.app import FileNotToml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Document = dict[str, Any]

_LONG = "A number in it is too long"
_LONG_HEX = re.compile(r"0[xob][0-9A-Fa-f_]{1000}")
# The parser takes quadratic time for such a key.
_LONG_KEY = re.compile(r"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){100}")
_MOST_BITS = 10_000


def parse_toml(text: str, file: str) -> Document:
    """Parse TOML.

    Raises FileNotToml, with the parser's reason.
    """
    # The pattern is slow for large locks, and their lines have few dots.
    if any(line.count(".") >= 99 and _LONG_KEY.search(line) for line in text.split("\n")):
        raise FileNotToml(file=file, reason="A key in it has too many parts")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileNotToml(file=file, reason=str(error), conflict=conflict_in(text)) from None
    except RecursionError:
        raise FileNotToml(file=file, reason="Its values are nested too deeply") from None
    except ValueError:
        raise FileNotToml(file=file, reason=_LONG) from None
    if _LONG_HEX.search(text) and _has_long_number(document):
        raise FileNotToml(file=file, reason=_LONG)
    return document


def _has_long_number(document: Document) -> bool:
    """Tell whether a number has more digits than Python writes in decimal."""
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
            return True
    return False


def table_in(document: Mapping[str, Any], *names: str) -> Document:
    """Return a table in a table; empty if there is none, or if it is not a table."""
    table = {**document}
    for name in names:
        inner = table.get(name)
        if not isinstance(inner, dict):
            return {}
        table = inner
    return table


def tables_in(value: object) -> list[Document]:
    """Return the tables of a list; none if it is not a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts_in(value: object) -> tuple[str, ...]:
    """Return the texts of a list; none if it is not a list."""
    return (
        tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
    )


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


def inline(value: object) -> str:
    """Render a value in one line, tables and lists included.

    Keys are written as they are, so they must be bare keys.
    """
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {inline(one)}' for key, one in value.items())} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(inline, value))}]"
    return str(value)
