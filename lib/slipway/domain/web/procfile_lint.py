"""What in the lines of a Procfile does not work as it is meant, and the lines to write instead.

Each rule changes the command a little, so that the line which is advised has no fault that
another rule would find.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from slipway.domain.redaction import STRUCK, is_secret_name, printable, redact
from slipway.domain.web.command_draft import (
    PYTHON,
    App,
    Draft,
    commands_of,
    manage_command,
    pipelines_of,
    program_at,
    simple_command,
    words_from,
)
from slipway.domain.web.gunicorn_commands import old_commands
from slipway.domain.web.listening import (
    FOR_DEVELOPMENT,
    HEROKUISH,
    listen_on_port,
    server_of_command,
)
from slipway.domain.web.plain_words import CommandsBefore, correct_for_yaml, use_plain_words
from slipway.domain.web.process_types import ProcfileLine, is_continued
from slipway.domain.web.shell_commands import (
    BUILTINS,
    ShellSyntaxError,
    Word,
    read_shell_line,
)

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
_NO_SECRET = re.compile(
    r".*(?:file|path|dir|type|name|id|field|column|header|url|policy|length|prefix)",
    re.IGNORECASE,
)
"""Names of options whose value is not the secret itself."""
_ANY_KEY = re.compile(r"keys?", re.IGNORECASE)
"""Names that may be those of anything, so that only the value tells whether it is secret."""
_RANDOM = re.compile(r"(?=\D*\d)(?=.*[A-Za-z])[\w+/.-]{8,}={0,2}")
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
_SHELL = re.compile(r"(.*/)?(ba|da)?sh")
_QUOTED = re.compile(r"'(?P<single>[^']*)'|\"(?P<double>(?:[^\"\\`]|\\[\"\\$`])*)\"")
_ESCAPED = re.compile(r"\\([\"\\$`])")
_DAEMONS = frozenset({"gunicorn", "gunicorn_django", "hypercorn", "run_gunicorn"})
_WINDOWS_PROGRAM = re.compile(r"(?:[\w.-]+/)*Scripts/(?P<name>[\w.-]+?)(?:\.exe)?")


def lint_lines(
    lines: Sequence[ProcfileLine],
    default: Callable[[], str | None],
    modern: Callable[[str], str | None] = lambda _line: None,
    packages: Collection[str] = (),
    folder: str = "",
    *,
    is_yaml: bool = False,
) -> tuple[str, ...]:
    """Return a notice for each line that will not do everywhere what is meant.

    `default` returns the command with which Slipway would start the app's web process; None if
    it would start none. `modern` returns the command to write instead of one with the old
    commands of Gunicorn; None if that is unclear. `packages` are those that the app requires,
    and `folder` is that of the Procfile in the repository, with a slash at its end. With
    `is_yaml`, the lines have been read as YAML, so that they need no change for that.
    """
    processes = {line.name: line.command for line in lines}
    app = App(
        processes=processes, default=default, modern=modern, packages=packages, folder=folder
    )
    notices = [
        notice for line in lines[:_MOST_LINES] for notice in _lint(line, app, is_yaml=is_yaml)
    ]
    more = len(notices) - _MOST_NOTICES
    if more > 1:
        notices[_MOST_NOTICES:] = [f"{folder}Procfile: {more} more lines need a change"]
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
        if _ANY_KEY.fullmatch(option or variable) and not _RANDOM.fullmatch(value):
            continue
        if value and not is_other:
            yield _Secret(found.start(), found.end(), end, variable, option)


def _lint(line: ProcfileLine, app: App, *, is_yaml: bool) -> Iterator[str]:
    if len(line.command) > _LONGEST_COMMAND:
        return
    if is_yaml and is_continued(line.text.rstrip()) and not is_continued(line.command):
        return  # read_as_yaml says what to write
    draft = Draft(name=line.name, command=line.command, app=app)
    if line.name.lower() == "release" not in app.processes:
        draft.name = "release"
        draft.because("only a process named `release` runs before a new version starts")
    _apply_rules(draft)
    if draft.reasons or not is_yaml:  # whatever is advised must be YAML
        for reason in correct_for_yaml(line.text, draft):
            draft.because(reason)
    if draft.reasons:
        advice = "" if _is_in_advice_for_web(draft) else _advice(draft)
        yield (
            f"{app.folder}Procfile, line {line.number}, `{shown(line.text.strip())}`: "
            f"{'; '.join(draft.reasons)}. {advice}".rstrip()
        )


def _is_in_advice_for_web(draft: Draft) -> bool:
    """Tell whether the notice about `web` has another line to write for `release`."""
    web = draft.app.processes.get("web")
    if draft.name != "release" or web is None or len(web) > _LONGEST_COMMAND:
        return False
    other = Draft(name="web", command=web, app=draft.app)
    _apply_rules(other)
    return other.is_clear and any(_release(one, draft.app) for one in other.release)


def _apply_rules(draft: Draft) -> None:
    for rule in _RULES:
        for _ in range(_MOST_CHANGES):
            before = draft.command
            rule(draft)
            if draft.command == before or draft.needs_script or not draft.is_clear:
                break


def _advice(draft: Draft) -> str:
    """Say what to write: lines, and the scripts that they start."""
    if not draft.is_clear:
        return ""
    if not draft.command:
        return "Delete the line"
    drafts, added = [draft], ""
    for migration in draft.release:
        release = _release(migration, draft.app)
        if release is None:
            added = f"Make sure that `release` runs `{printable(migration)}`. "
        else:
            drafts.insert(0, release)
    lines, scripts = list[str](), list[str]()
    for one in drafts:
        command = printable(one.command)
        if one.needs_script:
            file = f"bin/{one.name}.sh"
            text = printable(with_exec(one.command))
            scripts.append(f"`{text}` to a file {one.app.folder}{file}")
            command = f"bash {file}"
        lines.append(f"`{one.name}: {command}`")
    moved = f"{', '.join(scripts)}, and " if scripts else ""
    end = " to the Procfile" if scripts else ""
    return f"{added}Write {moved}{' and '.join(lines)}{end}"


def _release(migration: str, app: App) -> Draft | None:
    """Return the process `release` with a migration; None if its line does not tell how."""
    existing = _existing_release(app)
    command = migration
    if existing is not None:
        try:
            line = read_shell_line(existing)
        except ShellSyntaxError:
            return None
        is_list = all(one.operator in ("", "&&") for one in line.pipelines)
        if not is_list or line.ends_in_background or re.search(r"\.sh\b", existing):
            return None
        command = f"{migration} && {existing}"
    draft = Draft(name="release", command=command, app=app)
    _apply_rules(draft)
    return draft if draft.is_clear and draft.command else None


def _existing_release(app: App) -> str | None:
    names = ["release", *(name for name in app.processes if name.lower() == "release")]
    return next((app.processes[name] for name in names if name in app.processes), None)


def with_exec(command: str) -> str:
    """Let the last program of a script take the place of bash, so that it gets the signals."""
    try:
        line = read_shell_line(command)
    except ShellSyntaxError:
        return command
    last = simple_command(line.pipelines[-1]) if line.pipelines else None
    if last is None or not last.words or line.ends_in_background or line.functions:
        return command
    if last.words[0].text in BUILTINS:
        return command
    start = last.words[0].start
    return f"{command[:start]}exec {command[start:]}"


def shown(text: str) -> str:
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


def _unwrap(draft: Draft) -> None:
    """Take the command out of `bash -c "..."`."""
    pipelines = pipelines_of(draft)
    for command in filter(None, map(simple_command, pipelines)):
        place = program_at(command.words)
        words = command.words[place:]
        inner = _command_in_quotes(words)
        if inner is None or command.has_redirections:
            continue
        start = words[0].start
        is_whole = len(pipelines) == 1 and not command.assignments
        before = [word.text for word in command.words[:place]]
        if is_whole and before == ["exec"]:
            start = command.start
        elif not is_whole or before:
            # What is before it would only be for the first of several commands.
            inside = read_shell_line(inner).pipelines
            only = simple_command(inside[0]) if len(inside) == 1 else None
            if only is None or not only.words:
                continue
        if re.search(r"\s", inner):
            draft.because(
                f"{HEROKUISH} lose the quotes after `{words[0].text} {words[1].text}`"
            )
        draft.replace(start, words[2].end, inner)
        return


def _command_in_quotes(words: Sequence[Word]) -> str | None:
    """Return what a shell with `-c` is told to run; None if it is told something else."""
    texts = [word.text for word in words]
    if len(texts) != 3 or not _SHELL.fullmatch(texts[0]):
        return None
    quoted = _QUOTED.fullmatch(texts[2])
    if not quoted or not re.fullmatch(r"-[a-z]*c", texts[1]):
        return None
    double = _ESCAPED.sub(r"\1", quoted["double"] or "")
    inner = (double or quoted["single"] or "").strip()
    try:
        line = read_shell_line(inner)
    except ShellSyntaxError:
        return None
    is_other = not line.pipelines or line.uses_arguments or line.ends_in_background
    return None if is_other else inner


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
        if not draft.command[: address.start()].strip("\"'"):
            draft.is_clear = False  # no program is left
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


class _Dropped(NamedTuple):
    words: Sequence[str]
    """From the program on."""
    variables: frozenset[str]
    """Those that are set for it, with their values."""
    text: str | None
    """The command in plain words; None if it depends on what the commands before it do."""


def _drop(draft: Draft, is_dropped: Callable[[Sequence[str]], bool]) -> list[_Dropped]:
    """Leave out commands that are joined to others by `&&` or `;`, and return them."""
    pipelines = pipelines_of(draft)
    if any(one.prefix or one.operator not in ("", "&&", ";") for one in pipelines):
        return []
    kept, dropped = list[tuple[str, str]](), list[_Dropped]()
    earlier = CommandsBefore()
    for pipeline in pipelines:
        first, last = pipeline.commands[0], pipeline.commands[-1]
        text = draft.command[first.start : last.end]
        simple = simple_command(pipeline)
        place = program_at(simple.words) if simple else 0
        words = words_from(simple, place) if simple else []
        if simple and words and is_dropped(words):
            own = (*simple.assignments, *simple.words[:place])
            variables = [*earlier.variables, *(one.text for one in own if "=" in one.text)]
            is_plain = earlier.is_known and not simple.has_redirections
            plain = earlier.plain_words(simple) if is_plain else None
            dropped.append(_Dropped(words, frozenset(variables), plain))
            continue
        if simple:
            earlier.follow(simple)
        else:
            earlier.is_known = False
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
    if migrations:
        draft.because(
            "`web` would migrate the database at each start, which a process `release` does "
            "once for each deployment"
        )
        release = Draft(
            name="release", command=_existing_release(draft.app) or "", app=draft.app
        )
        _unwrap(release)
        done = _drop(release, _migrates)
        missing = [one for one in migrations if not any(_does(other, one) for other in done)]
        for one in missing:
            is_asking = re.search(r"\b(migrate|syncdb)\b(?!.*--no-?input)", one.text or "")
            is_asking = is_asking if manage_command(one.words) else None
            draft.release.append(f"{one.text} --noinput" if is_asking else one.text or "")
        # How to join several is for the user to decide.
        if len(missing) > 1 or not all(draft.release):
            draft.is_clear = False
    if not draft.command:
        draft.is_clear = False


def _does(done: _Dropped, wanted: _Dropped) -> bool:
    """Tell whether a migration certainly does what another one would do."""
    arguments, others = map(_arguments, (done, wanted))
    is_all = arguments[:1] == ["migrate"] and len(arguments) == 1 and others[:1] == arguments
    is_narrower = is_all and not any(one.startswith("-") for one in others)
    return wanted.variables <= done.variables and (arguments == others or is_narrower)


def _arguments(migration: _Dropped) -> list[str]:
    """Return what a migration is asked to do, without how it is said."""
    words = [*migration.words]
    command = manage_command(words)
    words = words[words.index(command) :] if command else words
    return [
        one for one in words if not re.fullmatch(r"--no-?input|-v\d?|\d|--verbosity=.*", one)
    ]


def _migrates(words: Sequence[str]) -> bool:
    return (
        manage_command(words) in ("migrate", "syncdb")
        or [*words[:2]] in (["alembic", "upgrade"], ["aerich", "upgrade"])
        or (words[0] == "flask" and [*words[-2:]] == ["db", "upgrade"])
    )


def _use_todays_gunicorn(draft: Draft) -> None:
    for old in sorted(old_commands(draft.command)):
        modern = draft.app.modern(draft.command)
        if modern:
            draft.because(
                f"`{old}` is a command of old versions of Gunicorn, which Slipway adds if it "
                "is missing"
            )
            draft.command = modern
        return


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
        elif subcommand and subcommand == _subcommand(rest):
            shown = f"{program} {subcommand}"
        elif program == "fastapi" and rest[:1] == ["dev"]:
            shown = "fastapi dev"
            if "fastapi-cli" in draft.app.packages:
                word = command.words[at + 1]
                draft.because(f"`{shown}` is a server for development")
                draft.replace(word.start, word.end, "run")
                return
        else:
            continue
        draft.because(f"`{shown}` is a server for development")
        default = draft.app.default()
        if default is None:
            draft.is_clear = False
        elif "cd" in [one.program for one, _ in commands_of(draft)]:
            draft.command = default
        else:
            draft.replace(command.words[place].start, command.end, default)
        return


def _drop_options(draft: Draft) -> None:
    """Leave out options with which a server does not serve as platforms expect."""
    if draft.name != "web":
        return
    for command, place in commands_of(draft):
        program, at = server_of_command(command, place)
        reasons = {"--reload": "`--reload` is for development"} if program else {}
        if program in _DAEMONS:
            reason = "sends the server to the background, and platforms take that for its end"
            reasons |= {option: f"`{option}` {reason}" for option in ("-D", "--daemon")}
        for word in command.words[at:]:
            if word.text in reasons:
                draft.because(reasons[word.text])
                draft.remove(word.start, word.end)
                return


def _subcommand(words: Sequence[str]) -> str:
    """Return the first word of Flask's or Quart's that is no option."""
    rest = iter(words)
    for text in rest:
        if text in ("-A", "--app", "-e", "--env-file"):
            next(rest, "")
        elif not text.startswith("-"):
            return text
    return ""


_RULES: tuple[Callable[[Draft], None], ...] = (
    _unquote,
    _unwrap,
    _use_slashes,
    _hide,
    _drop_steps,
    _release_first,
    _use_todays_gunicorn,
    _serve_for_production,
    _drop_options,
    listen_on_port,
    use_plain_words,
)
