"""The programs that a process type starts, as far as its line tells before it runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
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
    Word,
    read_shell_line,
)

PACKAGES = {
    "aerich": "aerich",
    "alembic": "alembic",
    "arq": "arq",
    "behave": "behave",
    "celery": "celery",
    "chainlit": "chainlit",
    "coverage": "coverage",
    "daphne": "daphne",
    "ddtrace-run": "ddtrace",
    "django-admin": "django",
    "dramatiq": "dramatiq",
    "fastapi": "fastapi[standard]",
    "flake8": "flake8",
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
    "mypy": "mypy",
    "newrelic-admin": "newrelic",
    "nose2": "nose2",
    "nox": "nox",
    "opentelemetry-instrument": "opentelemetry-distro",
    "panel": "panel",
    "procrastinate": "procrastinate",
    "pserve": "pyramid",
    "py.test": "pytest",
    "pytest": "pytest",
    "quart": "quart",
    "rq": "rq",
    "rqscheduler": "rq-scheduler",
    "rqworker": "rq",
    "ruff": "ruff",
    "sanic": "sanic",
    "scrapy": "scrapy",
    "streamlit": "streamlit",
    "supervisord": "supervisor",
    "taskiq": "taskiq",
    "tox": "tox",
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
IN_FRONT = frozenset({"start-nginx", "start-nginx-debug"})
"""Programs of buildpacks that start the app's server, and answer on the platform's port:
https://github.com/heroku/heroku-buildpack-nginx
"""
FROM_BUILDPACKS = IN_FRONT | {
    "qgsocksify",
    "qgtunnel",
    "start-pgbouncer",
    "start-pgbouncer-stunnel",
    "start-pgpool",
    "start-stunnel",
    "use-pgbouncer",
}
"""Programs that buildpacks put into the app's `bin`, before or after Slipway, and that start
another one, such as a server of the app:
https://github.com/heroku/heroku-buildpack-pgbouncer,
https://devcenter.heroku.com/articles/quotaguardstatic
"""
_ENV_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
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
    texts: tuple[str, ...] = ()
    """The arguments as they are written, with their quotes."""


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


def is_from_buildpack(program: str, names: Collection[str] = FROM_BUILDPACKS) -> bool:
    """Return whether a program is one that another buildpack puts into the app."""
    return posixpath.basename(program) in names


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
        is_known = target and not target.startswith("-")
        shell.folder = joined(shell.folder, target) if is_known else None


def joined(folder: str | None, target: str | None) -> str | None:
    """Return a path relative to the app; None if it leads out of it, or is not known."""
    if folder is None or target is None or target.startswith(("/", "~")):
        return None
    path = posixpath.normpath(posixpath.join(folder, target))
    return None if path.startswith("..") else path.removeprefix(".")


def _start(command: SimpleCommand, shell: _Shell) -> Iterator[Started]:
    words, folder = list(command.words), shell.folder
    variables = {word.text.partition("=")[0].rstrip("+") for word in command.assignments}
    variables |= shell.variables
    while words and words[0].value in _WITH_PROGRAM:
        if words.pop(0).value == "env":
            folder = _follow_env(words, variables, folder)
    program = words[0].value if words else None
    if not program or program.startswith("-") or "=" in program:
        return
    if program in BUILTINS or program in shell.functions or "PATH" in variables:
        return
    yield _started(words, folder, variables)
    if program in _SHELLS and len(words) > 2 and _RUNS_TEXT.fullmatch(words[1].value or ""):
        with suppress(ShellSyntaxError):
            text = read_shell_line(words[2].value or "")
            inside = _Shell(folder=folder, variables=variables, functions=text.functions)
            yield from _walk(text.pipelines, inside)
    while words := [*_wrapped(words)]:
        name = words[0].value
        if not name or name.startswith("-") or name in BUILTINS:
            return
        yield _started(words, folder, variables)


def _started(words: Sequence[Word], folder: str | None, variables: set[str]) -> Started:
    return Started(
        program=words[0].value or "",
        arguments=tuple(word.value for word in words[1:]),
        folder=folder,
        variables=frozenset(variables),
        texts=tuple(word.text for word in words[1:]),
    )


def _follow_env(words: list[Word], variables: set[str], folder: str | None) -> str | None:
    """Take what `env` changes from the words after it; return the folder it changes to.

    https://www.gnu.org/software/coreutils/manual/html_node/env-invocation.html
    """
    while words:
        value, text = words[0].value or "", words[0].text
        if value in ("-C", "--chdir") and len(words) > 1:
            folder = joined(folder, words[1].value)
            del words[:2]
        elif value.startswith("--chdir="):
            folder = joined(folder, value.removeprefix("--chdir="))
            del words[0]
        elif _ENV_ASSIGNMENT.match(text):
            variables.add(text.partition("=")[0])
            del words[0]
        else:
            break
    return folder


def _wrapped(words: Sequence[Word]) -> Sequence[Word]:
    """Return the words of the command that a program such as `timeout` starts; else none."""
    rest, name = [*words[1:]], words[0].value or ""
    with_value, before = _WRAPPERS.get(name, ("", len(rest)))
    if is_from_buildpack(name):
        with_value, before = "", 0
    while rest and (option := rest[0].value or "").startswith("-"):
        del rest[0]
        if option == "--":
            break
        if len(option) == len("-x") and option[1] in with_value:
            del rest[:1]
    return rest[before:]
