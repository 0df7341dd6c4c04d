"""Limit the output of a tool before it is searched, because it can have any length."""

from __future__ import annotations

import re

_LONGEST = 20_000
"""Characters of a line: pip lists all versions of a package in one."""
_FIRST, _LAST = 100_000, 300_000
"""Characters: a tool says at the beginning what it does, and at the end what failed."""
_SPACE = re.compile(r"[ \t\f\v]{80,}")
_EMPTY_LINES = re.compile(r"\n(?:[ \t\r\f\v]*\n){4,}")


def bounded(output: str) -> str:
    """Cut long lines, and leave out the middle of a long output.

    The patterns that search it may then take quadratic time for a line, but not for all lines.
    """
    text = "\n".join(line[:_LONGEST] for line in output.split("\n"))
    if len(text) > _FIRST + _LAST:
        start, end = text.rfind("\n", 0, _FIRST), text.find("\n", len(text) - _LAST)
        text = f"{text[: max(start, 0)]}\n{text[end + 1 :]}"
    return _EMPTY_LINES.sub("\n\n\n", _SPACE.sub(" " * 80, text))
