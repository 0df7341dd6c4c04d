"""Reads JSON with credentials, without quoting it in a message."""

from __future__ import annotations

import json

from bound_services.binding import LARGEST, MOST_SERVICES, shown
from bound_services.private_text import read_text, why_unreadable

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes: four times as many as Cloud Foundry writes."""
MOST_ENTRIES, MOST_LEVELS, LONGEST_KEY = 1000, 6, 200
"""Of the credentials of a service: more than any broker writes."""


def object_in_file(path: str, source: str, warnings: list[str]) -> dict[str, object]:
    """Read the JSON object in a file, as `object_in` does."""
    try:
        text = read_text(path, LARGEST_FILE)
    except (OSError, ValueError) as error:
        warnings.append(nothing_read(source, why_unreadable(error)))
        return {}
    return object_in(text, source, warnings)


def object_in(text: str, source: str, warnings: list[str]) -> dict[str, object]:
    """Parse a JSON object; if the text is something else, return {} and warn of it.

    `source` is what messages call the text. Numbers stay texts, as they are written.
    """
    value = parse(text)
    if isinstance(value, dict):
        return value
    # Not the error's text, which quotes credentials.
    warnings.append(nothing_read(source, "is not a JSON object"))
    return {}


def parse(text: str) -> object:
    """Parse any JSON, with numbers as texts; None if the text is something else."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def nothing_read(source: str, problem: str) -> str:
    """Say that a place cannot be read; `problem` is the end of the sentence."""
    return f"No services are read from {source}: it {problem}."


def left_out(names: list[str], source: str) -> list[str]:
    """Say in a sentence, if at all, which entries of a source are left out."""
    if not names:
        return []
    names = [*dict.fromkeys(names)]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    shown_names = ", ".join(map(shown, names[:3]))
    return [f"These entries of {source} are not services: {shown_names}{more}."]


def most(
    services: list[tuple[str, dict[str, object]]], source: str, warnings: list[str]
) -> list[tuple[str, dict[str, object]]]:
    """Return the services that are read; warn of further ones."""
    if len(services) > MOST_SERVICES:
        warnings.append(
            f"Only the first {MOST_SERVICES} of the {len(services)} services of {source} are "
            "read."
        )
    return services[:MOST_SERVICES]


def flat(credentials: object) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts in an object by their keys, and why other entries cannot be read.

    In a value of several levels, dots are between the keys: `protocols.amqp.uri`, `uris.0`.
    """
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}

    def add(prefix: str, value: object, level: int) -> None:
        if len(texts) + len(unreadable) >= MOST_ENTRIES or len(prefix) > LONGEST_KEY:
            return
        if isinstance(value, bool):
            texts[prefix] = "true" if value else "false"
        elif isinstance(value, str) and len(value) <= LARGEST:
            texts[prefix] = value
        elif isinstance(value, str):
            unreadable[prefix] = f"is larger than {LARGEST // 1024} KiB"
        elif isinstance(value, (dict, list)):
            if prefix:
                unreadable[prefix] = "is not a text"
            members = value.items() if isinstance(value, dict) else enumerate(value)
            for key, member in members if level < MOST_LEVELS else ():
                add(f"{prefix}.{key}" if prefix else str(key), member, level + 1)

    if isinstance(credentials, dict):
        add("", credentials, 0)
    return texts, unreadable
