"""Recognize the output of other commands in requirements files, and paths of other machines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slipway.domain.requirements.lines import Line
from slipway.errors.requirement_files import (
    RequirementsAtPathsElsewhere,
    RequirementsOfAnotherFormat,
)

_FROM_CONDA = ("python -m pip list --format=freeze > requirements.txt",)
_FORMATS = (
    ("conda list --explicit", r"^@EXPLICIT\b", r"^(?:@EXPLICIT|\w+://\S+)", _FROM_CONDA),
    (
        "conda list --export",
        r"^\w[\w.-]*=[^=\s]+=[^=\s]+[ \t]*$",
        r"^[\w.-]+=[^=\s]+(?:=[^=\s]+)?[ \t]*$",
        _FROM_CONDA,
    ),
    ("conda list", r"^# packages in environment at ", r"^[\w.-]+[ \t]+\d\S*.*$", _FROM_CONDA),
    (
        "conda env export",
        r"^dependencies:[ \t]*\n[ \t]*- ",
        r"^(?:[a-z]+:.*|[ \t]*- .+)$",
        _FROM_CONDA,
    ),
    (
        "pip list",
        r"^Package[ \t]+Version\b.*\n-+ -+",
        r"^(?:Package[ \t].*|-+ -+.*|[\w.-]+[ \t]+\d\S*.*)$",
        ("python -m pip freeze > requirements.txt",),
    ),
)
"""Command, what shows that it wrote a file, its lines, and what writes one for pip.

https://docs.conda.io/projects/conda/en/stable/commands/list.html
"""
_ALL = tuple(
    (command, re.compile(mark, re.MULTILINE), re.compile(lines), commands)
    for command, mark, lines, commands in _FORMATS
)


def refuse_other_formats(text: str, file: str) -> None:
    """Stop if another command than `pip freeze` wrote a requirements file.

    Raises RequirementsOfAnotherFormat, which names all lines that pip does not accept.
    """
    for command, mark, pattern, commands in _ALL:
        if mark.search(text):
            lines = [
                f"{number}: {line.strip()}"
                for number, line in enumerate(text.splitlines(), start=1)
                if pattern.match(line)
            ]
            raise RequirementsOfAnotherFormat(
                file=file, written_by=command, commands=commands, lines=tuple(lines)
            )


def refuse_paths_elsewhere(lines: Iterable[Line]) -> None:
    """Stop if requirements with a name have absolute paths, as `pip freeze` may write them.

    Raises RequirementsAtPathsElsewhere, which names all of them.
    """
    found = [line for line in lines if line.name and (line.local_path or "").startswith("/")]
    if found:
        raise RequirementsAtPathsElsewhere(
            files=tuple(dict.fromkeys(line.file for line in found)),
            lines=tuple(f"{line.place}: {line.text}" for line in found),
        )
