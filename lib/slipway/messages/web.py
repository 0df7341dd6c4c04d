"""Words for errors of processes that cannot start."""

from __future__ import annotations

from slipway.errors.web import ApplicationUnusable, Fault, ProcessesUnusable, Why
from slipway.messages.wording import Message, Step, alternative, explain, fitted

_OTHER = Step(
    text="If another application is meant, name it in pyproject.toml:",
    exact=("[tool.slipway]", 'app = "package.module:app"'),
)


@explain.register
def _application(error: ApplicationUnusable) -> Message:
    fault = error.fault
    origin = f", which it found in {error.origin}" if error.origin else ""
    steps = [_step(fault)]
    if fault.why in (Why.NO_MODULE, Why.NO_ATTRIBUTE, Why.INTERFACE):
        steps.append(alternative(_OTHER))
    return Message(
        title=fitted("The process {} would not work", error.process),
        found=f"Slipway would start `{error.command}`{origin}, but {_found(fault)}.",
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


def _found(fault: Fault) -> str:
    where = _line(fault.place)
    if fault.why is Why.NO_MODULE:
        return f"there is no module {fault.subject}"
    if fault.why is Why.NO_ATTRIBUTE:
        return f"the module {fault.module} has no {fault.subject}"
    if fault.why is Why.NOT_INSTALLED:
        return f"{where or 'the app'} imports {fault.subject}, which is neither installed nor in the app"
    if fault.why is Why.NO_NAME:
        return f"{where or 'the app'} cannot be imported: {fault.subject}"
    if fault.why is Why.SYNTAX:
        return f"Python cannot read {where or fault.module}: {fault.subject}"
    return f"{fault.target} is for {_other(fault.serves)}, and {fault.program} serves {fault.serves} (its class is {fault.subject})"


def _step(fault: Fault) -> Step:
    if fault.why is Why.NOT_INSTALLED:
        if fault.requirement:
            return Step(
                text="Add the package that provides it to the app's requirements, for example to requirements.txt:",
                exact=(fault.requirement,),
            )
        return Step(
            text="Add the package that provides it to the app's requirements. Its name on the index may differ from that of the module."
        )
    if fault.why is Why.INTERFACE:
        return Step(
            text="Start it with a server of its kind, in the Procfile:",
            exact=(f"web: {fault.command}",),
        )
    if fault.why in (Why.NO_MODULE, Why.NO_ATTRIBUTE) and fault.similar:
        return Step(text=f"If you mean {fault.similar}, correct the name.")
    if fault.why in (Why.NO_MODULE, Why.NO_ATTRIBUTE):
        return Step(text="Correct the name, or make sure that git contains the module.")
    return Step(text=f"Correct {_line(fault.place) or 'the app'}.")


def _line(place: str) -> str:
    file, _, line = place.rpartition(":")
    return f"line {line} of {file}" if file else place


def _other(interface: str) -> str:
    return "ASGI servers" if interface == "WSGI" else "WSGI servers"
