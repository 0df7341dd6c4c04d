"""What an app.json says about the tests of an app, by Heroku's schema.

https://devcenter.heroku.com/articles/app-json-schema
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.errors.running_tests import AppJsonUnusable

APP_JSON = "app.json"
_MOST = 128 * 1024 - 2
"""Bytes of a variable with its name, or of a command: see MAX_ARG_STRLEN in execve(2)."""


@dataclass(frozen=True, kw_only=True)
class AppJson:
    test: str = ""
    """The command that runs the tests; empty for none."""
    setup: str = ""
    """The command that has to succeed before; empty for none."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Config variables of the tests."""
    generated: tuple[str, ...] = ()
    """Names of variables for which the platform makes up a secret."""


def parse(text: str) -> AppJson:
    """Read the scripts for tests, and the variables of the environment `test`.

    Scripts of that environment have priority:
    https://devcenter.heroku.com/articles/app-json-schema#environments.

    Raises AppJsonUnusable.
    """
    try:
        document = json.loads(text)
    except RecursionError:
        raise AppJsonUnusable(reason="it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise AppJsonUnusable(reason=str(error), line=error.lineno) from None
    except ValueError as error:  # a number with too many digits
        raise AppJsonUnusable(reason=str(error)) from None
    scripts: dict[str, Any] = {
        **_table(document, "scripts"),
        **_table(document, "environments", "test", "scripts"),
    }
    commands = {}
    for name in ("test", "test-setup"):
        command = scripts.get(name, "")
        if not isinstance(command, str):
            raise AppJsonUnusable(reason=f"its script `{name}` is not a string")
        _refuse_unfit(command, f"its script `{name}`")
        commands[name] = command.strip()
    variables, generated = {}, []
    for name, entry in _table(document, "environments", "test", "env").items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        if isinstance(value, str):
            _refuse_unfit(f"{name}={value}", "one of its variables for the tests")
            variables[name] = value
        elif isinstance(entry, dict) and entry.get("generator") == "secret":
            generated.append(name)
    return AppJson(
        test=commands["test"],
        setup=commands["test-setup"],
        variables=variables,
        generated=tuple(generated),
    )


def _refuse_unfit(text: str, subject: str) -> None:
    """Refuse what Linux passes to no process."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise AppJsonUnusable(reason=f"{subject} has a character that no program can get")
    if len(text.encode()) > _MOST:
        raise AppJsonUnusable(reason=f"{subject} is longer than 128 KiB")


def _table(document: object, *path: str) -> Mapping[str, Any]:
    found = document
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
