"""Programs that lines name where another buildpack, but not Slipway, installs them."""

from __future__ import annotations

import re

from slipway.domain.web.programs import Started, python_start

_HOME = re.compile(r"(?:~|\$HOME|\$\{HOME\})(?=/\.heroku/python/)")
_PROGRAM = re.compile(
    r"(?:(?:(?:/app|/home/vcap/app|\.)/)?\.heroku/python|/home/vcap/deps/\d+(?:/python)?)"
    r"/bin/(?P<program>[\w.+-]+)"
)
"""https://github.com/heroku/heroku-buildpack-python and
https://github.com/cloudfoundry/python-buildpack"""
_SHEBANG = re.compile(r"#![ \t]*(?P<path>/\S+)")


def with_known_home(text: str) -> str:
    """Write the home of Heroku's dynos where text has a variable for it in such a path."""
    return _HOME.sub("/app", text)


def with_program_here(started: Started) -> Started | None:
    """Return the same with a program by its name, if its path is another Python's; else None.

    `python /app/.heroku/python/bin/gunicorn` also starts a program by its path.
    """
    program, python = _program(started.program), python_start(started)
    if program:
        return started._replace(program=program)
    program = _program(python.script) if python else ""
    if not python or not program:
        return None
    skipped = len(started.arguments) - len(python.arguments)
    return started._replace(
        program=program, arguments=python.arguments, texts=started.texts[skipped:]
    )


def path_elsewhere(started: Started) -> str:
    """Return the path of the program for which with_program_here has a name."""
    python = python_start(started)
    return started.program if python is None else python.script or ""


def shebang_elsewhere(start: str) -> tuple[str, str]:
    """Return the path of another Python's program in a shebang, and its name; or nothing."""
    shebang = _SHEBANG.match(start)
    path = shebang["path"] if shebang else ""
    program = _program(path)
    return (path, program) if program else ("", "")


def _program(path: str | None) -> str:
    found = _PROGRAM.fullmatch(path or "")
    return found["program"] if found else ""
