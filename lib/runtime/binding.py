"""A service that is bound to the app, whatever the platform says it with."""

from __future__ import annotations

from typing import NamedTuple

HOST = ("host", "hostname")
PORT = ("port",)
DATABASE = ("database", "dbname", "db_name", "db", "name")
"""`name` comes last: where there is another one, it names the service."""
USERNAME = ("username", "user")
PASSWORD = ("password",)
ADDRESS = ("uri", "url")
ENCRYPTED = ("tls", "ssl")

KNOWN = frozenset(HOST + PORT + DATABASE + USERNAME + PASSWORD + ADDRESS + ENCRYPTED)
"""The credentials that are of use here, by the names that platforms and brokers give them."""


class Binding(NamedTuple):
    source: str
    """What told of it: the folder, or the variable."""
    name: str
    type: str
    """`postgresql`, or a broker's name for what it offers; in lower case, without space around
    it, as `provider` and `tags` are."""
    provider: str
    tags: tuple[str, ...]
    credentials: dict[str, str]

    def __repr__(self) -> str:
        """Without the credentials, so that no message can have them."""
        return f"<binding {shown(self.name)} of {self.source}>"

    def first(self, keys: tuple[str, ...]) -> str:
        """Give the first of these credentials that is not empty; else an empty text."""
        return next((self.credentials[key] for key in keys if self.credentials.get(key)), "")


def shown(name: str) -> str:
    """Give a name from outside as one short line."""
    return repr(name if len(name) <= 60 else name[:59] + "…")


def plain(text: str) -> str:
    """Give a type, provider or tag as it is compared."""
    return text.strip().lower()
