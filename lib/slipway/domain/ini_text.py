"""Read configuration files in the INI format."""

from __future__ import annotations

import re
from configparser import RawConfigParser

_SPACE = re.compile(r"[^\S\n]{100,}")


def read_ini(parser: RawConfigParser, text: str) -> None:
    """Read a text with a parser.

    Long runs of blanks are shortened: the parser takes quadratic time for them.

    Raises configparser.Error.
    """
    parser.read_string(_SPACE.sub(" " * 100, text))
