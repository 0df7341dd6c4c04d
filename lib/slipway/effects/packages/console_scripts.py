"""Makes each script of a virtual environment run with the Python in the script's folder."""

from __future__ import annotations

import re
from collections.abc import Mapping

# A path after `#!` cannot be relative to the script, so sh starts the Python in the script's
# folder. For Python, the second and third line are a string. uv and distlib do the same:
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

# Installers write the interpreter itself, or sh if its path is too long or has a space.
_PLAIN = re.compile(rb"#!(?P<python>[^\n]*/python[0-9.]*)[ \t]*\r?\n")
_BY_SH = re.compile(
    rb"#!/bin/sh\n'''exec' (?P<python>[^\n]*/python[0-9.]*[\"']?) [^\n]*\n' '''\n"
)
_ENTRY_POINT = re.compile(
    r"(?P<module>[\w.]+)\s*:\s*(?P<attribute>(?P<name>\w+)(?:\.[\w.]*)?)\s*(?:\[.*\])?"
)
_GROUPS = ("console_scripts", "gui_scripts")


def console_scripts(entry_points: str) -> Mapping[str, bytes]:
    """Write the scripts that an entry_points.txt declares: name -> content.

    Each installer writes different text; this one is the same for all. As in
    importlib.metadata, each line stands for itself. configparser takes quadratic time for some
    files.

    https://packaging.python.org/en/latest/specifications/entry-points/
    """
    scripts, group = {}, ""
    for line in map(str.strip, entry_points.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif group in _GROUPS and not line.startswith(("#", ";")):
            script, _, target = line.partition("=")
            found = _ENTRY_POINT.fullmatch(target.strip())
            if found:
                content = _START + _BODY.format(**found.groupdict()).encode()
                scripts[script.rstrip()] = content
    return scripts


def relocatable(content: bytes, bin_folder: str) -> bytes | None:
    """Rewrite another script of the virtual environment; None if a file is not one."""
    for pattern in (_BY_SH, _PLAIN):
        found = pattern.match(content)
        if found and bin_folder.encode() in found["python"]:
            return _START + content[found.end() :]
    return None
