"""Commands that every platform starts as they are meant: in plain words, and in plain YAML.

Heroku starts a command with bash. herokuish, which Dokku and others use, starts the words that
`echo` prints: https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash.
Cloud Foundry reads the file as YAML: https://docs.cloudfoundry.org/buildpacks/prod-server.html.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from slipway.domain.redaction import printable
from slipway.domain.web.command_draft import (
    Draft,
    Option,
    commands_of,
    options_in,
    pipelines_of,
    simple_command,
)
from slipway.domain.web.listening import HEROKUISH
from slipway.domain.web.shell_commands import (
    BUILTINS,
    Command,
    ShellSyntaxError,
    SimpleCommand,
    Word,
    read_shell_line,
)

_YAML = "Cloud Foundry, which reads the Procfile as YAML,"
_YAML_INDICATORS = "[]{},&*!|>%@`\"'#"
"""With which no plain scalar begins: https://yaml.org/spec/1.2.2/#rule-ns-plain-first."""
_EXPANSION = re.compile(r"\$\([^()]*\)|\$\{[^{}]*\}|`[^`]*`")
_ANY_ADDRESS = re.compile(r"[\"']?\*[\"']?")
_OWN_PROGRAMS = frozenset({"echo", "test", "[", "true", "false", "pwd", "printf", "kill"})
"""Builtins of bash that are programs as well."""
_HARMLESS = _OWN_PROGRAMS | {":", "command", "set", "type", "hash", "wait"}
"""Builtins that change nothing for the program of a later command."""


def use_plain_words(draft: Draft) -> None:
    """Write the command in words that need no shell, or move it to a script."""
    lost = _lost_words(draft)
    if not lost:
        return
    draft.because(
        f"{HEROKUISH} start a command without a shell, so {' and '.join(lost)} "
        f"{'does' if len(lost) == 1 else 'do'} not work there"
    )
    trusted = next(_options_of_any(draft, ("--forwarded-allow-ips",)), None)
    if trusted and _ANY_ADDRESS.fullmatch(trusted.value):
        draft.because("FORWARDED_ALLOW_IPS can be set to `*` as a config variable instead")
        draft.remove(trusted.start, trusted.end)
        if not _lost_words(draft):
            return
    command = _with_env(draft)
    if command is not None:
        draft.command = command
    if command is None or _lost_words(draft):
        draft.needs_script = True


def _options_of_any(draft: Draft, names: Sequence[str]) -> Iterator[Option]:
    for command, _ in commands_of(draft):
        yield from options_in(command.words, names)


def _lost_words(draft: Draft) -> list[str]:
    """Name what in a command needs a shell, at most three of it."""
    lost = dict[str, None]()
    if re.search(r"(?<!&)&$", draft.command):
        lost["`&`"] = None
    for pipeline in pipelines_of(draft):
        if pipeline.operator:
            lost[f"`{pipeline.operator}`"] = None
        if len(pipeline.commands) > 1:
            lost["`|`"] = None
        lost.update(dict.fromkeys(chain.from_iterable(map(_lost_in, pipeline.commands))))
    return [*lost][:3]


def _lost_in(command: Command) -> Iterator[str]:
    if not isinstance(command, SimpleCommand):
        yield f"`{command.keyword}`"
        return
    if command.has_redirections:
        yield "`<` or `>`"
    if command.assignments:
        yield "a variable before a program"
    if command.program in BUILTINS - _OWN_PROGRAMS:
        yield f"`{command.program}`"
    for word in command.words:
        text = _EXPANSION.sub("", word.text)
        if re.search(r"\s", text):
            yield "a quoted blank"
        elif text in ('""', "''"):
            yield "an empty word"
        elif pattern := re.search(r"[*?]|\[[^\]]+\]", text):
            yield f"a pattern such as `{pattern[0]}`"


def _with_env(draft: Draft) -> str | None:
    """Write `cd` and variables as arguments of `env`; None if the command has more."""
    pipelines = pipelines_of(draft)
    commands = [*map(simple_command, pipelines)]
    if any(one.operator not in ("", "&&", ";") for one in pipelines):
        return None
    before = CommandsBefore()
    for command in commands:
        if command is None or command.has_redirections:
            return None
        if command is commands[-1]:
            return before.plain_words(command)
        if not before.follow(command):
            return None
    return None


@dataclass
class CommandsBefore:
    """What the commands of a line change for the program of a later one."""

    folder: str = ""
    variables: list[str] = field(default_factory=list)
    """With their values, as they are written."""
    is_known: bool = True

    def follow(self, command: SimpleCommand) -> bool:
        """Follow `cd` and variables; tell whether the command does nothing else."""
        texts = [word.text for word in command.words]
        own = [word.text for word in command.assignments]
        if texts[:1] == ["cd"] and len(texts) == 2 and not own and texts[1][0] != "-":
            self.folder = posixpath.join(self.folder, texts[1])
            return True
        is_export = texts[:1] == ["export"]
        if not texts or (is_export and not any(text.startswith("-") for text in texts)):
            self.variables += [*own, *(text for text in texts[1:] if "=" in text)]
            return True
        if texts[0] in BUILTINS - _HARMLESS:
            self.is_known = False
        return False

    def plain_words(self, command: SimpleCommand) -> str | None:
        """Return a command that needs nothing before it; None if it has no program."""
        words = [word.text for word in command.words]
        variables = [*self.variables, *(word.text for word in command.assignments)]
        options = [*(("-C", self.folder) if self.folder else ()), *variables]
        while words and words[0] in ("exec", "env"):
            words = words[1:]
        if not words or words[0] in BUILTINS or words[0].startswith("-"):
            return None
        used = {*re.findall(r"\$\{?(\w+)", " ".join([*options, *words]))}
        if used & {text.partition("=")[0] for text in self.variables}:
            return None  # `env` sets a variable only after the shell has replaced it
        needs_env = bool(options) or "=" in words[0]
        return " ".join(["env", *options, *words] if needs_env else words)


def correct_for_yaml(text: str, draft: Draft) -> Iterator[str]:
    """Yield what is wrong for a reader of YAML, and correct it, or move it to a script.

    `text` is the line of the Procfile.
    """
    for reason in needs_of_yaml(text, draft):
        yield f"{_YAML} {reason}"


def needs_of_yaml(text: str, draft: Draft) -> Iterator[str]:
    """Yield the same without its subject, which is YAML.

    These rules find what people write, without a parser of YAML: loading one takes longer than
    a build should, on platforms that do not read YAML.
    """
    text = text.rstrip()
    if not re.match(r"[^:]*:(\s|$)", text):
        yield "needs a blank after the colon"
    if text[:1] in (" ", "\t"):
        yield "needs the name at the beginning of the line"
    if draft.needs_script or not draft.is_clear:
        return
    command = draft.command
    if re.search(r"\s#", "".join(word.text for one in _all_words(draft) for word in one)):
        draft.needs_script = True
        yield "takes ` #` for the beginning of a comment"
    elif command[:1] in _YAML_INDICATORS or command[:2] in ("- ", "? "):
        draft.needs_script = bool(command)
        if command:
            yield f"does not accept `{printable(command[0])}` at the beginning"
    elif re.search(r":(\s|$)", command):
        draft.needs_script = True
        yield "does not accept a colon before a blank"


def _all_words(draft: Draft) -> Iterator[Sequence[Word]]:
    try:
        for command in read_shell_line(draft.command).simple_commands():
            yield command.words
    except ShellSyntaxError:
        return
