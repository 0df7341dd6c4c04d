"""Console scripts that find their Python beside themselves, wherever they are."""

from __future__ import annotations

import base64
import hashlib
import re

# The kernel takes no relative path after `#!`, so sh starts the Python of the script's own
# folder; to Python the same two lines are a text that nobody reads. uv and distlib do so too:
# https://github.com/astral-sh/uv/issues/3587
_START = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"
' '''
"""

# What pip writes: the interpreter itself, or sh where its path is too long or has a space.
_PLAIN = re.compile(rb"#!(?P<python>[^\n]*/python[0-9.]*)[ \t]*\r?\n")
_BY_SH = re.compile(
    rb"#!/bin/sh\n'''exec' (?P<python>[^\n]*/python[0-9.]*[\"']?) [^\n]*\n' '''\n"
)

# What uv writes behind the first line, and what pip does; on Linux they mean the same.
_BY_UV = re.compile(
    rb"# -\*- coding: utf-8 -\*-\n(?P<imports>import sys\nfrom [^\n]+ import [^\n]+\n)"
    rb'if __name__ == "__main__":\n    if sys\.argv\[0\]\.endswith\("-script\.pyw"\):\n'
    rb"        sys\.argv\[0\] = sys\.argv\[0\]\[:-11\]\n    elif [^\n]+\n"
    rb"        sys\.argv\[0\] = sys\.argv\[0\]\[:-4\]\n(?P<call>    sys\.exit\([^\n]+\)\n)\Z"
)
_BY_PIP = (
    rb"\g<imports>if __name__ == '__main__':\n"
    rb"    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n\g<call>"
)


def as_pip_writes_it(content: bytes) -> bytes:
    """Give a console script that uv wrote in the words that pip has for it."""
    return _BY_UV.sub(_BY_PIP, content)


def relocatable(content: bytes, bin_folder: str) -> bytes | None:
    """Rewrite a script of the environment; None for a file that is not one."""
    for pattern in (_BY_SH, _PLAIN):
        found = pattern.match(content)
        if found and bin_folder.encode() in found["python"]:
            return _START + content[found.end() :]
    return None


def record_entry(path: str, content: bytes) -> str:
    """Write a file's line of RECORD.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"{path},sha256={digest.decode()},{len(content)}"


def update_record(record: str, changed: dict[str, bytes | None]) -> str:
    """Correct the lines of files that were rewritten, and drop those that are gone (None)."""
    lines = []
    for line in record.splitlines():
        path = line.rsplit(",", 2)[0]
        content = changed.get(path, b"")
        if path not in changed:
            lines.append(line)
        elif content is not None:
            lines.append(record_entry(path, content))
    return "".join(f"{line}\n" for line in lines)


def record_as_pip_writes_it(record: str, changed: dict[str, bytes | None]) -> str:
    """Do the same, and end lines as pip does."""
    return update_record(record, changed).replace("\n", "\r\n")
