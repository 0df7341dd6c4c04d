"""Shell scripts of an app that a process type starts, and what they start in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

from slipway.domain.web.programs import Started, joined, started_programs
from slipway.domain.web.shell_commands import ShellSyntaxError

_SHELLS = frozenset({"bash", "dash", "sh"})
_LARGEST_SCRIPT = 20_000
"""Letters; more is not a script that only starts a server."""
_SHEBANG = re.compile(r"#![ \t]*/\S*?(?:/env[ \t]+)?(?<=[/ \t])(?:bash|dash|sh)\b")


def started_through_scripts(line: str, read: Callable[[str], str | None]) -> Iterator[Started]:
    """Yield the programs that a line starts, also through a script of the shell.

    `read` returns the text of a file of the app; None if there is none.

    Raises ShellSyntaxError for the line, but not for a script.
    """
    for started in started_programs(line):
        yield started
        yield from started_by_script(started, read)


def started_by_script(started: Started, read: Callable[[str], str | None]) -> Iterator[Started]:
    """Yield the programs that a script starts, if `started` is one of the shell."""
    path = script_of(started)
    text = read(path) if path else None
    if text is None or len(text) > _LARGEST_SCRIPT:
        return
    if not _names_shell(started) and not _SHEBANG.match(text):
        return
    with suppress(ShellSyntaxError):
        for inner in started_programs(text):
            yield inner._replace(
                folder=joined(started.folder, inner.folder),
                variables=started.variables | inner.variables,
            )


def scripts_of(line: str, read: Callable[[str], str | None]) -> Iterator[str]:
    """Yield the texts of the scripts that a line starts, without those that cannot be read.

    Raises ShellSyntaxError for the line.
    """
    for started in filter(_names_shell, started_programs(line)):
        path = script_of(started)
        text = read(path) if path else None
        if text is not None and len(text) <= _LARGEST_SCRIPT:
            with suppress(ShellSyntaxError):
                started_programs(text)
                yield text


def script_of(started: Started) -> str | None:
    """Return the path of what may be a shell script; None if it is not in the app."""
    first = next(iter(started.arguments), None)
    if started.program in _SHELLS and first and not first.startswith("-"):
        return joined(started.folder, first)
    is_path = "/" in started.program or started.program.endswith(".sh")
    return joined(started.folder, started.program) if is_path else None


def _names_shell(started: Started) -> bool:
    return started.program in _SHELLS or started.program.endswith(".sh")
