"""Reads environment.json, the file in which dotCloud passed the credentials of services.

It is flat, with keys such as `DOTCLOUD_DB_SQL_LOGIN`: the name of the service, and its kind.
environment.yml, next to it, has the same content.
"""

from __future__ import annotations

import re

from bound_services.binding import Binding, new_binding
from bound_services.json_objects import flat, object_in, object_in_file

_KEY = re.compile(
    r"DOTCLOUD_(\w{1,60})_([A-Z0-9]{1,20})_(URL|HOST|PORT|LOGIN|PASSWORD)",
    re.ASCII | re.IGNORECASE,
)
_TYPES = {"sql": "postgresql"}
"""A kind of dotCloud -> the usual name of that service."""
_OF_EVERY_SERVICE = ("ssh", "http")
"""How to reach the container of a service, whatever it runs."""


def read_file(path: str, warnings: list[str]) -> list[Binding]:
    """Read the file at this path, as `read` does."""
    return _services(object_in_file(path, path, warnings), path)


def read(text: str, source: str, warnings: list[str]) -> list[Binding]:
    """Return the services in their order; add problems to `warnings`, as sentences.

    `source` is what messages call the text.
    """
    return _services(object_in(text, source, warnings), source)


def _services(content: dict[str, object], source: str) -> list[Binding]:
    texts, _ = flat(content)
    services: dict[tuple[str, str], dict[str, str]] = {}
    for key, value in texts.items():
        found = _KEY.fullmatch(key)
        if found:
            name, kind, part = (group.lower() for group in found.groups())
            if kind not in _OF_EVERY_SERVICE:
                services.setdefault((name, kind), {})[part] = value
    # dotCloud created no databases, and its apps named theirs after their project.
    project = texts.get("DOTCLOUD_PROJECT")
    database = {"database": project} if project else {}
    return [
        new_binding(source, name, _TYPES.get(kind, kind), {**credentials, **database})
        for (name, kind), credentials in services.items()
    ]
