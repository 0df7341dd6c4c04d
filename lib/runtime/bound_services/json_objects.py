"""Reads JSON with credentials, without quoting it in a message."""

from __future__ import annotations

import json

MOST_ENTRIES, MOST_LEVELS = 1000, 6
"""More than any broker writes."""


def json_object(text: str) -> dict[str, object] | None:
    """Parse a JSON object; None if the text is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def flat(credentials: object) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts in an object by their keys, and why other entries cannot be read.

    In a value of several levels, dots are between the keys: `protocols.amqp.uri`, `uris.0`.
    """
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}

    def add(prefix: str, value: object, level: int) -> None:
        if len(texts) + len(unreadable) >= MOST_ENTRIES:
            return
        if isinstance(value, bool):
            texts[prefix] = "true" if value else "false"
        elif isinstance(value, (str, int, float)):
            texts[prefix] = str(value)
        elif isinstance(value, (dict, list)):
            if prefix:
                unreadable[prefix] = "is not a text"
            members = value.items() if isinstance(value, dict) else enumerate(value)
            for key, member in members if level < MOST_LEVELS else ():
                add(f"{prefix}.{key}" if prefix else str(key), member, level + 1)

    if isinstance(credentials, dict):
        add("", credentials, 0)
    return texts, unreadable
