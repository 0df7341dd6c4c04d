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

_TABLES = (
    "The database has no table {table}. `try` does not change a database by itself: to run the "
    "process `release` first, which usually runs migrations, add the option --release"
)
_HOSTS = (
    "Django answers with the status 400 if the host of a request is not in ALLOWED_HOSTS. Add "
    "127.0.0.1 to it; if the settings read it from a variable, set that with --env"
)
_HIDDEN = (
    "The app answered with the status 500. With DEBUG off, Django logs the reason only if "
    "LOGGING has a handler for it, such as StreamHandler for the logger `django`. If the "
    "database is new, run the process `release` first, with the option --release"
)
_NO_SERVER = (
    "{path} was not found. With DEBUG off, Django does not serve static files itself: set "
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

    def __init__(self, packages: Collection[str]) -> None:
        """Take the names of the installed packages."""
        self._is_django = "django" in packages
        self._has_whitenoise = "whitenoise" in packages
        self._given: set[str] = set()

    def in_line(self, line: str) -> Iterator[str]:
        """Yield the hints for a line of the log, or for a part of a page with an error."""
        table = _NO_TABLE.search(line)
        if table:
            yield from self._once(_TABLES, table=next(filter(None, table.groups())))
        request = _REQUEST.search(line)
        if request and self._is_django:
            yield from self.of_response(request["path"], int(request["status"]))

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
