"""Reads environment.json, the file in which dotCloud passed the credentials of services.

It is flat, with keys such as `DOTCLOUD_DB_SQL_LOGIN`: the name of the service, and its kind.
"""

from __future__ import annotations

import re

from bound_services.binding import Binding, new_binding
from bound_services.json_objects import flat, json_object
from bound_services.private_text import read_text, why_unreadable

LARGEST = 1024 * 1024
"""Bytes."""
_KEY = re.compile(r"DOTCLOUD_(\w+)_([A-Z0-9]+)_(URL|HOST|PORT|LOGIN|PASSWORD)", re.ASCII)
_TYPES = {"SQL": "postgresql"}
"""A kind of dotCloud -> the usual name of that service."""


def read_file(path: str, warnings: list[str]) -> list[Binding]:
    """Return the services in the order of the file; add problems to `warnings`."""
    try:
        text = read_text(path, LARGEST)
    except (OSError, ValueError) as error:
        warnings.append(f"No services are bound: {path} {why_unreadable(error)}.")
        return []
    return read(text, path, warnings)


def read(text: str, source: str, warnings: list[str]) -> list[Binding]:
    """Return the services in the text of the file; add problems to `warnings`.

    dotCloud created no databases, and its apps named theirs after their project.
    """
    entries = json_object(text)
    if entries is None:
        warnings.append(f"No services are bound: {source} is not a JSON object.")
        return []
    texts, _ = flat(entries)
    services: dict[tuple[str, str], dict[str, str]] = {}
    for key, value in texts.items():
        found = _KEY.fullmatch(key)
        if found:
            name, kind, part = found.groups()
            services.setdefault((name, kind), {})[part] = value
    project = texts.get("DOTCLOUD_PROJECT", "")
    return [
        new_binding(
            source,
            name.lower(),
            _TYPES.get(kind, kind),
            {**credentials, **({"DATABASE": project} if project else {})},
        )
        for (name, kind), credentials in services.items()
    ]
