"""Reads CRED_FILE, the file in which cloudControl passed the credentials of add-ons.

`{"MYSQLS": {"MYSQLS_HOSTNAME": ..., "MYSQLS_USERNAME": ...}}`: each key starts with the name of
its add-on, and some add-ons have `_HOST` and `_USER` instead.
"""

from __future__ import annotations

from bound_services.binding import Binding, new_binding
from bound_services.json_objects import flat, json_object
from bound_services.private_text import read_text, why_unreadable

LARGEST = 1024 * 1024
"""Bytes."""


def read_file(path: str, warnings: list[str]) -> list[Binding]:
    """Return the add-ons in the order of the file; add problems to `warnings`."""
    try:
        text = read_text(path, LARGEST)
    except (OSError, ValueError) as error:
        warnings.append(
            f"No services are bound: the file of CRED_FILE {why_unreadable(error)}."
        )
        return []
    return read(text, warnings)


def read(text: str, warnings: list[str]) -> list[Binding]:
    """Return the add-ons in the text of the file; add problems to `warnings`."""
    addons = json_object(text)
    if addons is None:
        warnings.append("No services are bound: the file of CRED_FILE is not a JSON object.")
        return []
    return [
        _addon(name, content)
        for name, content in addons.items()
        # The app's own configuration, which is not a service.
        if isinstance(content, dict) and name != "CONFIG"
    ]


def _addon(name: str, content: dict[str, object]) -> Binding:
    prefix = f"{name}_"
    entries, unreadable = flat({_without(prefix, key): value for key, value in content.items()})
    return new_binding("CRED_FILE", name.lower(), name, entries, unreadable=unreadable)


def _without(prefix: str, key: str) -> str:
    return key[len(prefix) :] if key.startswith(prefix) else key
