"""Config variables as platforms pass them to a build: a folder with a file for each."""

from __future__ import annotations

import os
from pathlib import Path

from slipway.domain.redaction import Secrets
from slipway.effects.files import unreadable
from slipway.effects.reading import NotReadable, read_bytes

_MOST = 128 * 1024 - 2
"""Bytes of a name and its value: Linux starts no process with a longer variable, in which `=`
and a null byte count too (MAX_ARG_STRLEN in execve(2))."""


def read_config_vars(
    folder: Path, secrets: Secrets, kind: str = "The config variable"
) -> dict[str, str]:
    """Read each file without trailing newlines, as a shell's `$(cat ...)` does.

    Anything else than a file is not a variable. What is secret in the values is added to
    `secrets`. Errors call the variables `kind`.

    Raises FileUnreadable, also for a variable that is too long for any process.
    """
    if not folder.is_dir():
        return {}
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    found = {path.name: _value(path, kind) for path in files}
    secrets.learn_variables(found)
    return found


def _value(path: Path, kind: str) -> str:
    try:
        content = read_bytes(path, _MOST - len(os.fsencode(path.name)))
    except NotReadable as error:
        raise unreadable(error, f"{kind} {path.name}") from None
    return os.fsdecode(content).rstrip("\n").replace("\0", "")
