"""The scripts of a virtual environment, each finding the Python in its own folder."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping

# The kernel takes no relative path after `#!`, so sh starts the Python of the script's own
# folder; for Python the same two lines are a string. uv and distlib do the same:
# https://github.com/astral-sh/uv/issues/3587
_START = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"
' '''
"""
_BODY = """\
import sys
from {module} import {name}
if __name__ == '__main__':
    sys.argv[0] = sys.argv[0].removesuffix('.exe')
    sys.exit({attribute}())
"""

# What installers write: the interpreter itself, or sh if its path is too long or has a space.
_PLAIN = re.compile(rb"#!(?P<python>[^\n]*/python[0-9.]*)[ \t]*\r?\n")
_BY_SH = re.compile(
    rb"#!/bin/sh\n'''exec' (?P<python>[^\n]*/python[0-9.]*[\"']?) [^\n]*\n' '''\n"
)
_ENTRY_POINT = re.compile(
    r"(?P<module>[\w.]+)\s*:\s*(?P<attribute>(?P<name>\w+)[\w.]*)\s*(?:\[.*\])?"
)


def console_scripts(entry_points: str) -> Mapping[str, bytes]:
    """Write the scripts that an entry_points.txt declares: name -> content.

    Each installer has a text of its own for them; this one is the same for all.

    https://packaging.python.org/en/latest/specifications/entry-points/
    """
    parser = configparser.RawConfigParser(delimiters="=", strict=False)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # as documented
    try:
        parser.read_string(entry_points)
    except configparser.Error:
        return {}
    scripts = {}
    for section in ("console_scripts", "gui_scripts"):
        for script, target in parser.items(section) if parser.has_section(section) else ():
            found = _ENTRY_POINT.fullmatch(target.strip())
            if found:
                scripts[script] = _START + _BODY.format(**found.groupdict()).encode()
    return scripts


def relocatable(content: bytes, bin_folder: str) -> bytes | None:
    """Rewrite any other script of the environment; None for a file that is not one."""
    for pattern in (_BY_SH, _PLAIN):
        found = pattern.match(content)
        if found and bin_folder.encode() in found["python"]:
            return _START + content[found.end() :]
    return None
