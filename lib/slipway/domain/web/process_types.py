"""Process types: those of the app's Procfile, or Slipway's defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from slipway.domain.django.release_step import COMMAND
from slipway.domain.redaction import is_secret_name, printable, redact

_NAME = re.compile(r"[A-Za-z0-9._-]+")
"""https://github.com/buildpacks/spec/blob/main/buildpack.md#launchtoml-toml; Heroku's names
have no dots."""
_FOLDED = re.compile(r"[>|][+-]?")
"""How YAML begins a text that follows in more lines."""
_USUAL_NAMES = "web|worker|release|clock|beat|scheduler"
_LIKE_A_LINE = re.compile(
    r"(?:-\s+(?P<plain>[\w.-]+):(?=\s)"
    r"|(?:-\s+)?(?P<quote>[\"'])(?P<quoted>[\w.-]+)(?P=quote)\s*:"
    rf"|(?P<usual>{_USUAL_NAMES})(?:\s*=|(?=\s)(?!\s*:)))"
    r"\s*(?P<command>\S.*)",
    re.ASCII,
)
"""A line that is certainly meant to be a process type."""
_WORD = re.compile(r"\w[\w-]*")
_MOST_NOTICES = 5
_LONGEST = 60


class ProcfileLine(NamedTuple):
    number: int
    text: str
    """As it is in the file."""
    name: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Procfile:
    lines: tuple[ProcfileLine, ...]
    """The lines that define a process type."""
    notices: tuple[str, ...]
    """What the Procfile says that nothing follows."""
    is_web_corrected: bool = False
    """Whether a notice has the line to write for `web`."""
    web_line: int = 0
    """The line that names `web` without a command; 0 if there is none, or another counts."""
    is_yaml: bool = False
    """Whether the platform reads it as YAML, and so did the build."""

    @property
    def processes(self) -> Mapping[str, str]:
        """Process type -> command, as the lines have it."""
        return {line.name: line.command for line in self.lines}


def parse_procfile(text: str, file: str = "Procfile") -> Procfile:
    """Parse a Procfile as herokuish does: the first of a name counts, `#` lines do not.

    Each other line that is not a process type is named in a notice, with the path `file`.
    """
    found: dict[str, ProcfileLine] = {}
    notices: list[str] = []
    is_web_corrected = False
    web_line = 0
    lines = re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))
    for number, text_of_line in enumerate(lines, 1):
        line = text_of_line.strip()
        if not line or line.startswith("#"):
            continue
        name, colon, command = (part.strip() for part in line.partition(":"))
        problem = why_ignored(name, colon, command, found)
        if problem:
            if name == "web" and colon and not web_line:
                web_line = number
            name, correction = meant_by(line)
            is_web_corrected |= name == "web"
            better = f". Write `{name}: {correction}`" if correction else ""
            notices.append(f"{file}, line {number}: ignoring {problem}{better}")
            continue
        found[name] = ProcfileLine(number, text_of_line, name, command)
        notices += notices_about_command(f"{file}, line {number}", name, command)
    if not found:
        notices.append(f"{file} has no process type")
    return Procfile(
        lines=tuple(found.values()),
        notices=first_notices(file, notices),
        is_web_corrected=is_web_corrected and "web" not in found,
        web_line=0 if "web" in found else web_line,
    )


def notices_about_command(place: str, name: str, command: str) -> Iterator[str]:
    """Yield what is probably not meant in a command; `place` is the file and the line."""
    if is_continued(command):
        yield (
            f"{place}: a command is a single line, and the `\\` at the end of it does not "
            "continue it"
        )
    if not command.replace("\t", " ").isprintable():
        yield f"{place}: the command of `{name}` has invisible characters: `{_shown(command)}`"


def first_notices(file: str, notices: Sequence[str]) -> tuple[str, ...]:
    """Return notices, of many only the first, and how many more there are."""
    more = len(notices) - _MOST_NOTICES
    if more < 2:
        return tuple(notices)
    return (*notices[:_MOST_NOTICES], f"{file}: there are {more} more problems of this kind")


def why_ignored(
    name: str, colon: str, command: str, found: Mapping[str, ProcfileLine]
) -> str | None:
    """Return which part of a line is ignored and why; None if it is a process type."""
    shown = f"`{_shown(name)}`"
    if not colon:
        return f"{shown}, because a process type is `NAME: COMMAND` in a single line"
    if not is_name(name):
        return (
            f"{shown}, because the name of a process type can only have the letters A to Z, "
            "digits, `.`, `_` and `-`"
        )
    if not command or _FOLDED.fullmatch(command):
        return f"{shown}, because its command must follow in the same line"
    if name in found:
        return f"the second {shown}, because line {found[name].number} defines it"
    if "\0" in command:
        return f"{shown}, because its command has a null byte"
    return None


def is_name(text: str) -> bool:
    """Return whether every platform takes a text for the name of a process type."""
    return bool(_NAME.fullmatch(text))


def meant_by(line: str) -> tuple[str, str]:
    """Return the name and the command that a line is meant to have; empty if that is unclear.

    A line that may have a secret gets none.
    """
    found = _LIKE_A_LINE.fullmatch(line)
    if not found or not line.isprintable() or any(map(is_secret_name, _WORD.findall(line))):
        return "", ""
    name = found["quoted"] or found["plain"] or found["usual"]
    command = found["command"]
    if command[0] in "\"'" and command.find(command[0], 1) == len(command) - 1:
        command = command[1:-1].strip()
    is_other = re.search(r":\s", command) or _FOLDED.fullmatch(command)
    if not command or is_other or redact(command) != command:
        return "", ""
    return name, command


def is_continued(command: str) -> bool:
    """Return whether a line ends with a backslash that nothing quotes."""
    return (len(command) - len(command.rstrip("\\"))) % 2 == 1


def _shown(text: str) -> str:
    """Show a part of a line, but no value that is assigned to a variable."""
    name, sign, _ = text.partition("=")
    text = printable(redact(f"{name}=..." if sign and " " not in name else text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def default_processes(
    web: str | None, manage: str | None, *, has_release: bool
) -> dict[str, str]:
    """Return the process types of an app without a Procfile.

    `web` is the command of that process, `manage` is Django's manage.py, and `has_release` says
    whether the platform's release phase runs the release step.
    """
    processes = {"web": web} if web else {}
    if manage:
        if has_release:
            processes["release"] = COMMAND
        processes["manage"] = f"python {manage}"
    return processes


def render_procfile(processes: Mapping[str, str]) -> str:
    """Write one line for each process type; `parse_procfile` reads it back."""
    return "".join(f"{name}: {command}\n" for name, command in processes.items())


def render_release(processes: Mapping[str, str]) -> str:
    """Render the YAML that `bin/release` prints; JSON's quoting is also valid YAML."""
    if not processes:
        return ""
    entries = "".join(
        f"  {name}: {json.dumps(command)}\n" for name, command in processes.items()
    )
    return f"---\ndefault_process_types:\n{entries}"
