"""The shape of a message: a title, what was found, steps to take, and details."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from json import dumps
from shlex import quote

from slipway.errors.dependencies import THE_APP, THE_LOCK, RequiredPackage, UnreadSource
from slipway.errors.stopped import BuildStopped

WIDTH = 72
"""Columns of a line, which the log's mark makes 80 with a margin of one."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do, with the exact text to write or run."""

    text: str
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Message:
    title: str
    """Under 60 characters, no period."""
    found: str
    steps: tuple[Step, ...]
    details: tuple[str, ...] = field(default=())

    def cleaned(
        self, clean_sentence: Callable[[str], str], clean_line: Callable[[str], str]
    ) -> Message:
        """Return the same message with every text cleaned."""
        steps = tuple(
            Step(text=clean_sentence(step.text), exact=tuple(map(clean_line, step.exact)))
            for step in self.steps
        )
        return Message(
            title=clean_sentence(self.title),
            found=clean_sentence(self.found),
            steps=steps,
            details=tuple(map(clean_line, self.details)),
        )


@singledispatch
def explain(error: BuildStopped) -> Message:
    """Give the words of an error; each module of this package registers those of its subject."""
    raise LookupError(f"{type(error).__name__} has no words")


def render(message: Message, width: int = WIDTH) -> Iterator[str]:
    """Lay a message out in lines, with sentences wrapped to `width` columns."""
    yield f"Error: {message.title}"
    yield ""
    yield from _wrapped(message.found, width)
    if message.steps:
        yield ""
        yield "What to do:" if len(message.steps) == 1 else "What you can do:"
    for number, step in enumerate(message.steps, start=1):
        mark = f"{number}. " if len(message.steps) > 1 else ""
        indent = " " * len(mark)
        yield from _wrapped(step.text, width, mark, indent)
        yield from (f"{indent}    {line}" for line in step.exact)
    if message.details:
        yield ""
        yield from message.details


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


LAST_LINES = "The last lines of its output:"
"""What precedes the output of a program among the details."""


def line_of(file: str, number: int) -> str:
    """Name a line; in pyproject.toml and in locks the number is not known."""
    return f"Line {number} of {file}" if number and not file.endswith(".toml") else file


_LOCK_COMMANDS = {
    "uv.lock": "uv lock",
    "poetry.lock": "poetry lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}


def is_lock_file(required_by: str) -> bool:
    """Return whether a requirement is that of a lock, as in RequiredPackage."""
    return required_by in _LOCK_COMMANDS or bool(
        re.fullmatch(r"pylock(\.[^./]+)?\.toml", required_by)
    )


WITHOUT_GIT_SCHEME = (
    "Servers such as GitHub have ended git://, which has no encryption; https:// is in its "
    "place."
)


def lock_again(file: str, text: str) -> Step:
    """Return a step that ends with locking again, with the command for a lock if it is known."""
    command = _LOCK_COMMANDS.get(file)
    if command is None:
        return Step(text=f"{text}, with the tool that wrote {file}.")
    return Step(text=f"{text}:", exact=(command,))


def fitted(pattern: str, *names: str) -> str:
    """Fill names into a title, which has less than 60 characters: of long ones, the start."""
    shown, most = names, max(map(len, names))
    while len(pattern.format(*shown)) > 59 and most > 3:
        most -= 1
        shown = tuple(one if len(one) <= most else f"{one[: most - 3]}..." for one in names)
    return pattern.format(*shown)


def alternatives(*steps: Step) -> tuple[Step, ...]:
    """Begin each step but the first with "Or"."""
    return steps[:1] + tuple(map(alternative, steps[1:]))


def alternative(step: Step) -> Step:
    """Begin a step with "Or"; its text begins with a word that is not a name."""
    comma = "," if step.text.startswith(("If ", "On ", "For ", "In ", "To ")) else ""
    return Step(text=f"Or{comma} {step.text[0].lower()}{step.text[1:]}", exact=step.exact)


def downloads(requirements: Sequence[str], folder: str = "vendor") -> tuple[str, ...]:
    """Give the commands that put the wheels of requirements into a folder."""
    command = f"pip download --only-binary :all: --dest {quote(folder)}"
    return tuple(f"{command} {quote(one)}" for one in requirements)


def variable_in(origin: str) -> str:
    """Return the name of the variable with a setting; empty if a file or table has it.

    `origin` is the subject of a sentence, such as `The variable SLIPWAY_TOOLCHAIN`.
    """
    return origin.partition("The variable ")[2]


def listed(names: Sequence[str], most: int = 8) -> str:
    """List names in a sentence: `a, b and c`; of many, only the first, and a count."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) < 2:
        return "".join(names) or "nothing"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def renames(misspelled: Sequence[tuple[str, str]]) -> tuple[Step, ...]:
    """Give a step for each misspelled file."""
    return tuple(_rename(name, meant) for name, meant in misspelled)


def _rename(name: str, meant: str) -> Step:
    return Step(
        text=f"If {name} is meant to be {meant}, rename it:",
        exact=(f"git mv {quote(name)} {meant}",),
    )


def other_sources(unread: Sequence[UnreadSource], others: Sequence[str]) -> tuple[Step, ...]:
    """Give steps for files with dependencies that Slipway does not read or look for."""
    steps = [_written_by(source) for source in unread]
    if others:
        exact = ("[tool.slipway]", f'requirements = ["{others[0]}"]')
        text = f"Name the requirements {'file' if len(others) == 1 else 'files'} in pyproject.toml:"
        steps.append(Step(text=text, exact=exact))
    return tuple(steps)


def _written_by(source: UnreadSource) -> Step:
    if source.tool.startswith("conda"):
        text = (
            "List the packages of a Python index that the app needs in requirements.txt. In an "
            "activated conda environment, this lists all that are installed:"
        )
        return Step(text=text, exact=source.commands)
    if not source.commands:
        return Step(text=f"List the packages of {source.name} in requirements.txt.")
    return Step(
        text=f"Write the packages of {source.name} to requirements.txt:", exact=source.commands
    )


def in_subfolders(subfolders: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Give a sentence about folders with Python apps, with a blank in front; or nothing."""
    contents = [f"{folder}/ has {listed(files)}" for folder, files in subfolders]
    return f" {listed(contents, most=4)}." if contents else ""


def set_root(folder: str, *, is_variable: bool) -> tuple[str, ...]:
    """Give the exact lines that name the app's folder: for each platform, or the table."""
    if not is_variable:
        return ("[tool.slipway]", f"root = {dumps(folder, ensure_ascii=False)}")
    pair = f"SLIPWAY_ROOT={quote(folder)}"
    return (
        f"heroku config:set {pair}",
        f"dokku config:set APP {pair}",
        f"scalingo --app APP env-set {pair}",
        f"cf set-env APP SLIPWAY_ROOT {quote(folder)}",
        f"pack build IMAGE --env {pair}",
        f"bin/slipway try REPOSITORY --env {pair}",
    )


def apt_buildpacks(debian: Sequence[str]) -> tuple[Step, ...]:
    """Give the steps that install Debian packages, for each platform with an apt buildpack.

    https://github.com/heroku/heroku-buildpack-apt and
    https://github.com/cloudfoundry/apt-buildpack read different files.
    """
    return (
        Step(
            text="On Heroku and Dokku, run the apt buildpack before Slipway, with a file named "
            "Aptfile in the app's root folder that contains:",
            exact=tuple(debian),
        ),
        Step(
            text="On Cloud Foundry, name https://github.com/cloudfoundry/apt-buildpack before "
            "Slipway in the manifest, with a file named apt.yml in the app's root folder that "
            "contains:",
            exact=("packages:", *(f"- {package}" for package in debian)),
        ),
    )


def pushed(what: str, folder: str = "the app's root folder") -> Step:
    """Give the step for Cloud Foundry, which gets a folder, whatever git tracks.

    https://docs.cloudfoundry.org/devguide/deploy-apps/prepare-to-deploy.html
    """
    return Step(
        text=f"On Cloud Foundry, push {folder}, and check that .cfignore does not exclude "
        f"{what}."
    )


def use_subfolder(subfolders: Sequence[tuple[str, Sequence[str]]]) -> tuple[Step, ...]:
    """Give the steps that build an app in a subfolder, with the first of them as example."""
    if not subfolders:
        return ()
    folder = subfolders[0][0]
    which = (
        f"{folder}/" if len(subfolders) == 1 else f"one of these folders, such as {folder}/,"
    )
    in_table = Step(
        text=f"If {which} is the app, name it in the pyproject.toml at the top of the "
        "repository, which need not have anything else:",
        exact=set_root(folder, is_variable=False),
    )
    if "/" in folder:
        # Classic platforms show detect no variables, so it looks only one level down.
        return (in_table,)
    variable = Step(
        text="Or name it with a config variable. On Heroku, Dokku, Scalingo or Cloud Foundry, "
        "with pack, or on this machine:",
        exact=set_root(folder, is_variable=True),
    )
    return (in_table, variable)


def not_read(unread: Sequence[UnreadSource], others: Sequence[str]) -> str:
    """Give a sentence about these files, with a blank in front; empty if there are none."""
    names = [f"{source.name} ({source.tool})" for source in unread]
    sentence = f" Slipway does not read {listed(names)}." if names else ""
    if others:
        sentence += f" Slipway does not look for {listed(others)} by itself."
    return sentence


def who_requires_what(requirements: Sequence[RequiredPackage]) -> Iterator[str]:
    """Give a line for each; versions of one package that require the same share a line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in requirements:
        package = one.required_by.partition(" ")[0]
        groups.setdefault((package, one.requirement), []).append(one.required_by)
    for (_, requirement), versions in groups.items():
        more = len(versions) - 1
        others = f" (and {more} other version{'s' * (more > 1)})" if more else ""
        yield f"    {versions[0]}{others} requires {requirement}"


def is_own(required_by: str) -> bool:
    """Return whether a requirement is one of the app's own, as in RequiredPackage."""
    return required_by in (THE_APP, THE_LOCK) or bool(re.search(r":\d+$", required_by))


def requires(required_by: str, requirement: str) -> str:
    """Begin a sentence with who requires something; without its full stop."""
    subject = required_by[:1].upper() + required_by[1:] if " " in required_by else required_by
    return f"{subject} requires {requirement}"


def package_of(required_by: str) -> str:
    """Return the package that requires another one, for a step."""
    return required_by.partition(" (")[0]
