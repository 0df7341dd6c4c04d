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
    NOT_CALLABLE = "not callable"
    FACTORY = "factory"
    DOTTED = "dotted"
    NO_FILE = "no file"
    WORKER = "worker"
    SETTING = "setting"
    DATABASE_URL = "database URL"
    RAISES = "raises"


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
    """What the program serves: `WSGI`, `ASGI`, or Granian's `RSGI`."""
    is_wsgi: bool = False
    """Whether the application is for WSGI, if the program serves `RSGI`."""
    command: str = ""
    """The command to write instead; empty if that is not certain."""
    is_urlconf: bool = False
    """Whether it is the URLconf of Django, which imports it for the first request."""
    is_of_templates: bool = False
    """Whether Django loads it for the first page that it makes from a template."""
    is_async: bool = False
    """Whether a rejected URL of a database is for an engine of create_async_engine."""
    advice: str = ""
    """What to do, as a sentence without its full stop; empty if nothing special is known."""

    @property
    def fails_at_requests(self) -> bool:
        """Whether the program starts, because it calls the application only for a request."""
        if self.is_urlconf or self.is_of_templates:
            return True
        is_checked = self.program.startswith("gunicorn") and self.why is Why.NOT_CALLABLE
        return self.why in (Why.INTERFACE, Why.FACTORY, Why.NOT_CALLABLE) and not is_checked


@dataclass(eq=False)
class ApplicationUnusable(BuildStopped):
    """A process that Slipway itself has chosen would not start."""

    process: str
    command: str
    fault: Fault
    origin: str
    """Where the application was found: a file or a setting; empty if that is not known."""


@dataclass(frozen=True, kw_only=True)
class LineNotYaml:
    """A line of a Procfile that YAML does not accept, or reads as something else."""

    number: int
    text: str
    """Without secrets."""
    reason: str
    """A sentence without a full stop."""
    line: str = ""
    """The line to write instead; empty if that is not certain."""
    script: str = ""
    """The file that this line starts; empty if it starts none."""
    content: str = ""
    """What to write to that file; empty if it has secrets."""
    name: str = ""
    """The process type, if its command is none that a shell can start; else empty."""


@dataclass(eq=False)
class ProcfileNotYaml(BuildStopped):
    """The platform reads the Procfile as YAML after the build, and would fail then."""

    lines: tuple[LineNotYaml, ...]
    whole: tuple[str, ...] = ()
    """All lines to write; empty if that is not certain."""
    is_yaml: bool = False
    """Whether it is YAML, but no mapping of names to commands."""


@dataclass(eq=False)
class CommandChangedByYaml(BuildStopped):
    """The platform accepts the Procfile, but bash cannot read what YAML makes of a command."""

    lines: tuple[LineNotYaml, ...]


@dataclass(eq=False)
class ProcessesUnusable(BuildStopped):
    """Processes would not start: Slipway's own, or those of an app with strict settings."""

    problems: tuple[str, ...]
    is_default: bool
    """Whether the processes are Slipway's own."""
