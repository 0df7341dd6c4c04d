"""Run the app's own scripts as classic platforms do: in the app's folder, without arguments."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.processes import Command, lacks_shebang
from slipway.errors import CommandFailed, HookFailed


def run_hook(app: Path, hook: str, variables: Mapping[str, str], effects: Effects) -> None:
    """Run one script, its output indented beneath its name.

    Raises HookFailed.
    """
    effects.console.header(f"Hook {hook}")
    for argv in _ways_to_start(app / hook):
        command = Command(argv=argv, cwd=app, env=variables, shown=hook)
        try:
            effects.processes.run(command, on_line=effects.console.output, doing=hook)
            return
        except CommandFailed as error:
            raise HookFailed(hook=hook, reason=_ended(error.status)) from error
        except OSError as error:
            if not lacks_shebang(error):
                raise HookFailed(hook=hook, reason=error.strerror or str(error)) from error


def _ways_to_start(script: Path) -> list[list[str]]:
    """Start an executable as the kernel does; any other script by its first line, or bash.

    Platforms make it executable instead, but the file is the user's.
    """
    by_bash = ["bash", str(script)]
    if os.access(script, os.X_OK):
        return [[str(script)], by_bash]
    with script.open("rb") as stream:
        first = stream.readline(256)
    if first.startswith(b"#!"):
        return [[*shlex.split(os.fsdecode(first[2:].strip())), str(script)]]
    return [by_bash]


def _ended(status: int) -> str:
    return f"it ended with status {status}" if status >= 0 else f"signal {-status} ended it"
