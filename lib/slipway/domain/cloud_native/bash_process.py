"""How bash starts a process of an image, with the arguments and the signals of the platform.

A Procfile's line is written for a shell. In an image, two things must get through that shell:
the arguments that a user adds to `docker run`, and the signal to stop, which the platform sends
only to the first process of the container.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from slipway.domain.web.shell_commands import (
    BUILTINS,
    Command,
    CompoundCommand,
    Pipeline,
    ShellLine,
    ShellSyntaxError,
    ShellTooComplex,
    SimpleCommand,
    read_shell_line,
)

_WITHOUT_ARGUMENTS = frozenset(
    ": [ break continue exit false fg logout return test times true wait".split()
)
"""Builtins that ignore more arguments, or fail because of them."""
_RUNS_MORE = frozenset({".", "source", "eval", "exec", "command", "builtin"})
"""Builtins that run a file or another command."""
_CHANGES_NAMES = frozenset({".", "source", "eval", "alias"})
"""Builtins after which the name of a program can be that of a function."""
_SHELLS = frozenset({"bash", "sh", "dash", "/bin/bash", "/bin/sh", "/usr/bin/bash"})
_OPTION = re.compile(r"-[a-z]+")
_FEEDERS = frozenset({"cat", "echo", "printf", "seq", "yes"})
"""Programs that only give another one its input."""
_LOOPS = frozenset({"while", "until", "for", "select"})
_NAMES = {"(": "parentheses", "{": "braces", "function": "a function"}
_WRITE_EXEC = "Write `exec` in front of the program"
_WRITE_BOTH = (
    'Write `exec` in front of the program and `"$@"` after its arguments, as in '
    '`if [ -f ready ]; then exec PROGRAM "$@"; fi`'
)
_SEPARATE_LINES = "Give each program its own line in the Procfile"
_WRITE_TRAP = (
    "Write `trap 'kill $!; exit' TERM;` in front of the loop and `& wait $!` after each "
    'program in it, and `"$@"` where it takes arguments'
)


@dataclass(frozen=True, kw_only=True)
class BashProcess:
    script: str
    """For `bash -c`: the line, as far as possible with `exec` and `"$@"`."""
    advice: str = ""
    """What does not get through bash, why, and what to write; empty if everything does."""


@dataclass(frozen=True, kw_only=True)
class _Obstacle:
    cause: str
    remedy: str


@dataclass(kw_only=True)
class _Findings:
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    """Start and end of a part of the line, and the text to put there."""
    for_arguments: _Obstacle | None = None
    for_signals: _Obstacle | None = None


def start_with_bash(name: str, line: str) -> BashProcess:
    r"""Write `"$@"` after the last word of a process type's line, and `exec` at its program.

    Both are possible if the last command is simple. What a line does itself is left to it, and
    a line that bash cannot read stays as it is.
    """
    try:
        shell = read_shell_line(line)
    except ShellTooComplex as error:
        advice = (
            f"In an image, the process `{name}` ignores arguments that are added to it and may "
            f"not notice when the platform stops it, because {error}. Move its line into a "
            "script of the app"
        )
        return BashProcess(script=line, advice=advice)
    except ShellSyntaxError:
        return BashProcess(script=line)
    found = _examine(name, line, shell)
    script = line
    if found.edits or shell.end < len(line):
        script = line[: shell.end].rstrip()
        for start, end, text in sorted(found.edits, reverse=True):
            script = script[:start] + text + script[end:]
    return BashProcess(script=script, advice=_advice(name, found))


def _examine(name: str, line: str, shell: ShellLine) -> _Findings:
    found = _Findings()
    obstacle = _obstacle(name, line, shell)
    last = shell.pipelines[-1].commands[-1] if shell.pipelines else None
    if obstacle:
        found.for_arguments = found.for_signals = obstacle
    elif isinstance(last, SimpleCommand) and last.program == "eval":
        eval_again = _Obstacle(cause="has `eval`", remedy="Leave out `eval`")
        found.for_arguments = found.for_signals = eval_again
    elif isinstance(last, SimpleCommand) and last.words:
        if last.program not in _WITHOUT_ARGUMENTS:
            place = last.words[-1].end
            found.edits.append((place, place, ' "$@"'))
        _add_exec(shell, last, found)
        _enter_inner_shell(name, last, found)
    if not any(_is_program(command) for command in shell.simple_commands()):
        found.for_arguments = found.for_signals = None
    if shell.uses_arguments or any(map(_sets_arguments, shell.simple_commands())):
        found.for_arguments = None
        found.edits = [edit for edit in found.edits if "$@" not in edit[2]]
    if any(map(_sets_arguments, shell.simple_commands())):
        found.for_arguments = _Obstacle(cause="changes its arguments itself", remedy="")
    if _passes_signals(shell.pipelines) and not shell.ends_in_background:
        found.for_signals = None
    return found


def _obstacle(name: str, line: str, shell: ShellLine) -> _Obstacle | None:
    """Return why the last command of a line is not a single program in the foreground."""
    if not shell.pipelines:
        return None
    last = shell.pipelines[-1]
    command = last.commands[-1]
    cause = remedy = ""
    if shell.ends_in_background:
        cause, remedy = "ends with `&`", "Leave out the `&` at its end"
    elif last.operator == "||":
        cause, remedy = "ends with `||` and a command", _WRITE_BOTH
    elif _only_finishes(command) and any(map(_is_program, shell.simple_commands())):
        cause, remedy = f"ends with `{line[command.start : command.end]}`", _WRITE_BOTH
        if any(pipeline.operator == "&" for pipeline in shell.pipelines):
            cause, remedy = "starts a program with `&`", _SEPARATE_LINES
    elif last.prefix:
        cause, remedy = f"begins with `{last.prefix}`", f"Leave out `{last.prefix}`"
    elif len(last.commands) > 1:
        cause, remedy = "has a pipe", _without_pipe(name, line, last)
    elif isinstance(command, CompoundCommand) and command.keyword in _LOOPS:
        cause, remedy = f"has `{command.keyword}`", _WRITE_TRAP
    elif isinstance(command, CompoundCommand) and command.keyword not in ("((", "[["):
        cause = f"has {_NAMES.get(command.keyword, f'`{command.keyword}`')}"
        remedy = _without_group(name, line, command)
    return _Obstacle(cause=cause, remedy=remedy) if cause else None


def _is_program(command: SimpleCommand) -> bool:
    return bool(command.words) and command.program not in BUILTINS - _RUNS_MORE


def _sets_arguments(command: SimpleCommand) -> bool:
    """Tell whether `"$@"` means something else after a command: `set -- x` or `shift`."""
    if command.program != "set":
        return command.program == "shift"
    values = [word.value or "" for word in command.words]
    for before, value in pairwise(values):
        names_option = before[:1] in ("-", "+") and before.endswith("o")
        if value == "--" or not (value[:1] in ("-", "+") or names_option):
            return True
    return False


def _only_finishes(command: Command) -> bool:
    """Tell whether a command is a builtin that comes after the program, such as `exit`."""
    return isinstance(command, SimpleCommand) and command.program in BUILTINS - _RUNS_MORE


def _without_pipe(name: str, line: str, pipeline: Pipeline) -> str:
    """Return the advice to send a program's output to a process substitution."""
    first = pipeline.commands[0]
    if not isinstance(first, SimpleCommand) or not first.words:
        return "Write `PROGRAM > >(FILTER)` instead of `PROGRAM | FILTER`"
    place, end = first.words[-1].end, first.end
    if first.program in _FEEDERS and len(pipeline.commands) == 2:
        last = pipeline.commands[1]
        fed = (
            f"{line[: first.start]}{line[last.start : last.end]} < <({line[first.start : end]})"
        )
        return f"Write `{name}: {fed}`"
    following = line[end:].lstrip()
    errors = " 2>&1" if following.startswith("|&") else ""
    filters = following.lstrip("|").removeprefix("&").strip()
    script = f"{line[:place]} > >({filters}){line[place:end]}{errors}"
    return f"Write `{name}: {script}`"


def _without_group(name: str, line: str, command: CompoundCommand) -> str:
    """Return the advice to leave out parentheses, if that is enough."""
    if command.keyword in ("(", "{") and not command.has_redirections:
        inner = line[command.start + 1 : command.end - 1].strip().rstrip("; ")
        script = line[: command.start] + inner
        advice = start_with_bash(name, script).advice
        if not advice:
            return f"Write `{name}: {script}`"
        if inner.startswith(("(", "{")):
            return advice.rpartition(". ")[2]
    if command.keyword == "(":
        return f"Write braces instead of parentheses: `{{ ...; }}`. {_WRITE_BOTH}"
    return _WRITE_BOTH


def _add_exec(shell: ShellLine, last: SimpleCommand, found: _Findings) -> None:
    """Make the program replace bash, if it surely is a program.

    Bash itself does the same for a last command without redirections (since 5.1).
    """
    earlier = [command.program for command in shell.simple_commands()]
    program = last.words[0]
    if program.value == "command" and len(last.words) > 1:
        program = last.words[1]
    has_new_names = not _CHANGES_NAMES.isdisjoint(earlier) or program.value is None
    if "trap" in earlier:
        remedy = "Add TERM to the signals of `trap`, `&` after the program, and then `wait $!`"
        found.for_signals = _Obstacle(cause="has `trap` for other signals", remedy=remedy)
        return
    if any(pipeline.operator == "&" for pipeline in shell.pipelines):
        cause = "starts a program with `&`"
        found.for_signals = _Obstacle(cause=cause, remedy=_SEPARATE_LINES)
    elif program.value in shell.functions:
        remedy = f"{_WRITE_EXEC} in the function"
        found.for_signals = _Obstacle(cause="has a function", remedy=remedy)
    elif program.value in BUILTINS or program.text.startswith("-"):
        return
    elif has_new_names and "/" not in program.text:
        if last.has_redirections:
            found.for_signals = _Obstacle(cause="has a redirection", remedy=_WRITE_EXEC)
    else:
        found.edits.append((program.start, program.start, "exec "))


def _enter_inner_shell(name: str, last: SimpleCommand, found: _Findings) -> None:
    """Do the same in the line of `sh -c LINE`, which gets the arguments as `$0`, `$1` ..."""
    words = [word for word in last.words if word.value != "exec"]
    if len(words) < 2 or words[0].value not in _SHELLS:
        return
    *options, script = words[1:]
    if not options or not all(_OPTION.fullmatch(word.text) for word in options):
        return
    if not options[-1].text.endswith("c"):
        return
    line = script.text.strip("\"'") if script.value is None else script.value
    try:
        shell = read_shell_line(line)
    except ShellSyntaxError:
        return
    inner = _examine(name, line, shell)
    found.for_signals = inner.for_signals
    found.for_arguments = inner.for_arguments
    if script.value is not None:
        text = shlex.quote(start_with_bash(name, line).script)
        found.edits.append((script.start, script.end, f"{text} {name}"))
    elif not shell.uses_arguments:
        shell_and_option = f"`{words[0].text} {options[-1].text}`"
        quoted = _Obstacle(
            cause=f"has {shell_and_option}",
            remedy=f"Leave out {shell_and_option} and the quotes after it",
        )
        found.for_arguments = inner.for_arguments or quoted
        if inner.edits and ">" in line:
            found.for_signals = inner.for_signals or quoted


def _passes_signals(pipelines: Sequence[Pipeline]) -> bool:
    """Tell whether a line replaces bash itself, or handles the signal with `trap`."""
    in_background = any(pipeline.operator == "&" for pipeline in pipelines)
    for pipeline in pipelines:
        is_same_bash = len(pipeline.commands) == 1 and not in_background
        for command in pipeline.commands:
            if isinstance(command, CompoundCommand):
                inner = tuple(chain.from_iterable(command.lists))
                passes = is_same_bash and command.keyword != "(" and _passes_signals(inner)
            else:
                replaces = command.program == "exec" and len(command.words) > 1
                passes = _traps_the_signal(command) or (replaces and is_same_bash)
            if passes:
                return True
    return False


def _traps_the_signal(command: SimpleCommand) -> bool:
    signals = {word.value for word in command.words[2:]}
    return command.program == "trap" and not signals.isdisjoint(("TERM", "SIGTERM", "15"))


def _advice(name: str, found: _Findings) -> str:
    obstacle = found.for_signals or found.for_arguments
    if obstacle is None:
        return ""
    effects = []
    if found.for_arguments:
        effects.append("ignores arguments that are added to it")
    if found.for_signals:
        effects.append("does not notice when the platform stops it")
    remedy = obstacle.remedy
    if not found.for_signals and remedy in (_WRITE_BOTH, _WRITE_TRAP, _SEPARATE_LINES):
        remedy = 'Write `"$@"` after the arguments of its program'
    return (
        f"In an image, the process `{name}` {' and '.join(effects)}, because its line "
        f"{obstacle.cause}. {remedy}"
    )
