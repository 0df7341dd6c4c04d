"""Shell scripts of an app that a process type starts, and what they start in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from slipway.domain.web.programs import Started, joined, started_programs
from slipway.domain.web.shell_commands import ShellSyntaxError

_SHELLS = frozenset({"bash", "dash", "sh"})
_LARGEST_SCRIPT = 20_000
"""Letters; more is not a script that only starts a server."""


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
    path = _script(started)
    text = read(path) if path else None
    if text is None or len(text) > _LARGEST_SCRIPT:
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
    for path in map(_script, started_programs(line)):
        text = read(path) if path else None
        if text is not None and len(text) <= _LARGEST_SCRIPT:
            with suppress(ShellSyntaxError):
                started_programs(text)
                yield text


def _script(started: Started) -> str | None:
    """Return the path of the shell script that is started; None if it is not in the app."""
    first = next(iter(started.arguments), None)
    if started.program in _SHELLS and first and not first.startswith("-"):
        return joined(started.folder, first)
    return joined(started.folder, started.program) if started.program.endswith(".sh") else None
