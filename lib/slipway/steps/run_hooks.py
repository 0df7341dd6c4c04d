"""Run the app's own scripts like classic platforms: in the app's folder, without arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from slipway.effects import Effects
from slipway.effects.files import first_line
from slipway.effects.processes import Command, describe_exit
from slipway.errors.app import HookFailed
from slipway.errors.stopped import CommandFailed


def run_hook(hook: str, app: Path, variables: Mapping[str, str], effects: Effects) -> None:
    """Run a script if the app has it, and log its output.

    Raises HookFailed.
    """
    if not (app / hook).is_file():
        return
    effects.console.header(f"Running {hook}")
    argv = _argv(app / hook)
    command = Command(argv=argv, cwd=app, env=variables, shown=hook)
    try:
        effects.processes.run(command, on_line=effects.console.output, doing=f"running {hook}")
    except CommandFailed as error:
        raise HookFailed(hook=hook, reason=describe_exit(error.status)) from error
    except OSError as error:
        reason = f"could not be started: {argv[0]}: {error.strerror}"
        raise HookFailed(hook=hook, reason=reason) from error


def _argv(script: Path) -> list[str]:
    """Return the command for a script: with the interpreter in its #! line, else with bash.

    Other platforms make the file executable; Slipway does not change its mode.
    """
    first = first_line(script)
    if first.startswith(b"\x7fELF"):
        return [str(script)]
    if first.startswith(b"#!") and first[2:].strip():
        # At most one argument: https://man7.org/linux/man-pages/man2/execve.2.html
        return [*os.fsdecode(first[2:].strip()).split(None, 1), str(script)]
    return ["bash", str(script)]
