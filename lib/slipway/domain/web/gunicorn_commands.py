"""The commands that Gunicorn had for Django, and the lines that replace them today.

Until version 19, it had the program `gunicorn_django`, and `run_gunicorn` for manage.py:
https://github.com/benoitc/gunicorn/tree/19.3/gunicorn/management/commands
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from slipway.domain.django.project import DjangoProject
from slipway.domain.web.programs import Started, python_start, started_programs
from slipway.domain.web.shell_commands import (
    ShellSyntaxError,
    Word,
    read_shell_line,
)

RUN_GUNICORN, GUNICORN_DJANGO = "run_gunicorn", "gunicorn_django"

_OF_MANAGE = frozenset({"--settings", "--adminmedia", "--verbosity", "-v"})
"""Options with a value that Gunicorn does not have."""
_OF_MANAGE_ALONE = frozenset(
    {"--debug", "--traceback", "--no-color", "--force-color", "--skip-checks"}
)
_WITHOUT_VALUE = frozenset(
    "--capture-output --check-config --daemon --enable-stdio-inheritance --initgroups "
    "--no-sendfile --preload --print-config --proxy-protocol --reload --reuse-port --spew "
    "--log-syslog --do-handshake-on-connect --suppress-ragged-eofs -D -R".split()
)
_PORT = re.compile(r"\d+|\$\w+|\$\{\w+(:-\d+)?\}")
_ANY_ADDRESS = re.compile(r"(0\.0\.0\.0)?:\$(PORT|\{PORT\})")
_CONFIG = re.compile(r"-c.*|--config(=.*)?")
_FACTORY = "django.core.wsgi:get_wsgi_application()"
"""What serves a project without a wsgi.py, if a variable names its settings."""


def old_commands(line: str) -> frozenset[str]:
    """Return which of these commands a line of a Procfile starts."""
    if RUN_GUNICORN not in line and GUNICORN_DJANGO not in line:
        return frozenset()
    try:
        return frozenset(filter(None, map(_old_command, started_programs(line))))
    except ShellSyntaxError:
        return frozenset()


def _old_command(started: Started) -> str | None:
    if started.program == GUNICORN_DJANGO:
        return GUNICORN_DJANGO
    python = python_start(started)
    program = started.program if python is None else python.script or python.module or ""
    arguments = started.arguments if python is None else python.arguments
    is_manage = program.endswith(".py") or program in ("django", "django-admin")
    return RUN_GUNICORN if is_manage and arguments[:1] == (RUN_GUNICORN,) else None


def as_todays_gunicorn(started: Started) -> Started:
    """Return Gunicorn's old commands for Django as the program that they start today."""
    python = python_start(started)
    arguments = python.arguments if python else started.arguments
    is_run_gunicorn = arguments[:1] == (RUN_GUNICORN,)
    if is_run_gunicorn:
        arguments = arguments[1:]
    elif started.program != GUNICORN_DJANGO:
        return started
    texts = started.texts[len(started.texts) - len(arguments) :]
    is_positional = len(texts) == 1 or (len(texts) > 1 and not texts[-2].startswith("-"))
    if is_run_gunicorn and is_positional and ":" in texts[-1]:
        arguments, texts = arguments[:-1], texts[:-1]  # an address, and no application
    return started._replace(program="gunicorn", arguments=arguments, texts=texts)


def modern_line(line: str, project: DjangoProject) -> str | None:
    """Return what to write instead of a line with one of these commands; None if unclear.

    It has the same options, and starts the project's WSGI application.
    """
    try:
        commands = [*read_shell_line(line).simple_commands()]
        folders = {started.folder for started in started_programs(line)}
    except ShellSyntaxError:
        return None
    folder = folders.pop() if len(folders) == 1 else ""
    for command in commands:
        words = command.words
        place = next(
            (
                at
                for at, word in enumerate(words)
                if word.value in (RUN_GUNICORN, GUNICORN_DJANGO)
            ),
            None,
        )
        if place is not None and not command.has_redirections:
            start = words[_start(words, place)].start
            text = _gunicorn(words[place].value or "", words[place + 1 :], project, folder)
            return f"{line[:start]}{text}{line[command.end :]}"
    return None


def _start(words: Sequence[Word], place: int) -> int:
    """Return where a command begins: at `python` before `manage.py run_gunicorn`."""
    if words[place].value == GUNICORN_DJANGO:
        return place
    python = (at for at in range(place) if re.fullmatch(r"(.*/)?python[\d.]*", words[at].text))
    return next(python, max(place - 1, 0))


def _gunicorn(
    old: str, words: Sequence[Word], project: DjangoProject, folder: str | None
) -> str:
    options, others, settings = _sorted(words)
    web = project.web
    if old == RUN_GUNICORN:
        options += [
            part
            for text in others
            for part in ("-b", f"0.0.0.0:{text}" if _PORT.fullmatch(text) else text)
        ]
    elif others and re.fullmatch(r"\w+(\.\w+)+", others[0]) and not others[0].endswith(".py"):
        settings = others[0]
    has_config = any(map(_CONFIG.fullmatch, options))
    result = ["gunicorn"]
    if web and (web.folder or folder):
        other = posixpath.relpath(web.folder or ".", folder or ".")
        result += ["--chdir", other] if other != "." else []
    result += options if has_config else _without_usual_address(options)
    target = web.target if web else _FACTORY
    is_other = settings and settings != project.settings
    if is_other or (target == _FACTORY and project.settings):
        result += ["--env", f"DJANGO_SETTINGS_MODULE={settings or project.settings}"]
    return " ".join([*result, f"'{target}'" if target.endswith("()") else target])


def _sorted(words: Sequence[Word]) -> tuple[list[str], list[str], str]:
    """Return the words of Gunicorn's options, the other words, and the value of --settings."""
    options, others, settings = list[str](), list[str](), ""
    rest: Iterator[str] = (word.text for word in words)
    for text in rest:
        name, equals, value = text.partition("=")
        if name in _OF_MANAGE:
            value = value if equals else next(rest, "")
            settings = value if name == "--settings" else settings
        elif name in _OF_MANAGE_ALONE or re.fullmatch(r"-v\d", text):
            continue
        elif not text.startswith("-"):
            others.append(text)
        else:
            options.append(text)
            is_short = len(text) == len("-x")
            if (
                (is_short or text.startswith("--"))
                and not equals
                and name not in _WITHOUT_VALUE
            ):
                options += [one for one in (next(rest, ""),) if one]
    return options, others, settings


def _without_usual_address(options: Sequence[str]) -> list[str]:
    """Leave out the address that Gunicorn listens on without being told."""
    kept = list[str]()
    for text in options:
        if _ANY_ADDRESS.fullmatch(text) and kept and kept[-1] in ("-b", "--bind"):
            kept.pop()
        elif not _ANY_ADDRESS.fullmatch(text.removeprefix("-b").removeprefix("--bind=")):
            kept.append(text)
    return kept
