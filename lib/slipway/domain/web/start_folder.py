"""Lines of a Procfile that start in a folder of the repository, written for its top.

A platform starts each line in the folder that it has deployed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from shlex import quote

from slipway.domain.web.shell_commands import (
    BUILTINS,
    ShellSyntaxError,
    SimpleCommand,
    Word,
    read_shell_line,
)

_EXPANDED = re.compile(r"[`*?\[]|\$\(|[<>]\(")
"""Substitutions and patterns, which the shell expands in the folder where it starts."""


def start_in(folder: str, processes: Mapping[str, str]) -> dict[str, str]:
    """Return process types whose lines, started at the top, run in a folder; "" is the top."""
    if not folder:
        return dict(processes)
    return {name: _start_in(folder, line) for name, line in processes.items()}


def needs_shell(line: str) -> bool:
    """Return whether only a shell starts a line in another folder."""
    return _simple_command(line) is None


def _start_in(folder: str, line: str) -> str:
    """Put `env -C FOLDER` in front of the program of a line, or `cd FOLDER;` before it all.

    `env` is a plain word, which platforms understand that do not use a shell, and the program
    replaces it: https://www.gnu.org/software/coreutils/env. What a shell expands in the folder,
    such as `*.py`, or does itself, such as `&&`, needs the other form.
    """
    command = _simple_command(line)
    if command is None:
        return f"cd {quote(folder)}; {line}"
    has_exec = command.program == "exec"
    program = command.words[1 if has_exec else 0]
    before, assigned = line[command.start : program.start], ""
    if command.assignments and all(word.value is not None for word in command.assignments):
        # Platforms without a shell understand assignments only as arguments of `env`.
        before = "exec " if has_exec else ""
        assigned = f"{line[command.start : command.assignments[-1].end]} "
    return f"{before}env -C {quote(folder)} {assigned}{line[program.start :]}"


def _simple_command(line: str) -> SimpleCommand | None:
    """Return the command of a line that only starts a program; None for other lines."""
    try:
        shell = read_shell_line(line)
    except ShellSyntaxError:
        return None
    if len(shell.pipelines) != 1 or shell.ends_in_background or shell.pipelines[0].prefix:
        return None
    [command, *others] = shell.pipelines[0].commands
    if others or not isinstance(command, SimpleCommand) or command.has_redirections:
        return None
    if any(map(_depends_on_folder, (*command.assignments, *command.words))):
        return None
    words = [word.value for word in command.words]
    if words[:1] == ["exec"]:
        del words[0]
    is_program = (
        words and words[0] and words[0] not in BUILTINS and not words[0].startswith("-")
    )
    return command if is_program and "=" not in (words[0] or "") else None


def _depends_on_folder(word: Word) -> bool:
    return word.value is None and _EXPANDED.search(word.text) is not None
