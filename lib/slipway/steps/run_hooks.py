"""Run the app's own scripts as classic platforms do: in the app's folder, without arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.files import first_line
from slipway.effects.processes import Command
from slipway.errors.app import HookFailed
from slipway.errors.stopped import CommandFailed


def run_hook(hook: str, app: Path, variables: Mapping[str, str], effects: Effects) -> None:
    """Run one script if the app has it, its output indented beneath its name.

    Raises HookFailed.
    """
    if not (app / hook).is_file():
        return
    effects.console.header(f"Hook {hook}")
    argv = _argv(app / hook)
    command = Command(argv=argv, cwd=app, env=variables, shown=hook)
    try:
        effects.processes.run(command, on_line=effects.console.output, doing=hook)
    except CommandFailed as error:
        raise HookFailed(hook=hook, reason=_ended(error.status)) from error
    except OSError as error:
        reason = f"{argv[0]} cannot be started ({error.strerror})"
        raise HookFailed(hook=hook, reason=reason) from error


def _argv(script: Path) -> list[str]:
    """Start a script by its first line as the kernel does, or by bash if it has none.

    Other platforms make the file executable; here it stays as the user has it.
    """
    first = first_line(script)
    if first.startswith(b"\x7fELF"):
        return [str(script)]
    if first.startswith(b"#!") and first[2:].strip():
        # One argument at the most: https://man7.org/linux/man-pages/man2/execve.2.html
        return [*os.fsdecode(first[2:].strip()).split(None, 1), str(script)]
    return ["bash", str(script)]


def _ended(status: int) -> str:
    return f"it ended with status {status}" if status >= 0 else f"signal {-status} ended it"
