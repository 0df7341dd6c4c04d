"""Starts today's Gunicorn as its old commands `run_gunicorn` and `gunicorn_django` did.

Gunicorn starts in a process of its own, which runs this file as a script: so it can replace
modules, as its worker for gevent does, before Django is imported, and it reads its own command
line if it starts again. The module search path, which manage.py may have changed, comes along.

https://github.com/benoitc/gunicorn/blob/18.0/gunicorn/management/commands/run_gunicorn.py
https://github.com/benoitc/gunicorn/blob/18.0/gunicorn/app/djangoapp.py
"""

from __future__ import annotations

import os
import re
import sys
from typing import Iterator, NoReturn, Pattern, Sequence

_APPLICATION = "django.core.servers.basehttp:get_internal_wsgi_application()"
"""What WSGI_APPLICATION names, or Django's default:
https://docs.djangoproject.com/en/stable/ref/settings/#wsgi-application"""
_SEARCH_PATH = "SLIPWAY_GUNICORN_SEARCH_PATH"
_VARIABLE = "DJANGO_SETTINGS_MODULE"
_NAMED = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*(?:,|\]\s*=)\s*[\"']([\w.]+)[\"']")
"""In manage.py."""
_SETTING = re.compile(r"^django_settings\s*=\s*[\"']([\w.]+)", re.MULTILINE)
"""In an old configuration file of Gunicorn."""
_WITH_VALUE = ("--settings", "--adminmedia", "--verbosity", "-v")
_ALONE = ("--debug", "--traceback", "--no-color", "--force-color", "--skip-checks")


def start(words: Sequence[str]) -> NoReturn:
    """Start Gunicorn in place of this process, with the words after `run_gunicorn`."""
    ours, positional = _split(_for_gunicorn(words))
    if len(positional) > 1:
        sys.exit("Usage: run_gunicorn [OPTIONS] [PORT, ADDRESS:PORT or unix:PATH]")
    for address in positional:
        ours += ["--bind", f"0.0.0.0:{address}" if address.isdigit() else address]
    os.environ[_SEARCH_PATH] = os.pathsep.join(sys.path)
    command = [sys.executable, os.path.abspath(__file__), *ours, _APPLICATION]
    os.execv(sys.executable, command)  # noqa: S606


def gunicorn_django() -> NoReturn:
    """Start Gunicorn for the project that the command line names, or that is in this folder."""
    sys.path[0] = os.getcwd()  # instead of the folder of the script
    named = _value_of("--settings", sys.argv[1:])
    words, positional = _split(_for_gunicorn(sys.argv[1:]))
    if positional and not os.path.exists(positional[0]):
        named = positional[0]
    elif positional:
        named = _settings_at(os.path.abspath(positional[0]))
    named = named or _named_by(_value_of("--config", words) or _value_of("-c", words), _SETTING)
    named = named or os.environ.get(_VARIABLE) or _settings_at(os.getcwd())
    if not named:
        sys.exit(
            "gunicorn_django found no settings module: write its name or its path at the end "
            "of the line"
        )
    os.environ[_VARIABLE] = named
    start(words)


def _for_gunicorn(words: Sequence[str]) -> list[str]:
    """Leave out the options of manage.py, and those that Gunicorn no longer has."""
    kept, rest = [], iter(words)
    for word in rest:
        name, equals, _ = word.partition("=")
        if name in _WITH_VALUE and not equals:
            next(rest, None)
        elif name not in (*_WITH_VALUE, *_ALONE) and not re.fullmatch(r"-v\d", word):
            kept.append(word)
    return kept


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Split words into options with their values, and the others."""
    from gunicorn.config import Config

    positional = Config().parser().parse_args(words).args or []
    options = [*words]
    for word in positional:
        del options[len(options) - 1 - options[::-1].index(word)]
    return options, positional


def _value_of(option: str, words: Sequence[str]) -> str:
    for word, after in zip(words, [*words[1:], ""]):
        name, equals, value = word.partition("=")
        if name == option:
            return value if equals else after
    return ""


def _settings_at(path: str) -> str:
    """Return the settings module at a path, and make it importable; empty if there is none.

    The path is that of the settings, or of a folder that has them or a package with them.
    """
    if os.path.isdir(path):
        named = _named_by(os.path.join(path, "manage.py"), _NAMED)
        if named:
            sys.path.insert(0, path)
            return named
        path = next(_settings_in(path), "")
    folder, name = os.path.split(re.sub(r"\.py$", "", path))
    while name and os.path.isfile(os.path.join(folder, "__init__.py")):
        sys.path.insert(0, folder)  # a project of Django 1.3 imports its modules either way
        folder, package = os.path.split(folder)
        name = f"{package}.{name}"
    if name:
        sys.path.insert(0, folder)
    return name


def _named_by(file: str, pattern: Pattern[str]) -> str:
    try:
        with open(file, encoding="utf-8") as stream:
            found = pattern.search(stream.read())
    except (OSError, ValueError):
        return ""
    return found[1] if found else ""


def _settings_in(folder: str) -> Iterator[str]:
    """Yield the settings in a folder, then those in the packages below it."""
    for place in (folder, *(os.path.join(folder, name) for name in sorted(os.listdir(folder)))):
        if os.path.isfile(os.path.join(place, "settings.py")):
            yield os.path.join(place, "settings.py")
        elif os.path.isfile(os.path.join(place, "settings", "__init__.py")):
            yield os.path.join(place, "settings")


def _serve() -> None:
    """Run Gunicorn with the command line, and the search path of the process before."""
    sys.path[:] = os.environ[_SEARCH_PATH].split(os.pathsep)
    from gunicorn.app.wsgiapp import run

    run(prog="gunicorn")


if __name__ == "__main__":
    _serve()
