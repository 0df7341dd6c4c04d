"""Process types: those of the app's Procfile, or Slipway's defaults.

The default commands have only plain words and variables, because herokuish splits a command
after `eval echo`. `$PORT` stays as it is: each platform fills it in when the process starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from slipway.domain.web.launch import WebApplication

_ENTRY = re.compile(r"(?P<type>[A-Za-z0-9_-]+):\s*(?P<command>.+)")
_BIND = "--bind 0.0.0.0:$PORT"


def parse_procfile(text: str) -> dict[str, str]:
    """Parse a Procfile as herokuish does: the first of a name counts, `#` lines do not."""
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        entry = _ENTRY.fullmatch(line.strip())
        if entry:
            found.setdefault(entry["type"], entry["command"])
    return found


def default_processes(web: WebApplication | None, manage: str | None) -> dict[str, str]:
    """Return the process types of an app without a Procfile; `manage` is Django's manage.py."""
    processes: dict[str, str] = {}
    if web:
        chdir = f"--chdir {web.folder} " if web.folder else ""
        processes["web"] = f"gunicorn {_BIND} {chdir}{web.target}"
    if manage:
        processes["release"] = f"python {manage} migrate --noinput"
        processes["manage"] = f"python {manage}"
    return processes


def render_procfile(processes: Mapping[str, str]) -> str:
    """Write one line for each process type; `parse_procfile` reads it back."""
    return "".join(f"{name}: {command}\n" for name, command in processes.items())


def render_release(processes: Mapping[str, str]) -> str:
    """Render the YAML that `bin/release` prints; JSON's quoting is also valid YAML."""
    if not processes:
        return ""
    entries = "".join(
        f"  {name}: {json.dumps(command)}\n" for name, command in processes.items()
    )
    return f"---\ndefault_process_types:\n{entries}"
