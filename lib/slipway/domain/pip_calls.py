"""What the scripts of an app install with pip, as far as their text tells."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from slipway.domain.web.programs import Started, joined, python_start, started_programs
from slipway.domain.web.shell_commands import ShellSyntaxError

_PIP = re.compile(r"pip(3(\.\d+)?)?")
_FILES = ("-r", "--requirement")
_OTHERS_WITH_VALUE = frozenset(
    {
        *("-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links"),
        *("-t", "--target", "--prefix", "--root", "--src", "--cache-dir", "--timeout"),
        *("--platform", "--python-version", "--trusted-host", "--no-binary", "--only-binary"),
    }
)
_EDITABLE = ("-e", "--editable")
_TOOLS = re.compile(r"(pip|setuptools|wheel)\b(?!-)")
"""What scripts often bring up to date before they install something."""


@dataclass(frozen=True, kw_only=True)
class PipCall:
    """What the calls of `pip install` in a script name."""

    files: tuple[str, ...] = ()
    """Requirements files, relative to the folder in which the script starts."""
    requirements: tuple[str, ...] = ()
    """Other arguments, as in a requirements file."""


def pip_calls(script: str) -> PipCall | None:
    """Return what a command installs with pip; None if it does not call `pip install`."""
    calls = []
    with suppress(ShellSyntaxError):
        calls = [one for started in started_programs(script) for one in _calls(started)]
    if not calls:
        return None
    return PipCall(
        files=tuple(dict.fromkeys(file for one in calls for file in one.files)),
        requirements=tuple(dict.fromkeys(line for one in calls for line in one.requirements)),
    )


def _calls(started: Started) -> Iterator[PipCall]:
    arguments = _arguments_of_install(started)
    rest = iter(arguments or ())
    files, requirements = [], []
    for argument in rest:
        option, equals, value = argument.partition("=")
        if argument in _FILES:
            files.append(next(rest, ""))
        elif option in _FILES and equals:
            files.append(value)
        elif argument[:2] in _FILES:
            files.append(argument[2:])
        elif argument in _EDITABLE:
            requirements.append(f"-e {next(rest, '.')}")
        elif argument in _OTHERS_WITH_VALUE:
            next(rest, "")
        elif not argument.startswith("-") and not _TOOLS.match(argument):
            requirements.append(argument)
    places = (joined(started.folder, file) for file in files)
    if arguments is not None:
        yield PipCall(files=tuple(filter(None, places)), requirements=tuple(requirements))


def _arguments_of_install(started: Started) -> list[str] | None:
    """Return the known arguments of `pip install`; None for another command."""
    python = python_start(started)
    is_pip = python.module == "pip" if python else _is_pip(started.program)
    arguments = [*(python.arguments if python else started.arguments)]
    if not is_pip or "install" not in arguments:
        return None
    return [one for one in arguments[arguments.index("install") + 1 :] if one is not None]


def _is_pip(program: str) -> bool:
    return _PIP.fullmatch(posixpath.basename(program)) is not None
