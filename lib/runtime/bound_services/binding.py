"""A service that is bound to the app, independent of the platform."""

from __future__ import annotations

from typing import NamedTuple

ADDRESS = ("uri", "url", "connectionstring", "connectionuri", "connectionurl", "databaseurl")
HOST = ("host", "hostname")
PORT = ("port",)
DATABASE = ("database", "dbname", "databasename", "db", "name")
"""`name` is last: if there is one of the others, it is the name of the service."""
USERNAME = ("username", "user", "login")
PASSWORD = ("password",)
"""The keys of credentials, by the names that platforms and brokers give them, as `plain_key`
returns them: the first one that a binding has counts."""
_DATABASES = ("db", "database", "pg", "postgres", "postgresql", "mysql", "mariadb", "sql")

MOST_SERVICES = 500
"""So that no place, however large, keeps an app from starting."""
LARGEST = 64 * 1024
"""Bytes or characters of a credential: a larger one would not fit into an environment
variable."""


class Incomplete(Exception):
    """A binding of a known kind is not enough to connect.

    The text says why, as the end of a sentence that starts with the name of the binding, and
    quotes no credential.
    """


class Binding(NamedTuple):
    source: str
    """The folder, the file or the environment variable that it was read from."""
    name: str
    type: str
    """`postgresql`, or a broker's name for such a service; lower case, without space around it,
    as are `provider` and `tags`."""
    provider: str
    tags: tuple[str, ...]
    credentials: dict[str, str]
    """Each value by its key, as `plain_key` returns it."""
    unreadable: dict[str, str]
    """The credentials that are there and cannot be read: why, as the end of a sentence."""
    keys: tuple[str, ...]
    """All keys, as the binding has them."""
    instance: str = ""
    """The name of the service, which may differ from that of the binding, or an empty text."""

    def __repr__(self) -> str:
        """Leave out the credentials, so that no message can contain them."""
        return f"<binding {shown(self.name)} of {self.source}>"

    def first(self, keys: tuple[str, ...]) -> str:
        """Return the first of these credentials that is not empty, or an empty text.

        Raises Incomplete if it is one that cannot be read: without its password, for example,
        an address would only fail later.
        """
        for key in keys:
            if key in self.unreadable:
                own = shown(self.own_key(key))
                raise Incomplete(f"has the entry {own}, which {self.unreadable[key]}")
            if self.credentials.get(key):
                return self.credentials[key]
        return ""

    def own_key(self, key: str) -> str:
        """Return a plain key as the binding writes it."""
        return next((own for own in self.keys if plain_key(own) == key), key)


def new_binding(
    source: str,
    name: str,
    type_: str,
    entries: dict[str, str],
    provider: str = "",
    tags: tuple[str, ...] = (),
    unreadable: dict[str, str] | None = None,
) -> Binding:
    """Make a binding from texts as a platform has them.

    The keys of `entries` and `unreadable` are those of credentials. If two of them mean the
    same, such as `host` and `HOST`, the first one counts.
    """
    credentials: dict[str, str] = {}
    for key, value in entries.items():
        credentials.setdefault(plain_key(key), value)
    problems = {plain_key(key): problem for key, problem in (unreadable or {}).items()}
    return Binding(
        source=source,
        name=name,
        type=plain(type_),
        provider=plain(provider),
        tags=tuple(plain(tag) for tag in tags),
        credentials=credentials,
        unreadable={key: text for key, text in problems.items() if key not in credentials},
        keys=(*entries, *(unreadable or {})),
    )


def shown(name: str) -> str:
    """Quote an untrusted name as one short line."""
    return repr(name if len(name) <= 60 else name[:59] + "…")


def of_databases(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of those who write DB_HOST, PGUSER or MYSQL_DATABASE."""
    return tuple(f"{database}{key}" for key in keys for database in _DATABASES)


def plain(text: str) -> str:
    """Normalize a type, provider or tag for comparison."""
    return text.strip().lower()


def plain_key(key: str) -> str:
    """Normalize a key: `dbName`, `DB_NAME` and `db-name` mean the same, `dbname`.

    Dots stay: in a value of several levels, they are between the keys (`protocols.amqp.uri`).
    """
    return "".join(letter for letter in key.lower() if letter.isalnum() or letter == ".")
