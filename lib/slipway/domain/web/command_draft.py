"""A command of a Procfile while it is corrected, and what bash would start of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from slipway.domain.web.programs import FROM_BUILDPACKS, IN_FRONT, is_from_buildpack
from slipway.domain.web.shell_commands import (
    Pipeline,
    ShellSyntaxError,
    SimpleCommand,
    Word,
    read_shell_line,
)

PYTHON = re.compile(r"(.*/)?python[\d.]*")
_PREFIXES = frozenset(
    {"exec", "env", "nohup", "setsid", "command", "ddtrace-run", "opentelemetry-instrument"}
    | {"dumb-init", "tini", "newrelic-admin", "run-program", "run-python", "--"}
)
"""Words before the name of the program that counts."""
_WITHOUT_PORT = FROM_BUILDPACKS - IN_FRONT
"""The same, of other buildpacks; behind the others, a server may listen anywhere."""


@dataclass(frozen=True, kw_only=True)
class App:
    """What the advice for a line depends on, apart from the line."""

    processes: Mapping[str, str]
    """All process types of the Procfile, with their commands."""
    default: Callable[[], str | None]
    """Returns the command with which Slipway would start the process `web`; None for none."""
    modern: Callable[[str], str | None]
    """Returns a command with today's Gunicorn instead of its old commands; None if unclear."""
    packages: Collection[str]
    """The packages that the app requires."""
    folder: str
    """The folder of the Procfile, with a slash; empty at the top of the repository."""


@dataclass(kw_only=True)
class Draft:
    """A command that rules change until it has no fault."""

    name: str
    command: str
    app: App
    reasons: list[str] = field(default_factory=list)
    release: list[str] = field(default_factory=list)
    """Commands that a process `release` should run."""
    needs_script: bool = False
    is_clear: bool = True
    """Whether it is known what to write."""

    def replace(self, start: int, end: int, text: str) -> None:
        command = f"{self.command[:start]}{text}{self.command[end:]}"
        self.command = command.strip()

    def remove(self, start: int, end: int) -> None:
        self.command = f"{self.command[:start].rstrip()}{self.command[end:]}"

    def because(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)


def pipelines_of(draft: Draft) -> Sequence[Pipeline]:
    """Return the pipelines of the command; none if bash cannot read it, which is said later."""
    try:
        return read_shell_line(draft.command).pipelines
    except ShellSyntaxError:
        return ()


def simple_command(pipeline: Pipeline) -> SimpleCommand | None:
    """Return the only command of a pipeline, unless it is more than a program with words."""
    if len(pipeline.commands) != 1 or pipeline.prefix:
        return None
    command = pipeline.commands[0]
    return command if isinstance(command, SimpleCommand) else None


def commands_of(draft: Draft) -> Iterator[tuple[SimpleCommand, int]]:
    """Yield each command at the top of the line, and which of its words is the program."""
    for pipeline in pipelines_of(draft):
        for command in pipeline.commands:
            words = command.words if isinstance(command, SimpleCommand) else ()
            place = program_at(words)
            if isinstance(command, SimpleCommand) and place < len(words):
                yield command, place


def program_at(words: Sequence[Word]) -> int:
    """Return the place of the program that counts; behind the last word if there is none."""
    place = 0
    while place < len(words):
        text = words[place].text
        if text in ("-C", "--chdir"):
            place += 2
        elif (
            text in _PREFIXES
            or is_from_buildpack(text, _WITHOUT_PORT)
            or re.match(r"[A-Za-z_]\w*=", text)
        ):
            place += 1
        else:
            break
    return place


def words_from(command: SimpleCommand, place: int) -> list[str]:
    """Return the words of a command from this one on, as they are written."""
    return [word.text for word in command.words[place:]]


def manage_command(texts: Sequence[str]) -> str:
    """Return the command of manage.py that words run; empty if they run something else."""
    words = [*texts]
    if words and PYTHON.fullmatch(words[0]):
        words = words[1:]
        while words and words[0].startswith("-") and words[0] != "-m":
            words = words[1:]
        words = words[1:] if words[:1] == ["-m"] else words
    if len(words) > 1 and re.fullmatch(r"(.*/)?manage\.py|django|django-admin", words[0]):
        return words[1]
    return ""


class Option(NamedTuple):
    start: int
    """Where it begins in the command."""
    value_start: int
    end: int
    value: str


def options_in(words: Sequence[Word], names: Sequence[str]) -> Iterator[Option]:
    """Yield the options with one of these names that have a value."""
    for word, after in zip_longest(words, words[1:]):
        text = word.text
        for name in names:
            is_long = name.startswith("--")
            inline = f"{name}=" if is_long else name
            if text == name and after is not None:
                yield Option(word.start, after.start, after.end, after.text.strip("\"'"))
            elif text.startswith(inline) and text != inline:
                value = text.removeprefix(inline)
                yield Option(word.start, word.end - len(value), word.end, value.strip("\"'="))
