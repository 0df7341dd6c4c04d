"""What an app.json says about the tests of an app, by Heroku's schema.

https://devcenter.heroku.com/articles/app-json-schema
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from slipway.domain.redaction import printable
from slipway.errors.running_tests import AppJsonUnusable

APP_JSON = "app.json"
_PATHS_OF_ENV = (("env",), ("environments", "test", "env"))
_OF_SETTINGS = "SLIPWAY_"
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
    without_value: tuple[str, ...] = ()
    """Names of variables that an app needs, by the schema, and that get no value."""
    unfit: Mapping[str, str] = field(default_factory=dict)
    """What the schema does not allow: a name, or the path of a table, and why as a clause."""

    has_services: bool = False
    """Whether it names add-ons, which may set variables when the tests start."""

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of Slipway's own settings among the variables."""
        names = (*self.variables, *self.generated)
        return tuple(name for name in names if name.startswith(_OF_SETTINGS))


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
        command = scripts.get(name)
        command = "" if command is None else command
        if not isinstance(command, str):
            raise AppJsonUnusable(reason=f"its script `{name}` is not a string")
        _refuse_unfit(command, f"its script `{name}`")
        commands[name] = command.strip()
    return _with_variables(
        AppJson(test=commands["test"], setup=commands["test-setup"]), document
    )


def _with_variables(app_json: AppJson, document: object) -> AppJson:
    """Add the variables; those of the environment `test` have priority.

    https://devcenter.heroku.com/articles/app-json-schema#env
    """
    variables, generated, without_value = {}, [], []
    unfit = {
        ".".join(path): "it is not an object"
        for path in _PATHS_OF_ENV
        if not isinstance(_found(document, *path) or {}, dict)
    }
    entries = {
        name: one for path in _PATHS_OF_ENV for name, one in _table(document, *path).items()
    }
    for name, entry in entries.items():
        table: Mapping[str, Any] = entry if isinstance(entry, dict) else {"value": entry}
        value, generator = table.get("value"), table.get("generator")
        if isinstance(value, str):
            _refuse_unfit(f"{name}={value}", "one of its variables for the tests")
            variables[name] = value
        elif "value" in table:
            unfit[name] = f"its value is not a string. Write {_as_string(name, value)}"
        elif generator == "secret":
            generated.append(name)
        elif generator is not None:
            unfit[name] = 'Heroku has no such generator, only "secret"'
        elif table.get("required") is not False:
            without_value.append(name)
    return replace(
        app_json,
        variables=variables,
        generated=tuple(generated),
        without_value=tuple(without_value),
        unfit=unfit,
        has_services=any(_found(document, *path[:-1], "addons") for path in _PATHS_OF_ENV),
    )


def _as_string(name: str, value: object) -> str:
    is_plain = isinstance(value, bool | int | float)
    text = json.dumps(value) if is_plain else "VALUE"
    return f"`{json.dumps(name)}: {json.dumps(text)}`"


def notices_about_variables(app_json: AppJson, known: Container[str]) -> Iterator[str]:
    """Say which variables of an app.json the tests do not get, and what to write.

    `known` has the names that are set.
    """
    for name, why in app_json.unfit.items():
        if name not in known:
            yield f"Not using `{printable(name)}` of app.json: {why}"
    missing = [name for name in app_json.without_value if name not in known]
    if missing:
        yield (
            f"app.json has no value for {in_a_row(missing)}. Write the value that tests need "
            "to `environments.test.env`"
        )
    settings = [name for name in app_json.settings if name not in known]
    if settings:
        yield (
            f"Not using {in_a_row(settings)} of app.json: only Heroku sets settings of Slipway "
            "from there before a build. Set them for bin/test-compile, or in [tool.slipway] of "
            "pyproject.toml"
        )


def in_a_row(names: Sequence[str]) -> str:
    """Name variables in a sentence."""
    *first, last = map(printable, names)
    return f"{', '.join(first)} and {last}" if first else last


def _refuse_unfit(text: str, subject: str) -> None:
    """Refuse what Linux passes to no process."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise AppJsonUnusable(reason=f"{subject} has a character that no program can get")
    if len(text.encode()) > _MOST:
        raise AppJsonUnusable(reason=f"{subject} is longer than 128 KiB")


def _table(document: object, *path: str) -> Mapping[str, Any]:
    found = _found(document, *path)
    return found if isinstance(found, dict) else {}


def _found(document: object, *path: str) -> object:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document
