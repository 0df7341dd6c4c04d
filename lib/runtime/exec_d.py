"""Sets variables of an app's processes, each time one starts.

    exec_d.py    with file descriptor 3 open, for `NAME = "value"` lines of TOML

https://github.com/buildpacks/spec/blob/main/buildpack.md#execd

Service credentials become DATABASE_URL and REDIS_URL, the limits of the container become
WEB_CONCURRENCY; values that the user has set are kept, empty ones too. No problem keeps an app
from starting: it becomes a line on stderr, and the exit status is 0.

Runs in the app's Python, 3.8 or newer, as `python -I -S -B`. Imports take most of its time,
so each module is imported only when it is needed.
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

OUTPUT = 3
"""The file descriptor that the launcher reads."""
LONGEST = 32 * 1024
"""Characters of a value: with one of 128 KiB, Linux starts no program at all (E2BIG)."""


def main() -> None:
    environment = dict(os.environ)
    warnings: list[str] = []
    values = new_values(environment, warnings)
    for warning in warnings:
        warn(warning)
    try:
        write("".join(f"{name} = {toml_string(value)}\n" for name, value in values.items()))
    except OSError as error:
        warn(f"Nothing could be set: file descriptor {OUTPUT}: {error.strerror}.")


def new_values(environment: dict[str, str], warnings: list[str]) -> dict[str, str]:
    """Give the variables to set; problems are added to `warnings`, in sentences."""
    values: dict[str, str] = {}
    for source in (from_services, from_container):
        try:
            found = source(environment, warnings)
        except Exception as error:  # noqa: BLE001 - whatever it is, the app starts
            # Not the error's text, which may quote a credential.
            warnings.append(f"{source.__name__} sets nothing: {type(error).__name__}.")
            continue
        for name, value in found.items():
            if is_settable(value):
                values[name] = value
            else:
                warnings.append(f"{name} is not set: no variable can hold its value.")
    return values


def from_services(environment: dict[str, str], warnings: list[str]) -> dict[str, str]:
    from bindings import find_bindings

    bindings = find_bindings(environment, warnings)
    if not bindings:
        return {}
    from service_urls import urls

    return urls(bindings, environment, warnings)


def from_container(environment: dict[str, str], _: list[str]) -> dict[str, str]:
    if "WEB_CONCURRENCY" in environment:
        return {}
    from worker_count import available_cpus, available_memory, worker_count

    return {"WEB_CONCURRENCY": str(worker_count(available_cpus(), available_memory()))}


def is_settable(value: str) -> bool:
    """Tell whether the launcher can read the value, and start a process with it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value and len(value) <= LONGEST


def toml_string(text: str) -> str:
    """Write a basic string (https://toml.io/en/v1.0.0#string)."""
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
        # Nobody reads stderr any more.
        return


if __name__ == "__main__":
    main()
