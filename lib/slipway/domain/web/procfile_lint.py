"""What in the lines of a Procfile does not work as it is meant, and the lines to write instead.

Each rule changes the command a little, so that the line which is advised has no fault that
another rule would find.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from slipway.domain.redaction import STRUCK, is_secret_name, printable, redact
from slipway.domain.web.command_draft import (
    PYTHON,
    Draft,
    commands_of,
    manage_command,
    pipelines_of,
    program_at,
    simple_command,
    words_from,
)
from slipway.domain.web.listening import FOR_DEVELOPMENT, listen_on_port, server_of_command
from slipway.domain.web.plain_words import correct_for_yaml, use_plain_words
from slipway.domain.web.process_types import ProcfileLine

_MOST_NOTICES = 5
_MOST_CHANGES = 20
_MOST_LINES = 200
_LONGEST = 300
"""Characters of a line that a notice shows."""
_LONGEST_COMMAND = 4000
"""Characters of a command that is read; longer ones are not written by people."""
_ACTIVATE = re.compile(r"(.*/)?activate")
_NAME = re.compile(
    r"(?<![\w-])(?:(?P<variable>[A-Za-z_]\w*)=|--(?P<option>[\w-]+)(?:=|[ \t]+))"
)
"""What is before a value: a variable that is set, or an option."""
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s;&|\"']+")
_PLACE = re.compile(r"[~.]{0,2}/[\w./-]*|[\w.-]+(?:/[\w.-]+)*\.\w{1,5}|\w+://.*")
"""A value that is a path, or an address, whose password is looked for elsewhere."""
_NO_SECRET = re.compile(r".*(?:file|path|dir|type|name|id)", re.IGNORECASE)
"""Names of options whose value is not the secret itself."""
_ADDRESS = re.compile(
    r"(?<![\w+.-])(?P<scheme>[A-Za-z][\w+.-]*)://[^\s/@$:]*:(?P<password>[^\s/@$]+)@\S+"
)
_VARIABLES_OF_ADDRESSES = {
    "amqp": "CLOUDAMQP_URL",
    "mysql": "DATABASE_URL",
    "postgres": "DATABASE_URL",
    "redis": "REDIS_URL",
}
"""The beginning of a scheme, and the variable in which platforms have such an address."""
_WINDOWS = re.compile(
    r"(?<![\w.\\:-])(?P<drive>[A-Za-z]:)?(?P<path>[\w.-]*(?:\\[\w.-]+)+)(?=[\s\"']|$)"
)
_WINDOWS_PROGRAM = re.compile(r"(?:[\w.-]+/)*Scripts/(?P<name>[\w.-]+?)(?:\.exe)?")


def lint_lines(
    lines: Sequence[ProcfileLine], default: Callable[[], str | None]
) -> tuple[str, ...]:
    """Return a notice for each line that will not do everywhere what is meant.

    `default` returns the command with which Slipway would start the app's web process; None if
    it would start none.
    """
    names = frozenset(line.name for line in lines)
    notices = [notice for line in lines[:_MOST_LINES] for notice in _lint(line, names, default)]
    more = len(notices) - _MOST_NOTICES
    if more > 1:
        notices[_MOST_NOTICES:] = [f"Procfile: {more} more lines need a change"]
    return tuple(notices)


def secrets_in(command: str) -> Iterator[str]:
    """Yield the values of a command that nobody should see."""
    for secret in _secrets(command):
        yield command[secret.value_start : secret.end].strip("\"'")


class _Secret(NamedTuple):
    """Where a command has a secret, and whether a variable or an option gets it."""

    start: int
    value_start: int
    end: int
    variable: str
    option: str


def _secrets(command: str) -> Iterator[_Secret]:
    """Find values that are secrets by their names: not files, numbers and variables."""
    end = 0
    for found in _NAME.finditer(command):
        option, variable = found["option"] or "", found["variable"] or ""
        is_other = found.start() < end or _NO_SECRET.fullmatch(option)
        if is_other or not is_secret_name(option or variable):
            continue
        text = _VALUE.match(command, found.end())
        end = text.end() if text else end
        value = text[0].strip("\"'") if text else ""
        is_other = value.startswith(("$", "-")) or value.isdigit() or _PLACE.fullmatch(value)
        if value and not is_other:
            yield _Secret(found.start(), found.end(), end, variable, option)


def _lint(
    line: ProcfileLine, names: frozenset[str], default: Callable[[], str | None]
) -> Iterator[str]:
    if len(line.command) > _LONGEST_COMMAND:
        return
    draft = Draft(name=line.name, command=line.command, default=default, names=names)
    if line.name.lower() == "release" not in names:
        draft.name = "release"
        draft.because("only a process named `release` runs before a new version starts")
    for rule in _RULES:
        for _ in range(_MOST_CHANGES):
            before = draft.command
            rule(draft)
            if draft.command == before or draft.needs_script or not draft.is_clear:
                break
    for reason in correct_for_yaml(line.text, draft):
        draft.because(reason)
    if draft.reasons:
        yield (
            f"Procfile, line {line.number}, `{_shown(line.text.strip())}`: "
            f"{'; '.join(draft.reasons)}. {_advice(draft)}".rstrip()
        )


def _advice(draft: Draft) -> str:
    lines = []
    if draft.release and "release" not in draft.names:
        lines = [f"`release: {command}`" for command in draft.release[:1]]
    if not draft.is_clear:
        return ""
    if draft.needs_script:
        file = f"bin/{draft.name}.sh"
        lines.append(f"`{draft.name}: bash {file}`")
        moved = f"Write `{printable(draft.command)}` to a file {file}"
        return f"{moved}, and {' and '.join(lines)} to the Procfile"
    if not draft.command:
        return "Delete the line"
    lines.append(f"`{draft.name}: {printable(draft.command)}`")
    return f"Write {' and '.join(lines)}"


def _shown(text: str) -> str:
    """Show a line without its secrets."""
    for secret in reversed([*_secrets(text)]):
        text = f"{text[: secret.value_start]}{STRUCK}{text[secret.end :]}"
    shown = printable(redact(text), kept="\t").replace("\t", "\\t")
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


# Rules for all processes


def _unquote(draft: Draft) -> None:
    command = draft.command
    if re.fullmatch(r"\"[^\"]*\s[^\"]*\"|'[^']*\s[^']*'", command):
        draft.because("the quotes make the whole command the name of a program")
        draft.command = command[1:-1].strip()


def _use_slashes(draft: Draft) -> None:
    for found in _WINDOWS.finditer(draft.command):
        path = found["path"].replace("\\", "/").removeprefix("./")
        is_path = found.start() == 0 or re.search(r"\.(py|exe|bat|cmd|ini)$|Scripts/", path)
        if not is_path and not found["drive"]:
            continue
        draft.because("platforms run Linux, whose paths have `/`")
        if found["drive"] or path.endswith((".bat", ".cmd")):
            draft.is_clear = False
            return
        program = _WINDOWS_PROGRAM.fullmatch(path)
        draft.replace(found.start(), found.end(), program["name"] if program else path)
        return


def _hide(draft: Draft) -> None:
    """Leave out secrets, which config variables are for."""
    secret = next(_secrets(draft.command), None)
    if secret:
        name = secret.variable or secret.option.upper().replace("-", "_")
        if secret.option:
            draft.replace(secret.value_start, secret.end, f"${name}")
        else:
            before, after = draft.command[: secret.start], draft.command[secret.end :]
            option = re.search(r"(?:--env[ =]|(?<!\S)-e ?|(?<!\S)export |(?<!\S)env )$", before)
            is_first = not before or (option and option[0] == "export ")
            joined = re.match(r"\s*(?:&&|;)?\s*" if is_first else r"\s*", after)
            end = secret.end + (joined.end() if joined else 0)
            draft.replace(option.start() if option else secret.start, end, "")
        draft.because(
            f"everybody who has the code can read the value of {name}: set it as a config "
            "variable"
        )
        return
    address = _ADDRESS.search(draft.command)
    if address:
        scheme = address["scheme"].lower()
        names = (
            name for start, name in _VARIABLES_OF_ADDRESSES.items() if scheme.startswith(start)
        )
        name = next(names, "SERVICE_URL")
        quote = draft.command[address.end() - 1]
        end = address.end() - (quote in "\"'")
        draft.replace(address.start(), end, f"${name}")
        draft.because(
            f"everybody who has the code can read the password: set {name} as a config variable"
        )


def _drop_steps(draft: Draft) -> None:
    """Leave out what platforms or the build have done before."""
    for command, place in commands_of(draft):
        words = words_from(command, place)
        if words[0] == "sudo":
            after = command.words[place + 1 :]
            while after and (
                after[0].text.startswith("-") or after[0].text in ("root", "www-data")
            ):
                after = after[1:]
            end = after[0].start if after else command.end
            draft.because("platforms have no `sudo`")
            draft.replace(command.words[place].start, end, "")
            return
    if _drop(draft, _activates):
        draft.because("the programs of the app are on PATH without `activate`")
    if _drop(draft, _installs):
        draft.because("a build installs the requirements, and a start must not change them")


def _activates(words: Sequence[str]) -> bool:
    return (
        len(words) > 1 and words[0] in (".", "source") and bool(_ACTIVATE.fullmatch(words[1]))
    )


def _installs(words: Sequence[str]) -> bool:
    if PYTHON.fullmatch(words[0]) and words[1:2] == ["-m"]:
        words = words[2:]
    return bool(re.fullmatch(r"(.*/)?pip[\d.]*", words[0])) and words[1:2] == ["install"]


def _drop(draft: Draft, is_dropped: Callable[[Sequence[str]], bool]) -> list[str]:
    """Leave out commands that are joined to others by `&&` or `;`; return their texts."""
    pipelines = pipelines_of(draft)
    if any(one.prefix or one.operator not in ("", "&&", ";") for one in pipelines):
        return []
    kept, dropped, folder = list[tuple[str, str]](), list[str](), ""
    for pipeline in pipelines:
        first, last = pipeline.commands[0], pipeline.commands[-1]
        text = draft.command[first.start : last.end]
        simple = simple_command(pipeline)
        place = program_at(simple.words) if simple else 0
        words = words_from(simple, place) if simple else []
        if words and is_dropped(words):
            dropped.append(f"env -C {folder} {text}" if folder else text)
            continue
        if words[:1] == ["cd"] and len(words) == 2:
            folder = f"{folder}/{words[1]}" if folder else words[1]
        kept.append((pipeline.operator, text))
    if dropped:
        draft.command = kept[0][1] if kept else ""
        for operator, text in kept[1:]:
            draft.command += f"{'' if operator == ';' else ' '}{operator} {text}"
    return dropped


# Rules for the web process


def _release_first(draft: Draft) -> None:
    """Leave out what a web process must not do at each of its starts."""
    if draft.name != "web":
        return
    if _drop(draft, lambda words: manage_command(words) == "collectstatic"):
        draft.because("the build runs `collectstatic`")
    migrations = _drop(draft, _migrates)
    for text in migrations:
        is_asking = re.search(r"manage\.py migrate\b(?!.*--no-?input)", text)
        draft.release.append(f"{text} --noinput" if is_asking else text)
    if migrations:
        draft.because(
            "`web` would migrate the database at each start, which a process `release` does "
            "once for each deployment"
        )
    if not draft.command or len(migrations) > 1:  # how to join them is for the user to decide
        draft.is_clear = False


def _migrates(words: Sequence[str]) -> bool:
    return (
        manage_command(words) in ("migrate", "syncdb")
        or [*words[:2]] in (["alembic", "upgrade"], ["aerich", "upgrade"])
        or (words[0] == "flask" and [*words[-2:]] == ["db", "upgrade"])
    )


def _serve_for_production(draft: Draft) -> None:
    if draft.name != "web":
        return
    for command, place in commands_of(draft):
        texts = words_from(command, place)
        program, at = server_of_command(command, place)
        manage = manage_command(texts)
        subcommand = FOR_DEVELOPMENT.get(program)
        rest = [word.text for word in command.words[at + 1 :]]
        if manage.startswith("runserver"):
            shown = f"manage.py {manage}"
        elif subcommand in rest[:3]:
            shown = f"{program} {subcommand}"
        elif program == "fastapi" and rest[:1] == ["dev"]:
            word = command.words[at + 1]
            draft.because("`fastapi dev` is a server for development")
            draft.replace(word.start, word.end, "run")
            return
        else:
            option = next(
                (word for word in command.words[at:] if word.text == "--reload"), None
            )
            if program and option:
                draft.because("`--reload` is for development")
                draft.remove(option.start, option.end)
                return
            continue
        draft.because(f"`{shown}` is a server for development")
        default = draft.default()
        if default is None:
            draft.is_clear = False
        elif "cd" in [one.program for one, _ in commands_of(draft)]:
            draft.command = default
        else:
            draft.replace(command.words[place].start, command.end, default)
        return


_RULES: tuple[Callable[[Draft], None], ...] = (
    _unquote,
    _use_slashes,
    _hide,
    _drop_steps,
    _release_first,
    _serve_for_production,
    listen_on_port,
    use_plain_words,
)
