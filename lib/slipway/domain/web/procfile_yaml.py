"""A Procfile as Cloud Foundry reads it: as YAML, a mapping of text to text.

Heroku and herokuish read it line by line, as `parse_procfile` does. This module is for builds
where the platform reads YAML, because the processes that a build proves and records must be
those that the platform will start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slipway.domain.redaction import redact
from slipway.domain.web.command_draft import App, Draft
from slipway.domain.web.plain_words import needs_of_yaml
from slipway.domain.web.process_types import (
    Procfile,
    ProcfileLine,
    first_notices,
    is_continued,
    is_name,
    meant_by,
    notices_about_command,
    parse_procfile,
)
from slipway.domain.web.procfile_entries import (
    ONE_LINE,
    NotYaml,
    YamlEntry,
    entries_of,
    is_a_document,
)
from slipway.domain.web.procfile_lint import secrets_in, shown, with_exec
from slipway.domain.web.shell_commands import (
    ShellSyntaxError,
    ShellTooComplex,
    SimpleCommand,
    read_shell_line,
)
from slipway.errors.web import CommandChangedByYaml, LineNotYaml, ProcfileNotYaml

_LONGEST = 100_000
"""Characters of a Procfile that is read as YAML; longer ones are not written by people."""
_MOST_LINES = 200
_MOST_NAMES = 3
_NAME_AND_COLON = re.compile(r"\s*[^\s:=]+\s*:")
_ENDS_DOCUMENT = re.compile(r"(---|\.\.\.)(\s|$)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Characters that no command needs, and that YAML does not allow."""
_NOWHERE = App(
    processes={}, default=lambda: None, modern=lambda _line: None, packages=(), folder=""
)


def read_as_yaml(text: str, others: Procfile) -> Procfile:
    """Read a Procfile as Cloud Foundry does: the last of a name counts, quotes are removed.

    `others` is what `parse_procfile` finds in the text. A notice names each process type that
    is read differently.

    Raises ProcfileNotYaml, or CommandChangedByYaml if bash cannot read what YAML makes of a
    command that it could read in the file.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > _LONGEST:
        notice = (
            f"The Procfile has more than {_LONGEST} characters, so it is not checked as YAML"
        )
        return Procfile(lines=others.lines, notices=(*others.notices, notice))
    lines = _lines_of(text)
    try:
        entries = [*entries_of(text)]
    except NotYaml as problem:
        raise _explained(lines, others, problem, text) from None
    last = {entry.name: entry for entry in entries}
    read = dict[str, ProcfileLine]()
    notices = list[str]()
    for entry in last.values():
        unusable = _why_unusable(entry)
        if unusable:
            notices.append(f"Procfile, line {entry.number}: {unusable}")
            continue
        text_of_line = lines[entry.number - 1] if entry.number <= len(lines) else ""
        read[entry.name] = ProcfileLine(entry.number, text_of_line, entry.name, entry.command)
    changed = [*_changed_for_the_worse(read, others)]
    if changed:
        raise CommandChangedByYaml(lines=tuple(changed))
    notices += _differences(read, entries, others, lines)
    if not last:
        notices.append("Procfile has no process type")
    return Procfile(
        lines=tuple(read.values()),
        notices=first_notices("Procfile", notices),
        web_line=last["web"].number if "web" in last and "web" not in read else 0,
        is_yaml=True,
    )


def _why_unusable(entry: YamlEntry) -> str:
    """Say what the platform gets of a process type that the build cannot check, or empty."""
    name = f"`{shown(entry.name)}`"
    remedy = f"line {entry.number}, or delete it"
    if not is_name(entry.name):
        return (
            f"Cloud Foundry gets a process type {name}, and other platforms ignore it, because "
            "the name of a process type can only have the letters A to Z, digits, `.`, `_` "
            f"and `-`. Rename it, or delete line {entry.number}"
        )
    if not entry.command:
        return (
            f"Cloud Foundry gets the process type {name} without a command. Complete {remedy}"
        )
    if "\0" in entry.command:
        return (
            f"Cloud Foundry gets a command with a null byte for {name}, which nothing can "
            f"start. Correct {remedy}"
        )
    return ""


# What to write instead


def _lines_of(text: str) -> list[str]:
    return re.split(r"\r\n|\n|\r", text)


class _Advised(NamedTuple):
    """A line that every platform reads as the same command, and the script that it starts."""

    line: str
    script: str = ""
    content: str = ""
    """What the script must have; empty if that has secrets."""


def _advised(name: str, command: str, text: str) -> tuple[_Advised | None, list[str]]:
    """Return what to write for a command, None if that is unclear, and what is wrong now."""
    command = _CONTROLS.sub("", command)
    draft = Draft(name=name, command=command, app=_NOWHERE)
    reasons = [*needs_of_yaml(text, draft)]
    has_secret = bool([*secrets_in(command)]) or redact(command) != command
    if not _can_start(command):
        return None, reasons
    if not draft.needs_script:
        line = f"{name}: {command}"
        is_clear = not has_secret and _is_read_alike(line)
        return (_Advised(line) if is_clear else None), reasons
    script = f"bin/{name}.sh"
    advised = _Advised(
        f"{name}: bash {script}", script, "" if has_secret else with_exec(command)
    )
    return advised, reasons


def _can_start(command: str) -> bool:
    """Return whether a shell can start a command, and the first program has a usual name."""
    try:
        pipelines = read_shell_line(command).pipelines
    except ShellSyntaxError:
        return False
    first = pipelines[0].commands[0] if pipelines else None
    if not isinstance(first, SimpleCommand) or not first.words:
        return first is not None
    program = first.words[0].text
    return program == "[" or program[0] not in "[]{}*!%@,?"


def _is_read_alike(text: str) -> bool:
    """Return whether YAML and `parse_procfile` find the same in a text."""
    try:
        entries = [*entries_of(text)]
    except NotYaml:
        return False
    return {one.name: one.command for one in entries} == dict(parse_procfile(text).processes)


def _explained(
    lines: Sequence[str], others: Procfile, problem: NotYaml, text: str
) -> ProcfileNotYaml:
    """Find the lines that are no YAML even alone, and what to write instead of them.

    If there are none, the `problem` is in how the lines follow each other.
    """
    found = list[LineNotYaml]()
    is_yaml = problem.is_valid and is_a_document(text)
    known = {line.number: line for line in others.lines}
    corrected = list[_Advised | None]()
    for number, one in enumerate(lines[:_MOST_LINES], 1):
        if not one.strip() or one.lstrip().startswith("#"):
            continue
        line = known.get(number)
        name, command = (line.name, line.command) if line else meant_by(one.strip())
        advised, reasons = _advised(name, command, one) if command else (None, [])
        corrected.append(advised)
        alone = _problem_alone(one)
        is_valid = alone is not None and alone.is_valid and is_a_document(one)
        is_part = (line is None and one[0] in " \t") or (is_yaml and not is_valid)
        if alone is None or is_part:
            continue
        is_collection = is_valid and alone.reason != ONE_LINE
        is_named = _NAME_AND_COLON.match(one) and not is_collection
        reason = f"YAML {reasons[0]}" if reasons and is_named else alone.reason
        unusable = name if command and not _can_start(command) else ""
        found.append(_line(number, one, reason, advised, unusable))
    if found:
        return ProcfileNotYaml(lines=tuple(found), is_yaml=is_yaml)
    whole = tuple(one.line for one in corrected if one and not one.script)
    is_whole = len(whole) == len(corrected) and _is_read_alike("\n".join(whole))
    one = lines[problem.number - 1] if problem.number <= len(lines) else ""
    return ProcfileNotYaml(
        lines=(_line(problem.number, one, problem.reason, None),),
        whole=whole if is_whole else (),
        is_yaml=is_yaml,
    )


def _changed_for_the_worse(
    read: Mapping[str, ProcfileLine], others: Procfile
) -> Iterator[LineNotYaml]:
    """Yield the lines whose command bash can read in the file, but not as YAML reads it."""
    elsewhere = {line.number: line for line in others.lines}
    for line in read.values():
        other = elsewhere.get(line.number)
        if other is None or line.command == other.command or not _can_start(other.command):
            continue
        try:
            read_shell_line(line.command)
        except ShellTooComplex:
            continue
        except ShellSyntaxError:
            advised, _ = _advised(line.name, other.command, line.text)
            rest = other.command.removeprefix(line.command).lstrip()
            is_cut = rest != other.command and rest.startswith("#")
            because = "takes `#` after a blank for a comment, and " if is_cut else ""
            reason = (
                f"YAML {because}makes `{shown(line.command)}` of the command, which bash "
                "cannot read"
            )
            yield _line(line.number, line.text, reason, advised)


def _line(
    number: int, text: str, reason: str, advised: _Advised | None, unusable: str = ""
) -> LineNotYaml:
    instead = advised or _Advised("")
    return LineNotYaml(
        number=number,
        text=shown(text.strip()),
        reason=reason,
        line=instead.line,
        script=instead.script,
        content=instead.content,
        name=unusable,
    )


def _problem_alone(line: str) -> NotYaml | None:
    """Return why a line is refused if nothing precedes and follows it; None if it is not."""
    try:
        return None if [*entries_of(line)] else NotYaml(1, ONE_LINE)
    except NotYaml as problem:
        return problem


# What other platforms read


def _differences(
    read: Mapping[str, ProcfileLine],
    entries: Sequence[YamlEntry],
    others: Procfile,
    lines: Sequence[str],
) -> Iterator[str]:
    """Yield what is probably not meant in the process types, or not the same elsewhere."""
    elsewhere = {line.name: line for line in others.lines}
    first = dict[str, YamlEntry]()
    repeated = set[str]()
    for entry in entries:
        if first.setdefault(entry.name, entry).command != entry.command:
            repeated.add(entry.name)
    for line in read.values():
        earlier = first[line.name].number if line.name in repeated else None
        continued = _continued(line, lines)
        if continued:
            yield _notice_about_backslash(line, continued)
        else:
            yield from _notices_about(line, elsewhere.get(line.name), earlier)
    end = _end_of_document(lines)
    unread = [one for one in others.lines if one.name not in first and one.number > end > 0]
    if unread:
        names = ", ".join(f"`{one.name}`" for one in unread[:_MOST_NAMES])
        more = ", ..." if len(unread) > _MOST_NAMES else ""
        yield (
            f"Procfile, line {end}: Cloud Foundry, which reads the Procfile as YAML, reads "
            f"nothing after `{lines[end - 1][:3]}`, so it finds no {names}{more}. Delete line "
            f"{end}"
        )
    for other in others.lines:
        # An indented line belongs to the one before.
        is_unread = other.name not in first and other not in unread
        if is_unread and other.text[0] not in " \t":
            yield (
                f"Procfile, line {other.number}: Cloud Foundry, which reads the Procfile as "
                f"YAML, finds no process type `{other.name}`"
            )


def _end_of_document(lines: Sequence[str]) -> int:
    """Return the number of the line that ends the first document; 0 if all lines are read."""
    has_begun = False
    for number, text in enumerate(lines, 1):
        if has_begun and _ENDS_DOCUMENT.match(text):
            return number
        has_begun = has_begun or bool(text.strip() and text[0] not in "#%")
    return 0


def _continued(line: ProcfileLine, lines: Sequence[str]) -> str:
    """Return the command that is meant if lines are continued by a backslash; else empty.

    YAML joins them by a blank, and keeps the backslash before it.
    """
    parts = [line.text.partition(":")[2].strip()]
    for text in lines[line.number :]:
        if not is_continued(parts[-1]):
            break
        parts.append(text.strip())
    if len(parts) == 1 or " ".join(parts) != line.command:
        return ""
    return " ".join([*(part[:-1].rstrip() for part in parts[:-1]), parts[-1]])


def _notice_about_backslash(line: ProcfileLine, meant: str) -> str:
    advised, _ = _advised(line.name, meant, f"{line.name}: {meant}")
    return (
        f"Procfile, line {line.number}: a command is a single line, and the `\\` at the end of "
        "it does not continue it: Cloud Foundry, which reads the Procfile as YAML, starts "
        f"`{shown(line.command)}` as `{line.name}`{_in_words(advised)}"
    )


def _notices_about(
    line: ProcfileLine, other: ProcfileLine | None, earlier: int | None
) -> Iterator[str]:
    """Yield what is probably not meant in a process type, and how other platforms read it.

    They find it in the line `other`; `earlier` is the number of a line with the same name.
    """
    place = f"Procfile, line {line.number}"
    yield from notices_about_command(place, line.name, line.command.replace("\n", " "))
    if earlier is not None:
        yield (
            f"{place}: Cloud Foundry starts the last `{line.name}`, this one, and other "
            f"platforms start the first, in line {earlier}. Delete one of them"
        )
        return
    if other is not None and (
        other.command == line.command or _is_comment_alone(line.command, other.command)
    ):
        return
    is_quoted = other is None or other.command[:1] + other.command[-1:] in ("''", '""')
    is_longer = other is not None and line.command.startswith(other.command)  # in more lines
    meant = line.command if is_quoted or is_longer or other is None else other.command
    advised, _ = _advised(line.name, meant, f"{line.name}: {meant}")
    elsewhere = f"`{shown(other.command)}`" if other else "nothing"
    yield (
        f"{place}: Cloud Foundry, which reads the Procfile as YAML, starts "
        f"`{shown(line.command)}` as `{line.name}`, and other platforms start {elsewhere}"
        f"{_in_words(advised)}"
    )


def _is_comment_alone(command: str, with_comment: str) -> bool:
    """Return whether YAML left out only what a shell takes for a comment, too."""
    rest = with_comment.removeprefix(command).lstrip()
    if not command or rest == with_comment or not rest.startswith("#"):
        return False
    try:
        read_shell_line(command)
    except ShellSyntaxError:
        return False
    return True


def _in_words(advised: _Advised | None) -> str:
    if advised is None or (advised.script and not advised.content):
        return ". To start the same everywhere, move the command to a script"
    if advised.script:
        return (
            f". Write `{advised.content}` to a file {advised.script}, and `{advised.line}` to "
            "the Procfile"
        )
    return f". Write `{advised.line}`"
