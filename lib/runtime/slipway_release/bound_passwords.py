"""Tells whether the password of a database is that of a bound service.

Then the user cannot correct it in the app: the service has to give another one. What the app is
bound to is in variables, files and folders, which lib/runtime/bound_services/places.py reads.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Iterator, Mapping
from urllib.parse import unquote, unquote_plus

SHORTEST = 4
"""Characters of a password that is in no other text by chance."""
LONGEST_TEXT = 1_000_000
ADVICE = (
    "USER and PASSWORD are those of a bound service: variables such as DATABASE_URL come from "
    "there.\n"
)
ON_CLOUD_FOUNDRY = (
    "Bind it again to get new ones; if you entered them yourself, correct them first with "
    "`cf update-user-provided-service`:\n"
    "    cf unbind-service APP_NAME SERVICE_NAME\n"
    "    cf bind-service APP_NAME SERVICE_NAME\n"
    "    cf restart APP_NAME"
)
ELSEWHERE = "Bind it again to get new ones, and restart the app."


def advice(password: str, variables: Mapping[str, str]) -> str:
    """Say how to get another password; empty if this one is not known to be of a service."""
    if len(password) < SHORTEST:
        return ""
    for text in _texts(variables):
        for part in _parts(text):
            if password in part or password in unquote(part) or password in unquote_plus(part):
                is_cloud_foundry = bool(variables.get("VCAP_APPLICATION"))
                return ADVICE + (ON_CLOUD_FOUNDRY if is_cloud_foundry else ELSEWHERE)
    return ""


def _texts(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield every text that has credentials of bound services."""
    yield variables.get("VCAP_SERVICES", "")
    for name in ("VCAP_SERVICES_FILE_PATH", "CRED_FILE"):
        if variables.get(name):
            yield _read(Path(variables[name]))
    folder = variables.get("SERVICE_BINDING_ROOT") or variables.get("CNB_BINDINGS")
    if not folder:
        folder = os.path.join(variables.get("CNB_PLATFORM_DIR") or "/platform", "bindings")
    yield from map(_read, Path(folder).glob("*/*"))


def _parts(text: str) -> Iterator[str]:
    """Yield a text, and the strings in it if it is JSON, which escapes characters."""
    yield text
    try:
        values = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while values:
        value: Any = values.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            values.extend(value.values() if isinstance(value, dict) else value)


def _read(file: Path) -> str:
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as stream:
            return stream.read(LONGEST_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""
