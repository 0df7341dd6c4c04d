"""Tells whether the password of a database is that of a bound service.

Then the user cannot correct it in the app: the service has to give another one.
"""

from __future__ import annotations

from shlex import quote
from typing import Mapping
from urllib.parse import unquote, unquote_plus

from bound_services.places import find_bindings

from slipway_release.log import shown

SHORTEST = 4
"""Characters of a password that is in no other text by chance."""


def advice(password: str, variables: Mapping[str, str]) -> str:
    """Say how to get another password; empty if this one is not known to be of a service."""
    if len(password) < SHORTEST:
        return ""
    for binding in find_bindings(dict(variables), []):
        for value in binding.credentials.values():
            if any(password in text for text in (value, unquote(value), unquote_plus(value))):
                return _advice(binding.instance or binding.name, variables)
    return ""


def _advice(service: str, variables: Mapping[str, str]) -> str:
    named = f"the bound service {shown(service)}" if service else "a bound service"
    where = (
        f"USER and PASSWORD are those of {named}: variables such as DATABASE_URL come from "
        "there.\n"
    )
    if not variables.get("VCAP_APPLICATION"):
        return f"{where}Bind it again to get new ones, and restart the app."
    name = quote(shown(service)) if service else "SERVICE_NAME"
    return (
        f"{where}Bind it again to get new ones; if you entered them yourself, correct them "
        "first with `cf update-user-provided-service`:\n"
        f"    cf unbind-service APP_NAME {name}\n"
        f"    cf bind-service APP_NAME {name}\n"
        "    cf restart APP_NAME"
    )
