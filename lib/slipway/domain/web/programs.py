"""The programs that a process type starts, as far as its line tells before it runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import NamedTuple

from slipway.domain.web.shell_commands import (
    BUILTINS,
    Command,
    CompoundCommand,
    Pipeline,
    ShellSyntaxError,
    SimpleCommand,
    read_shell_line,
)

PACKAGES = {
    "aerich": "aerich",
    "alembic": "alembic",
    "arq": "arq",
    "celery": "celery",
    "chainlit": "chainlit",
    "daphne": "daphne",
    "ddtrace-run": "ddtrace",
    "django-admin": "django",
    "dramatiq": "dramatiq",
    "fastapi": "fastapi[standard]",
    "flask": "flask",
    "granian": "granian",
    "gunicorn": "gunicorn",
    "gradio": "gradio",
    "honcho": "honcho",
    "huey_consumer": "huey",
    "huey_consumer.py": "huey",
    "hypercorn": "hypercorn",
    "jupyter": "jupyter",
    "litestar": "litestar[standard]",
    "locust": "locust",
    "mod_wsgi-express": "mod_wsgi",
    "newrelic-admin": "newrelic",
    "opentelemetry-instrument": "opentelemetry-distro",
    "panel": "panel",
    "procrastinate": "procrastinate",
    "pserve": "pyramid",
    "quart": "quart",
    "rq": "rq",
    "rqscheduler": "rq-scheduler",
    "rqworker": "rq",
    "sanic": "sanic",
    "scrapy": "scrapy",
    "streamlit": "streamlit",
    "supervisord": "supervisor",
    "taskiq": "taskiq",
    "twistd": "twisted",
    "uvicorn": "uvicorn",
    "uwsgi": "uwsgi",
    "voila": "voila",
    "waitress-serve": "waitress",
}
"""The package that installs a usual program."""

RUNNERS = frozenset({"uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi", "conda"})
"""Programs that start another program in an environment of their own."""

STARTED_WITH = {
    "celery": "--version",
    "daphne": "--help",
    "flask": "--version",
    "granian": "--version",
    "gunicorn": "--version",
    "hypercorn": "--help",
    "uvicorn": "--version",
    "uwsgi": "--version",
    "waitress-serve": "--help",
}
"""Servers, and an argument with which they load themselves but not the app."""

_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_PYTHON_OPTION = re.compile(r"-[bBdEiIOPqsSuvx]+")
_WITH_PROGRAM = frozenset({"exec", "nohup", "command", "env", "setsid"})
"""Programs and builtins whose first argument that is no variable is another program."""
_WRAPPERS = {
    "chronic": ("", 0),
    "ddtrace-run": ("", 0),
    "dumb-init": ("r", 0),
    "ionice": ("cnpPu", 0),
    "newrelic-admin": ("", 1),
    "nice": ("n", 0),
    "opentelemetry-instrument": ("", 0),
    "stdbuf": ("ioe", 0),
    "timeout": ("ks", 1),
    "tini": ("pev", 0),
    "xargs": ("adEILnPs", 0),
}
"""Programs that start another one: the options whose value is the next word, and how many words
come before the name of the other one."""
_SHELLS = frozenset({"sh", "bash", "dash"})
_RUNS_TEXT = re.compile(r"-[a-z]*c")
_TESTS = frozenset({"command", "type", "hash", "which", "test", "["})
_CHANGES_NAMES = frozenset({".", "source", "eval", "alias"})
_LOOPS = {"while": 1, "until": 1, "for": 0, "select": 0}
"""Keywords of loops, and the place of the body among their lists."""


class Started(NamedTuple):
    """A program that a process type starts, whatever happens before."""

    program: str
    arguments: tuple[str | None, ...]
    """None for those that are known only at run time."""
    folder: str | None
    """The working directory, relative to the app; None if it is not known."""
    variables: frozenset[str]
    """The environment variables that the line sets for it."""


class PythonStart(NamedTuple):
    """What `python` is asked to run; one of the first two is set."""

    module: str | None = None
    script: str | None = None
    arguments: tuple[str | None, ...] = ()


@dataclass(kw_only=True)
class _Shell:
    """What a line has changed before its next command."""

    folder: str | None = ""
    variables: set[str] = field(default_factory=set)
    functions: frozenset[str] = frozenset()
    names_are_known: bool = True


def started_programs(line: str) -> tuple[Started, ...]:
    """Return the programs that a line starts, without those that depend on a condition.

    Raises ShellSyntaxError.
    """
    shell_line = read_shell_line(line)
    return tuple(_walk(shell_line.pipelines, _Shell(functions=shell_line.functions)))


def python_start(started: Started) -> PythonStart | None:
    """Return what a `python` command runs; None for other programs, and if it is not known."""
    if not _PYTHON.fullmatch(started.program):
        return None
    arguments = iter(started.arguments)
    for argument in arguments:
        if argument is None:
            return None
        if argument == "-m":
            module = next(arguments, None)
            return PythonStart(module=module, arguments=tuple(arguments)) if module else None
        if argument in ("-W", "-X"):
            next(arguments, None)
        elif not argument.startswith("-"):
            return PythonStart(script=argument, arguments=tuple(arguments))
        elif not _PYTHON_OPTION.fullmatch(argument):
            return None
    return None


def _walk(pipelines: Sequence[Pipeline], shell: _Shell) -> Iterator[Started]:
    earlier: Pipeline | None = None
    for pipeline, later in zip_longest(pipelines, pipelines[1:]):
        found = [one for command in pipeline.commands for one in _run(command, pipeline, shell)]
        is_optional = later is not None and later.operator == "||" and not _exits(later)
        depends = pipeline.operator == "||" or pipeline.prefix == "!"
        depends |= pipeline.operator == "&&" and _is_test(earlier)
        if shell.names_are_known and not is_optional and not depends:
            yield from found
        earlier = pipeline


def _run(command: Command, pipeline: Pipeline, shell: _Shell) -> list[Started]:
    """Return what a command starts, and follow what it changes in the shell."""
    is_same_shell = len(pipeline.commands) == 1
    if isinstance(command, CompoundCommand):
        return [*_walk_compound(command, shell, is_same_shell=is_same_shell)]
    found = [*_start(command, shell)]
    if is_same_shell:
        _change(command, shell)
    return found


def _exits(pipeline: Pipeline) -> bool:
    command = pipeline.commands[-1]
    return isinstance(command, SimpleCommand) and command.program == "exit"


def _is_test(pipeline: Pipeline | None) -> bool:
    if pipeline is None:
        return False
    command = pipeline.commands[-1]
    if isinstance(command, CompoundCommand):
        return command.keyword in ("[[", "((")
    return command.program in _TESTS


def _walk_compound(
    command: CompoundCommand, shell: _Shell, *, is_same_shell: bool
) -> Iterator[Started]:
    inner = shell
    if command.keyword == "(" or not is_same_shell:
        inner = _Shell(
            folder=shell.folder,
            variables={*shell.variables},
            functions=shell.functions,
            names_are_known=shell.names_are_known,
        )
    if command.keyword in ("(", "{"):
        yield from _walk(command.lists[0], inner)
    elif command.keyword in _LOOPS:
        yield from _walk(command.lists[_LOOPS[command.keyword]], inner)
    else:
        # Which of its commands run is not known.
        for one in _all_commands(chain.from_iterable(command.lists)):
            _change(one, inner)
            if one.program == "cd":
                inner.folder = None


def _all_commands(pipelines: Iterator[Pipeline]) -> Iterator[SimpleCommand]:
    for command in chain.from_iterable(pipeline.commands for pipeline in pipelines):
        if isinstance(command, SimpleCommand):
            yield command
        else:
            yield from _all_commands(chain.from_iterable(command.lists))


def _change(command: SimpleCommand, shell: _Shell) -> None:
    """Follow `cd`, assignments and what else changes the commands after it."""
    program = command.program
    names = [word.text.partition("=")[0].rstrip("+") for word in command.assignments]
    if program in ("export", "declare", "typeset"):
        names += [word.text.partition("=")[0] for word in command.words[1:]]
        program = None
    if not command.words or program is None:
        shell.variables.update(names)
    if program in _CHANGES_NAMES:
        shell.names_are_known = False
    elif program in ("pushd", "popd"):
        shell.folder = None
    elif program == "cd":
        target = command.words[-1].value if len(command.words) == 2 else None
        is_known = target is not None and not target.startswith(("/", "-"))
        shell.folder = _joined(shell.folder, target) if is_known and target else None


def _joined(folder: str | None, target: str) -> str | None:
    """Return a path relative to the app; None if it leads out of it."""
    if folder is None:
        return None
    path = posixpath.normpath(posixpath.join(folder, target))
    return None if path.startswith("..") else path.removeprefix(".")


def _start(command: SimpleCommand, shell: _Shell) -> Iterator[Started]:
    words = [word.value for word in command.words]
    variables = {word.text.partition("=")[0].rstrip("+") for word in command.assignments}
    variables |= shell.variables
    while words and words[0] in _WITH_PROGRAM:
        if words[0] == "env":
            while len(words) > 1 and "=" in (assigned := words[1] or ""):
                variables.add(assigned.partition("=")[0])
                del words[1]
        del words[0]
    if not words or not words[0] or words[0].startswith("-") or "=" in words[0]:
        return
    if words[0] in BUILTINS or words[0] in shell.functions or "PATH" in variables:
        return
    yield Started(
        program=words[0],
        arguments=tuple(words[1:]),
        folder=shell.folder,
        variables=frozenset(variables),
    )
    if words[0] in _SHELLS and len(words) > 2 and _RUNS_TEXT.fullmatch(words[1] or ""):
        with suppress(ShellSyntaxError):
            text = read_shell_line(words[2] or "")
            inside = _Shell(folder=shell.folder, variables=variables, functions=text.functions)
            yield from _walk(text.pipelines, inside)
    inner = _wrapped(words)
    if inner and inner[0] and not inner[0].startswith("-") and inner[0] not in BUILTINS:
        yield Started(
            program=inner[0],
            arguments=tuple(inner[1:]),
            folder=shell.folder,
            variables=frozenset(variables),
        )


def _wrapped(words: Sequence[str | None]) -> Sequence[str | None]:
    """Return the words of the command that a program such as `timeout` starts; else none."""
    program, *rest = words
    if program not in _WRAPPERS:
        return ()
    with_value, before = _WRAPPERS[program]
    while rest and rest[0] and rest[0].startswith("-"):
        option = rest.pop(0) or ""
        if option == "--":
            break
        if len(option) == len("-x") and option[1] in with_value:
            del rest[:1]
    return rest[before:]
