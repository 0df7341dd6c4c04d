"""Words for errors of processes that cannot start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slipway.errors.web import (
    ApplicationUnusable,
    CommandChangedByYaml,
    Fault,
    LineNotYaml,
    ProcessesUnusable,
    ProcfileNotYaml,
    Why,
)
from slipway.messages.wording import Message, Step, alternative, explain, fitted

_OTHER = Step(
    text="If another application is meant, name it in pyproject.toml:",
    exact=("[tool.slipway]", 'app = "package.module:app"'),
)


@explain.register
def _application(error: ApplicationUnusable) -> Message:
    fault = error.fault
    origin = f", which it found in {error.origin}" if error.origin else ""
    is_of_url = fault.why is Why.DATABASE_URL
    steps = [_step_for_url(fault) if is_of_url else _step(fault)]
    if fault.why in (
        *(Why.NO_MODULE, Why.NO_ATTRIBUTE, Why.INTERFACE),
        *(Why.NOT_CALLABLE, Why.FACTORY, Why.DOTTED),
    ):
        steps.append(alternative(_OTHER))
    return Message(
        title=fitted("The process {} would not work", error.process),
        found=f"Slipway would start `{error.command}`{origin}, but {_found(fault)}",
        steps=tuple(steps),
    )


@explain.register
def _processes(error: ProcessesUnusable) -> Message:
    count = len(error.problems)
    return Message(
        title="A process would not work" if count == 1 else "Processes would not work",
        found=" ".join(
            [
                *([] if error.is_default else ["The setting strict is on."]),
                *(f"{one.rstrip('.')}." for one in error.problems),
            ]
        ),
        steps=(
            Step(
                text="Require a version of the server that works with the app's Python and its other packages."
            ),
            Step(text="Or start another server, in a Procfile."),
        )
        if error.is_default
        else (
            Step(text="Correct the Procfile or the app as described above."),
            Step(
                text="Or, if the processes work all the same where the app runs, let the build only warn of it, in pyproject.toml:",
                exact=("[tool.slipway]", "strict = false"),
            ),
        ),
    )


_MOST_LINES = 3


@explain.register
def _yaml(error: ProcfileNotYaml) -> Message:
    return Message(
        title="The Procfile does not map names to commands"
        if error.is_yaml
        else "The Procfile is not YAML",
        found="Cloud Foundry reads the Procfile as YAML, and would refuse this one at the end "
        f"of staging. {_about_lines(error.lines)}",
        steps=(Step(text="Write only these lines to the Procfile:", exact=error.whole),)
        if error.whole
        else tuple(step for line in error.lines[:_MOST_LINES] for step in _corrected(line)),
    )


@explain.register
def _changed(error: CommandChangedByYaml) -> Message:
    return Message(
        title="YAML changes a command of the Procfile",
        found="Cloud Foundry reads the Procfile as YAML, and could not start what it finds "
        f"there. {_about_lines(error.lines)}",
        steps=tuple(step for line in error.lines[:_MOST_LINES] for step in _corrected(line)),
    )


def _about_lines(lines: Sequence[LineNotYaml]) -> str:
    named = lines[:_MOST_LINES]
    sentences = [f"Line {line.number}, `{line.text}`: {line.reason}." for line in named]
    more = len(lines) - len(named)
    if more:
        sentences.append(
            f"There {'is 1 more line' if more == 1 else f'are {more} more lines'}."
        )
    return " ".join(sentences)


def _corrected(line: LineNotYaml) -> Iterator[Step]:
    place = f"line {line.number} of the Procfile"
    if line.name:
        yield Step(
            text=f"Write a command that a shell can start after `{line.name}:` in {place}, or delete the line."
        )
        return
    if not line.line:
        yield Step(text=f"Write {place} as `NAME: COMMAND`, or delete it.")
        return
    if line.content:
        yield Step(text=f"Write the command to a file {line.script}:", exact=(line.content,))
    elif line.script:
        yield Step(text=f"Move the command to a file {line.script}.")
    start = f"Start that file in {place}:"
    yield Step(text=start if line.script else f"Correct {place}:", exact=(line.line,))


_FOUND = {
    Why.NO_MODULE: "there is no module {subject}",
    Why.NO_ATTRIBUTE: "the module {module} has no {subject}",
    Why.NOT_INSTALLED: "{where} imports {subject}, which is neither installed nor in the app",
    Why.NO_NAME: "{where} cannot be imported: {subject}",
    Why.SYNTAX: "Python cannot read {file}: {subject}",
    Why.INTERFACE: "{target} is for {other}, and {program} serves {serves} (its class is {subject})",
    Why.NOT_CALLABLE: "{target} is not an application: its class is {subject}",
    Why.FACTORY: "{target} is a function that does not take the arguments with which {program} calls an application",
    Why.DOTTED: "{program} cannot look up {subject}: it takes one name after the colon, without a dot",
    Why.NO_FILE: "there is no file {subject}",
    Why.WORKER: "{where} sets worker_class to {subject}, whose package is not installed",
    Why.SETTING: "{where} sets {subject}, which Gunicorn does not accept",
    Why.DATABASE_URL: "{where} gives SQLAlchemy a URL that starts with postgres://, which it does not accept since 1.4",
}


def _found(fault: Fault) -> str:
    where = _line(fault.place)
    sentence = _FOUND[fault.why].format(
        subject=fault.subject,
        module=fault.module,
        target=fault.target,
        program=fault.program,
        serves=fault.serves,
        other=_other(fault.serves),
        where=where or "the app",
        file=where or fault.module,
    )
    return sentence if sentence.endswith("?") else f"{sentence}."


def _step(fault: Fault) -> Step:
    if fault.why in (Why.NOT_INSTALLED, Why.WORKER):
        if fault.requirement:
            return Step(
                text="Add the package that provides it to the app's requirements, for example to requirements.txt:",
                exact=(fault.requirement,),
            )
        return Step(
            text="Add the package that provides it to the app's requirements. Its name on the index may differ from that of the module."
        )
    if fault.why in (Why.INTERFACE, Why.FACTORY) and fault.command:
        is_factory = fault.why is Why.FACTORY
        return Step(
            text="If it makes the application, write so in the Procfile:"
            if is_factory
            else "Start it with a server of its kind, in the Procfile:",
            exact=(f"web: {fault.command}",),
        )
    if fault.why in (Why.NO_MODULE, Why.NO_ATTRIBUTE):
        return Step(
            text=f"If you mean {fault.similar}, correct the name."
            if fault.similar
            else "Correct the name, or make sure that git contains the module."
        )
    if fault.why in (Why.NOT_CALLABLE, Why.FACTORY, Why.DOTTED):
        return Step(text=f"Give the application a name in the module {fault.module}.")
    return Step(text=f"Correct {_line(fault.place) or 'the app'}.")


def _step_for_url(fault: Fault) -> Step:
    return Step(
        text="Replace the start of the URL, which the platform has set, where the app reads it:",
        exact=(f'url = url.replace("postgres://", "{fault.similar}", 1)',),
    )


def _line(place: str) -> str:
    file, _, line = place.rpartition(":")
    return f"line {line} of {file}" if file else place


def _other(interface: str) -> str:
    return "ASGI servers" if interface == "WSGI" else "WSGI servers"
