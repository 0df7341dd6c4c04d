"""Sets environment variables for the app's processes whenever one starts.

    exec_d.py SETTING...    with file descriptor 3 open, for `NAME = "value"` lines of TOML

https://github.com/buildpacks/spec/blob/main/buildpack.md#execd

DATABASE_URL and REDIS_URL come from service credentials, and the variables of web servers from
the limits of the container and the platform: see server_defaults.py, which also says what a
SETTING is. Values that the user has set stay, even empty ones, but for a WEB_CONCURRENCY with
which no server starts. No problem prevents the app from starting: each one is reported in a
line on stderr, and the exit status is 0.

Runs in the app's Python, 3.8 or newer, as `python -I -S -B`. Imports take most of the time, so
each module is imported only if it is needed.
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

OUTPUT = 3
"""The file descriptor that the launcher reads."""
LONGEST = 32 * 1024
"""The most characters of a value: Linux cannot start a program with 128 KiB (E2BIG)."""


def main() -> None:
    environment = dict(os.environ)
    warnings: list[str] = []
    values = new_values(environment, warnings)
    for warning in warnings:
        warn(warning)
    try:
        write("".join(f"{name} = {toml_string(value)}\n" for name, value in values.items()))
    except OSError as error:
        warn(
            "No environment variables could be set, because writing to file descriptor "
            f"{OUTPUT} failed: {error.strerror}."
        )


def new_values(environment: dict[str, str], warnings: list[str]) -> dict[str, str]:
    """Return the variables to set; add problems to `warnings`, as sentences."""
    values: dict[str, str] = {}
    for source, subject in (
        (from_services, "The credentials of the app's services"),
        (from_container, "The container and its platform"),
    ):
        try:
            found = source(environment, warnings)
        except Exception as error:  # noqa: BLE001 - the app must start in any case
            # Not the error's text, which may quote a credential.
            name = type(error).__name__
            warnings.append(
                f"{subject} set no variables, because Slipway failed to read them ({name}). "
                "Please report it."
            )
            continue
        for name, value in found.items():
            if is_settable(value):
                values[name] = value
            else:
                warnings.append(f"{name} is not set: its value is too long or not valid text.")
    return values


def from_services(environment: dict[str, str], warnings: list[str]) -> dict[str, str]:
    from bindings import find_bindings

    bindings = find_bindings(environment, warnings)
    if not bindings:
        return {}
    from service_urls import urls

    return urls(bindings, environment, warnings)


def from_container(environment: dict[str, str], warnings: list[str]) -> dict[str, str]:
    from server_defaults import server_defaults

    return server_defaults(environment, sys.argv[1:], warnings)


def is_settable(value: str) -> bool:
    """Tell whether the launcher can read the value and start a process with it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value and len(value) <= LONGEST


def toml_string(text: str) -> str:
    """Render a TOML basic string (https://toml.io/en/v1.0.0#string)."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character < " " or character == "\x7f":
        return f"\\u{ord(character):04X}"
    return character


def write(text: str) -> None:
    with open(OUTPUT, "wb", closefd=False) as stream:
        stream.write(text.encode())


def warn(warning: str) -> None:
    try:
        print(f"Slipway: {warning}", file=sys.stderr)
    except OSError:
        # Nothing reads stderr any more.
        return


if __name__ == "__main__":
    main()
