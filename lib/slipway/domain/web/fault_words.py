"""The words of a warning about a process that cannot load what its command names."""

from __future__ import annotations

from slipway.domain.redaction import printable
from slipway.errors.web import Fault, Why


def what_happens(fault: Fault) -> str:
    """Return what a process will do and why, as the rest of a sentence after its name."""
    # A server calls its application only for a request.
    end = "fail at each request" if fault.why is Why.INTERFACE else "stop at start"
    return f"will {end}, because {_because(fault)}"


def remedy(fault: Fault, process: str, command: str, requirements: str) -> str:
    """Return what to do, as a sentence without its full stop.

    `requirements` says where the app lists them.
    """
    match fault.why:
        case Why.NO_MODULE | Why.NOT_INSTALLED if fault.requirement:
            return f"Add `{fault.requirement}` to {requirements}"
        case Why.NOT_INSTALLED:
            return f"Add the package that provides it to {requirements}"
        case Why.NO_MODULE | Why.NO_ATTRIBUTE if fault.similar:
            better = _corrected(fault, command)
            meant = f"If `{fault.similar}` is meant, write"
            return f"{meant} `{process}: {better}`" if better else f"{meant} that"
        case Why.NO_MODULE | Why.NO_ATTRIBUTE:
            return "Correct the name, or commit the module that has it"
        case Why.INTERFACE:
            return f"Write `{process}: {fault.command}`"
        case _:
            return "Correct the app"


def line_at(place: str) -> str:
    """Name a line, from `file:line`."""
    file, _, line = place.rpartition(":")
    return f"{printable(file)}, line {line}" if file else printable(place)


def _because(fault: Fault) -> str:
    where = f"{line_at(fault.place)}," if fault.place else ""
    match fault.why:
        case Why.NO_MODULE:
            return f"there is no module `{printable(fault.subject)}`"
        case Why.NO_ATTRIBUTE:
            return f"the module `{fault.module}` has no `{printable(fault.subject)}`"
        case Why.NOT_INSTALLED:
            return f"{where or 'the app'} imports `{fault.subject}`, which is not installed"
        case Why.NO_NAME:
            return f"{where or 'an import'} fails: {fault.subject}"
        case Why.SYNTAX:
            return f"Python cannot read {where.rstrip(',') or fault.module}: {fault.subject}"
        case Why.INTERFACE:
            kind = "an ASGI" if fault.serves == "WSGI" else "a WSGI"
            return (
                f"`{printable(fault.target)}` is {kind} application "
                f"({printable(fault.subject)}), and {fault.program} serves {fault.serves} here"
            )


def _corrected(fault: Fault, command: str) -> str:
    """Return a command with the name that is meant; empty if its place is not certain."""
    words = command.split(" ")
    module, _, attribute = fault.target.partition(":")
    if fault.why is Why.NO_MODULE:
        new = fault.target.replace(fault.module.partition(".")[0], fault.similar, 1)
    else:
        new = f"{module}:{fault.similar}" if attribute else ""
    # A command may leave out the attribute, or name a factory with an option.
    for old in (fault.target, fault.target.removesuffix("()"), module):
        if new and words.count(old) == 1:
            words[words.index(old)] = new.removesuffix("()") if "()" not in old else new
            return printable(" ".join(words))
    return ""
