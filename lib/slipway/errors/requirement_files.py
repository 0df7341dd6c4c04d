"""Errors of what is written in requirements files, where it is not what pip can read."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(frozen=True, kw_only=True)
class MistypedLine:
    number: int
    shown: str
    """The line, with a code point such as <U+00A0> in place of each wrong character."""
    corrected: str
    """What was probably meant; empty if that is not known."""


@dataclass(eq=False)
class RequirementsMistyped(BuildStopped):
    """Lines that look right, and contain other characters or operators than pip accepts."""

    file: str
    lines: tuple[MistypedLine, ...]
    characters: tuple[tuple[str, str], ...] = ()
    """Pairs of (code point, name) of the characters; none if only an operator is wrong."""


@dataclass(frozen=True, kw_only=True)
class UnknownOption:
    place: str
    """`file:line`."""
    option: str
    nearest: str
    """The option of pip that was probably meant; empty if none is similar."""
    is_of_one: bool
    """Whether it follows a requirement in the same line."""


@dataclass(eq=False)
class RequirementOptionsUnknown(BuildStopped):
    """pip does not accept these options in requirements files."""

    options: tuple[UnknownOption, ...]


@dataclass(eq=False)
class RequirementsOfAnotherFormat(BuildStopped):
    """A requirements file holds the output of another command."""

    file: str
    written_by: str
    """The command."""
    commands: tuple[str, ...]
    """What writes the file as pip reads it."""
    lines: tuple[str, ...]
    """The lines that pip does not accept, as `line: text`."""


@dataclass(eq=False)
class RequirementsAtPathsElsewhere(BuildStopped):
    """Requirements name files of the machine that wrote the file."""

    files: tuple[str, ...]
    """The requirements files."""
    lines: tuple[str, ...]
    """The requirements, as `file:line: text`."""
