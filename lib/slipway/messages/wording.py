"""The shape of a message: a title, what was found, what to do, the details."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import singledispatch

from slipway.errors.dependencies import RequiredPackage
from slipway.errors.stopped import BuildStopped

_WIDTH = 72


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do, and the exact text to write or run for it."""

    text: str
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Message:
    title: str
    """Under 60 characters, no period."""
    found: str
    steps: tuple[Step, ...]
    details: tuple[str, ...] = field(default=())


@singledispatch
def explain(error: BuildStopped) -> Message:
    """Give the words for an error; each module here registers those of its subject."""
    raise LookupError(f"{type(error).__name__} has no words")


def render(message: Message) -> Iterator[str]:
    """Lay a message out, 80 columns wide with the mark that the console puts in front."""
    yield f"Error: {message.title}"
    yield ""
    yield from textwrap.wrap(message.found, _WIDTH, break_on_hyphens=False)
    if message.steps:
        yield ""
        yield "What to do:" if len(message.steps) == 1 else "What to do, one of:"
    for number, step in enumerate(message.steps, start=1):
        mark = f"{number}. " if len(message.steps) > 1 else ""
        indent = " " * len(mark)
        yield from textwrap.wrap(
            step.text,
            _WIDTH,
            initial_indent=mark,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
        yield from (f"{indent}    {line}" for line in step.exact)
    if message.details:
        yield ""
        yield from message.details


def listed(names: Sequence[str], most: int = 8) -> str:
    """Name things in a sentence: `a, b and c`; of many, the first."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) < 2:
        return "".join(names) or "nothing"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def renames(misspelled: Sequence[tuple[str, str]]) -> tuple[Step, ...]:
    """Give a step for each misspelled file."""
    return tuple(
        Step(text=f"Rename {name} to {meant}:", exact=(f"git mv {name} {meant}",))
        for name, meant in misspelled
    )


def who_requires_what(requirements: Sequence[RequiredPackage]) -> Iterator[str]:
    """Say it a line each; of many versions of one package that require the same, once."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in requirements:
        package = one.required_by.partition(" ")[0]
        alike.setdefault((package, one.requirement), []).append(one.required_by)
    for (_, requirement), versions in alike.items():
        more = len(versions) - 1
        others = f" (and {more} other version{'s' * (more > 1)})" if more else ""
        yield f"    {versions[0]}{others} requires {requirement}"
