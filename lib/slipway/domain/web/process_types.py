"""Process types: the user's Procfile, or the default one in plain words.

Plain words and variables only, because herokuish splits a command after `eval echo`, and
`$PORT` is left as it is, because each platform fills it in when the process starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from slipway.domain.web.launch import WebApplication

_ENTRY = re.compile(r"(?P<type>[A-Za-z0-9_-]+):\s*(?P<command>.+)")
_BIND = "--bind 0.0.0.0:$PORT"


def parse_procfile(text: str) -> dict[str, str]:
    """Read process types as herokuish does: the first of a name counts, `#` lines do not."""
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        entry = _ENTRY.fullmatch(line.strip())
        if entry:
            found.setdefault(entry["type"], entry["command"])
    return found


def default_processes(web: WebApplication | None, manage: str | None) -> dict[str, str]:
    """Say how an app without a Procfile is started; `manage` is Django's manage.py."""
    processes: dict[str, str] = {}
    if web:
        chdir = f"--chdir {web.folder} " if web.folder else ""
        processes["web"] = f"gunicorn {_BIND} {chdir}{web.target}"
    if manage:
        processes["release"] = f"python {manage} migrate --noinput"
        processes["manage"] = f"python {manage}"
    return processes


def render_procfile(processes: Mapping[str, str]) -> str:
    """Write a line a process type; `parse_procfile` reads it back."""
    return "".join(f"{name}: {command}\n" for name, command in processes.items())


def render_release(processes: Mapping[str, str]) -> str:
    """Write what `bin/release` prints; quoted as JSON, which is YAML too."""
    if not processes:
        return ""
    entries = "".join(
        f"  {name}: {json.dumps(command)}\n" for name, command in processes.items()
    )
    return f"---\ndefault_process_types:\n{entries}"
