"""Sets environment variables for the app's processes whenever one starts.

    start_variables.py OUTPUT [--services] SETTING...

OUTPUT is `shell` for commands on stdout, which the profile script of a classic platform
evaluates, or `launcher` for lines of TOML on file descriptor 3, which a Cloud Native launcher
reads (https://github.com/buildpacks/spec/blob/main/buildpack.md#execd).

With `--services`, variables such as DATABASE_URL are set from the credentials of bound
services. The script that starts this one passes it only where services may be bound. The
variables of web servers come from the limits of the container and the platform: see
server_defaults.py, which also says what a SETTING is.

Values that the user has set stay, even empty ones, but for a WEB_CONCURRENCY with which no
server starts, and a DATABASE_URL that the platform has written. No problem prevents the app
from starting: each one is reported in a line on stderr, and the exit status is 0.

Runs in the app's Python, 3.8 or newer, as `python -I -S -B -X utf8`. Imports take most of the
time, so each module is imported only if it is needed.
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

LAUNCHER, SHELL, SERVICES = "launcher", "shell", "--services"
STDOUT, STDERR, LAUNCHER_READS = 1, 2, 3
"""File descriptors."""
LONGEST, LONGEST_TOGETHER = 32 * 1024, 128 * 1024
"""The most bytes of a value, and of all of them: Linux cannot start a program with a variable
of 128 KiB, or with 2 MiB of them (E2BIG)."""
MOST_WARNINGS = 20


def main(output: str, arguments: list[str]) -> None:
    environment = dict(os.environ)
    warnings: list[str] = []
    values = new_values(environment, arguments, warnings)
    if output == SHELL:
        descriptor, content = STDOUT, shell_commands(values, warnings)
    else:
        descriptor, content = LAUNCHER_READS, toml_lines(values)
        for warning in warnings:
            warn(warning)
    try:
        write(descriptor, content)
    except OSError as error:
        warn(
            "No environment variables could be set, because writing to file descriptor "
            f"{descriptor} failed: {error.strerror}."
        )


def new_values(
    environment: dict[str, str], arguments: list[str], warnings: list[str]
) -> dict[str, str]:
    """Return the variables to set; add problems to `warnings`, as sentences."""
    values: dict[str, str] = {}
    settings = [argument for argument in arguments if argument != SERVICES]
    try:
        from server_defaults import server_defaults

        values.update(server_defaults(environment, settings, warnings))
    except Exception as error:  # noqa: BLE001 - the app must start in any case
        warnings.append(failure("The container and its platform", error))
    if SERVICES in arguments:
        values.update(from_services(environment, warnings))
    values = settable(values, warnings)
    shorten(warnings)
    return values


def from_services(environment: dict[str, str], warnings: list[str]) -> dict[str, str]:
    """Return the variables of bound services; add problems to `warnings`, as sentences."""
    try:
        from bound_services.places import find_bindings

        bindings = find_bindings(environment, warnings)
        if not bindings:
            return {}
        from bound_services.private_files import PrivateFiles
        from bound_services.variables import service_variables

        files = PrivateFiles(environment=environment)
        return service_variables(bindings, environment, files, warnings)
    except Exception as error:  # noqa: BLE001 - the app must start in any case
        warnings.append(failure("The credentials of the app's services", error))
        return {}


def failure(subject: str, error: Exception) -> str:
    """Return a warning without the error's text, which may quote a credential."""
    return (
        f"{subject} set no variables, because Slipway failed to read them "
        f"({type(error).__name__}). Please report it."
    )


def settable(values: dict[str, str], warnings: list[str]) -> dict[str, str]:
    """Return the values with which a process can be started; name the others in `warnings`."""
    found: dict[str, str] = {}
    size = 0
    for name, value in values.items():
        if not is_settable(value) or len(name) > LONGEST:
            problem = "its value is too long or not valid text"
        elif size + len(name) + len(value.encode()) > LONGEST_TOGETHER:
            problem = "the values of all services are too long together"
        else:
            size += len(name) + len(value.encode())
            found[name] = value
            continue
        warnings.append(f"{name[:100]} is not set: {problem}.")
    return found


def shorten(warnings: list[str]) -> None:
    """Keep the first warnings, and say how many more there are."""
    if len(warnings) > MOST_WARNINGS:
        more = len(warnings) - MOST_WARNINGS
        warnings[MOST_WARNINGS:] = [f"There are {more} more problems with services."]


def is_settable(value: str) -> bool:
    """Tell whether the launcher can read the value and start a process with it."""
    try:
        return "\0" not in value and len(value.encode()) <= LONGEST
    except UnicodeEncodeError:
        return False


def toml_lines(values: dict[str, str]) -> str:
    """Write TOML's basic strings (https://toml.io/en/v1.0.0#string)."""
    return "".join(
        f'{name} = "{"".join(map(_in_toml, value))}"\n' for name, value in values.items()
    )


def _in_toml(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character < " " or character == "\x7f":
        return f"\\u{ord(character):04X}"
    return character


def shell_commands(values: dict[str, str], warnings: list[str]) -> str:
    """Write commands for any POSIX shell that set the variables and write the warnings."""
    lines = [f"export {name}={_in_shell(value)}\n" for name, value in values.items()]
    # Under `set -e`, a closed stderr must not end the shell.
    lines += [
        f"printf '%s\\n' {_in_shell(f'Slipway: {warning}')} >&2 || :\n" for warning in warnings
    ]
    return "".join(lines)


def _in_shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def warn(warning: str) -> None:
    try:
        write(STDERR, f"Slipway: {warning}\n")
    except OSError:
        # Nothing reads stderr any more.
        return


def write(descriptor: int, content: str) -> None:
    """Write text, which only in messages may have other characters than UTF-8 has.

    Raises OSError.
    """
    # Not sys.stdout, which is None if it is closed.
    with open(descriptor, "wb", closefd=False) as stream:
        stream.write(content.encode("utf-8", "backslashreplace"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
