"""A service that is bound to the app, independent of the platform."""

from __future__ import annotations

from typing import NamedTuple

HOST = ("host", "hostname")
PORT = ("port",)
DATABASE = ("database", "dbname", "db_name", "db", "name")
"""`name` is last: if there is one of the others, it is the name of the service."""
USERNAME = ("username", "user")
PASSWORD = ("password",)
ADDRESS = ("uri", "url")
ENCRYPTED = ("tls", "ssl")

KNOWN = frozenset(HOST + PORT + DATABASE + USERNAME + PASSWORD + ADDRESS + ENCRYPTED)
"""All credentials that are used, by the names that platforms and brokers give them."""


class Unreadable(Exception):
    """A credential that is needed cannot be read. The text is its name."""


class Binding(NamedTuple):
    source: str
    """The folder or the environment variable that it was read from."""
    name: str
    type: str
    """`postgresql`, or a broker's name for such a service; lower case, without space around it,
    as are `provider` and `tags`."""
    provider: str
    tags: tuple[str, ...]
    credentials: dict[str, str]
    unreadable: tuple[str, ...] = ()
    """The credentials that are there and that cannot be read, by name."""
    others: tuple[str, ...] = ()
    """The names of everything else in the binding, which is not read."""

    def __repr__(self) -> str:
        """Leave out the credentials, so that no message can contain them."""
        return f"<binding {shown(self.name)} of {self.source}>"

    def first(self, keys: tuple[str, ...]) -> str:
        """Return the first of these credentials that is not empty, or an empty text.

        Raises Unreadable if it is one that cannot be read.
        """
        for key in keys:
            if key in self.unreadable:
                raise Unreadable(key)
            if self.credentials.get(key):
                return self.credentials[key]
        return ""


def shown(name: str) -> str:
    """Quote an untrusted name as one short line."""
    return repr(name if len(name) <= 60 else name[:59] + "…")


def plain(text: str) -> str:
    """Normalize a type, provider or tag for comparison."""
    return text.strip().lower()
