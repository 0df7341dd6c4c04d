"""Errors of processes that cannot start, found before the app is shipped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slipway.errors.stopped import BuildStopped


class Why(Enum):
    """Why a program cannot load what its command names."""

    NO_MODULE = "no module"
    NO_ATTRIBUTE = "no attribute"
    NOT_INSTALLED = "not installed"
    NO_NAME = "no name"
    SYNTAX = "syntax"
    INTERFACE = "interface"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What keeps a program from loading what its command names."""

    why: Why
    program: str
    target: str
    """What the program loads, as the command has it."""
    subject: str
    """The missing module or attribute, the object's class, or the text of the exception."""
    place: str = ""
    """`file:line` in the app; empty if that is not known."""
    module: str = ""
    """The module of the target."""
    requirement: str = ""
    """The requirement that provides a missing module; empty if it is not known."""
    similar: str = ""
    """The name that may be meant; empty if there is none."""
    serves: str = ""
    """What the program serves: `WSGI` or `ASGI`."""
    command: str = ""
    """The command that serves the object, if the program cannot."""


@dataclass(eq=False)
class ApplicationUnusable(BuildStopped):
    """A process that Slipway itself has chosen would not start."""

    process: str
    command: str
    fault: Fault
    origin: str
    """Where the application was found: a file or a setting; empty if that is not known."""


@dataclass(eq=False)
class ProcessesUnusable(BuildStopped):
    """Processes would not start: Slipway's own, or those of an app with strict settings."""

    problems: tuple[str, ...]
    is_default: bool
    """Whether the processes are Slipway's own."""
