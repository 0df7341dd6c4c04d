"""What beginners need to know when a page of their app fails, from the log of the app."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_REQUEST = re.compile(r'"(?:GET|HEAD|POST) (?P<path>/\S*) HTTP/[\d.]+" (?P<status>\d{3})\b')
"""A line of the access log of Gunicorn, Uvicorn, Daphne and others."""
_NO_TABLE = re.compile(
    r"no such table: (?P<one>[\w.]+)"
    r"|relation \"(?P<two>[\w.]+)\" does not exist"
    r"|Table '(?P<three>[\w.]+)' doesn't exist"
)
_STATIC = re.compile(r"/(?:.*/)?static/")
_END_OF_INPUT = "EOFError: EOF when reading a line"
"""The last line of a traceback of `input()`."""
_ADDRESS = re.compile(
    r"(?i)\b(?:listening|running|serving|started|starting|url)\b"
    r"[^/]{0,80}?\bhttps?://(?P<host>127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1?\]):(?P<port>\d{1,5})\b"
)
"""What servers log when they start, such as `Uvicorn running on http://127.0.0.1:8000`."""
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

_TABLES = (
    "The database has no table {table}. The release step only applies the migrations that the "
    "app has: run `python manage.py makemigrations`, and commit what it writes"
)
_HOSTS = (
    "Django answers with the status 400 if the host of a request is not in ALLOWED_HOSTS. Add "
    "127.0.0.1 to it; if the settings read it from a variable, set that with --env"
)
_HIDDEN = (
    "The app answered with the status 500. With DEBUG off, Django logs the reason only if "
    "LOGGING has a handler for it, such as StreamHandler for the logger `django`"
)
_OTHER_PORT = (
    "The app listens on port {found}, but platforms send requests to the port in the variable "
    "PORT, which is {port} now. Let the app use that variable, and the address 0.0.0.0"
)
_ONLY_THIS_MACHINE = (
    "The app listens on {host}, where only programs of the same machine reach it. Platforms "
    "send requests from outside: let it use the address 0.0.0.0"
)
_NO_INPUT = (
    "The app asks for input, and nobody can type any on a platform. Let it read variables "
    "instead"
)
_NO_SERVER = (
    "{path} was not found. Of Django's servers, only `runserver` serves static files: set "
    "STATIC_ROOT in the settings, so that a build collects them, add whitenoise to the "
    "requirements, and add whitenoise.middleware.WhiteNoiseMiddleware to MIDDLEWARE, after the "
    "SecurityMiddleware"
)
_NOT_COLLECTED = (
    "{path} was not found. WhiteNoise serves what the build has collected in STATIC_ROOT: see "
    "above whether collectstatic has run, and in MIDDLEWARE whether "
    "whitenoise.middleware.WhiteNoiseMiddleware is there"
)


class TrialHints:
    """Finds the usual faults of a new app in lines of its log; names each fault once."""

    def __init__(self, packages: Collection[str], port: int | None) -> None:
        """Take the names of the installed packages, and the port that the web process must use.

        `port` is None if there is no web process.
        """
        self._port = port
        self._is_django = "django" in packages
        self._has_whitenoise = "whitenoise" in packages
        self._given: set[str] = set()

    def in_line(self, line: str) -> Iterator[str]:
        """Yield the hints for a line of the log, or for a part of a page with an error."""
        table = _NO_TABLE.search(line)
        if table:
            yield from self._once(_TABLES, table=next(filter(None, table.groups())))
        if line.endswith(_END_OF_INPUT):
            yield from self._once(_NO_INPUT)
        address = _ADDRESS.search(line)
        if address and self._port:
            yield from self._of_address(address["host"], int(address["port"]))
        request = _REQUEST.search(line)
        if request and self._is_django:
            yield from self.of_response(request["path"], int(request["status"]))

    def _of_address(self, host: str, port: int) -> Iterator[str]:
        if port != self._port:
            yield from self._once(_OTHER_PORT, found=str(port), port=str(self._port))
        elif host.lower() in _LOOPBACK:
            yield from self._once(_ONLY_THIS_MACHINE, host=host)

    def of_response(self, path: str, status: int) -> Iterator[str]:
        """Yield the hints for the status of a response."""
        if not self._is_django:
            return
        if status == 400:
            yield from self._once(_HOSTS)
        elif status == 500 and _TABLES not in self._given:
            yield from self._once(_HIDDEN)
        elif status == 404 and _STATIC.match(path):
            hint = _NOT_COLLECTED if self._has_whitenoise else _NO_SERVER
            yield from self._once(hint, path=path)

    def _once(self, hint: str, **values: str) -> Iterator[str]:
        if hint not in self._given:
            self._given.add(hint)
            yield hint.format(**values)
