"""Words for errors of what is written in requirements files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from slipway.errors.requirement_files import (
    MistypedLine,
    RequirementOptionsUnknown,
    RequirementsAtPathsElsewhere,
    RequirementsMistyped,
    RequirementsOfAnotherFormat,
)
from slipway.messages.wording import Message, Step, alternative, explain, line_of, listed

_SHOWN = 20


@explain.register
def _mistyped(error: RequirementsMistyped) -> Message:
    first = error.lines[0]
    place = line_of(error.file, first.number)
    more = len(error.lines) - 1
    others = f", and {more} more line{'s' * (more > 1)} like it" if more else ""
    named = [f"{code} ({name})" for code, name in error.characters]
    cause = (
        f"pip does not accept {listed(named)} in such a line"
        if named
        else "The operator for an exact version is =="
    )
    return Message(
        title="A requirement is mistyped" if not more else "Some requirements are mistyped",
        found=f"{place} contains `{first.shown}`{others}. {cause}.",
        steps=tuple(_retyped(error)),
    )


def _retyped(error: RequirementsMistyped) -> Iterator[Step]:
    known = [line for line in error.lines if line.corrected][:_SHOWN]
    if known:
        places = _places(error.file, known)
        yield Step(
            text=f"If this is what you mean, write it instead of {places}:",
            exact=tuple(line.corrected for line in known),
        )
    rest = [line for line in error.lines if line not in known]
    if rest:
        typed = Step(
            text=f"Type {_places(error.file, rest)} again on the keyboard, with the letters A to "
            "Z, digits and the signs of ASCII only."
        )
        yield alternative(typed) if known else typed


def _places(file: str, lines: Sequence[MistypedLine]) -> str:
    """Name lines in a sentence; in pyproject.toml their numbers are not known."""
    if file.endswith(".toml"):
        return f"the {'dependencies' if len(lines) > 1 else 'dependency'} in {file}"
    numbers = listed([str(line.number) for line in lines], most=_SHOWN)
    return f"line{'s' if len(lines) > 1 else ''} {numbers} of {file}"


@explain.register
def _unknown_options(error: RequirementOptionsUnknown) -> Message:
    options = list(dict.fromkeys(one.option for one in error.options))
    similar = {one.option: one.nearest for one in error.options if one.nearest}
    remove = Step(
        text=f"Remove {'it' if len(options) == 1 else 'each of them'} with its value, and the "
        "line if it contains nothing else."
    )
    return Message(
        title="A requirements file has unknown options",
        found=f"pip does not accept {listed(options)} "
        + (
            "after a requirement."
            if all(one.is_of_one for one in error.options)
            else "in a requirements file."
        ),
        steps=(
            *(
                Step(text=f"If {option} is mistyped, correct it:", exact=(nearest,))
                for option, nearest in similar.items()
            ),
            alternative(remove) if similar else remove,
        ),
        details=("Found at:", *(f"    {one.place}: {one.option}" for one in error.options)),
    )


@explain.register
def _another_format(error: RequirementsOfAnotherFormat) -> Message:
    is_of_conda = error.written_by.startswith("conda")
    environment = "conda environment" if is_of_conda else "virtual environment"
    also = (
        " It also lists packages that conda installs and no Python index has."
        if is_of_conda
        else ""
    )
    rewrite = Step(
        text=f"In the activated {environment} of the app, write the file again, for pip:",
        exact=tuple(
            command.replace("requirements.txt", quote(error.file)) for command in error.commands
        ),
    )
    return Message(
        title="A requirements file is not in pip's format",
        found=f"{error.file} is the output of `{error.written_by}`, which pip cannot read.{also}",
        steps=(
            rewrite,
            Step(
                text="Or list only the packages that the app imports, one per line, such as:",
                exact=("Django>=5.2,<5.3",),
            ),
        ),
        details=_details("Lines that pip does not accept:", error.lines),
    )


@explain.register
def _paths_elsewhere(error: RequirementsAtPathsElsewhere) -> Message:
    one = len(error.lines) == 1
    files = error.files
    remove = Step(
        text="Or remove the paths, to install the newest versions:",
        exact=tuple(
            f"sed -i.bak -E 's| @ file:.*||' {quote(file)} && rm {quote(f'{file}.bak')}"
            for file in files
        ),
    )
    return Message(
        title="Requirements name files of another machine",
        found=f"{listed(files)} {'names' if len(files) == 1 else 'name'} "
        f"{'a package' if one else f'{len(error.lines)} packages'} by "
        f"{'a path' if one else 'paths'} of the machine that wrote "
        f"{'it' if len(files) == 1 else 'them'}. In a conda environment, `pip freeze` writes "
        "such lines, and `pip list` does not.",
        steps=(
            Step(
                text="On that machine, in the activated environment of the app, write the file "
                "again:",
                exact=("python -m pip list --format=freeze > requirements.txt",),
            )
            if files == ("requirements.txt",)
            else Step(
                text="On that machine, in the activated environment of the app, list the "
                "versions, and write them instead of the paths:",
                exact=("python -m pip list --format=freeze",),
            ),
            *([remove] if all(" @ file:" in line for line in error.lines) else []),
            Step(
                text="Or, if a package is on no index, put its wheel or source into the app's "
                "folder vendor/, and require it by name."
            ),
        ),
        details=_details("Lines with such paths:", error.lines),
    )


def _details(heading: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    more = len(lines) - _SHOWN
    rest = (f"    and {more} more",) if more > 0 else ()
    return heading, *(f"    {line}" for line in lines[:_SHOWN]), *rest
