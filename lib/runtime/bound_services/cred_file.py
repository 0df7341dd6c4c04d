"""Reads CRED_FILE, the file in which cloudControl passed the credentials of add-ons.

`{"MYSQLS": {"MYSQLS_HOSTNAME": ..., "MYSQLS_USERNAME": ...}}`: each key starts with the name of
its add-on, and some add-ons have `_HOST` and `_USER` instead.
"""

from __future__ import annotations

from bound_services.binding import Binding, new_binding
from bound_services.json_objects import (
    flat,
    left_out,
    most,
    object_in,
    object_in_file,
)

_SOURCE = "CRED_FILE"
_NOT_AN_ADDON = "CONFIG"
"""The app's own configuration: it is for the app, which has its own way of reading it."""


def read_file(path: str, warnings: list[str]) -> list[Binding]:
    """Read the file that CRED_FILE names, as `read` does."""
    return _addons(object_in_file(path, f"the file of {_SOURCE}", warnings), warnings)


def read(text: str, warnings: list[str]) -> list[Binding]:
    """Return the add-ons in their order; add problems to `warnings`, as sentences."""
    return _addons(object_in(text, f"the file of {_SOURCE}", warnings), warnings)


def _addons(content: dict[str, object], warnings: list[str]) -> list[Binding]:
    addons = {name: it for name, it in content.items() if name.upper() != _NOT_AN_ADDON}
    found = [(name, addon) for name, addon in addons.items() if isinstance(addon, dict)]
    others = [name for name, addon in addons.items() if not isinstance(addon, dict)]
    warnings += left_out(others, _SOURCE)
    return [_addon(*each) for each in most(found, _SOURCE, warnings)]


def _addon(name: str, content: dict[str, object]) -> Binding:
    prefix = f"{name}_".lower()
    entries, unreadable = flat({_without(prefix, key): value for key, value in content.items()})
    return new_binding(_SOURCE, name.lower(), name, entries, unreadable=unreadable)


def _without(prefix: str, key: str) -> str:
    return key[len(prefix) :] if key.lower().startswith(prefix) else key
