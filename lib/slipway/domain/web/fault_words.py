"""The words of a warning about a process that cannot load what its command names."""

from __future__ import annotations

import sys

from slipway.domain.redaction import printable
from slipway.domain.web.better_lines import corrected
from slipway.errors.web import Fault, Why

_BECAUSE = {
    Why.NO_MODULE: "there is no module `{subject}`",
    Why.NO_ATTRIBUTE: "the module `{module}` has no `{subject}`",
    Why.NOT_INSTALLED: "{importer} imports `{subject}`, which is not installed",
    Why.NO_NAME: "{importer} fails: {subject}",
    Why.SYNTAX: "Python cannot read {file}: {subject}",
    Why.INTERFACE: (
        "`{target}` is {kind} application ({subject}), and {program} serves {serves} here"
    ),
    Why.NOT_CALLABLE: "`{target}` is not an application: its class is `{subject}`",
    Why.FACTORY: (
        "`{target}` is a function that does not take the arguments with which {program} calls "
        "an application"
    ),
    Why.DOTTED: (
        "{program} cannot look up `{subject}`: it takes one name after the colon, without a dot"
    ),
    Why.NO_FILE: "there is no file `{subject}`",
    Why.WORKER: "{importer} sets `worker_class` to `{subject}`, whose package is not installed",
    Why.SETTING: "{importer} sets {subject}, which Gunicorn does not accept",
    Why.DATABASE_URL: (
        "{importer} gives SQLAlchemy a URL that starts with postgres://, which it does not "
        "accept since 1.4"
    ),
    Why.RAISES: "{importer} raises {subject}",
}
_REMEDIES = {
    Why.NO_MODULE: "Correct the name, or commit the module that has it",
    Why.NO_ATTRIBUTE: "Correct the name, or commit the module that has it",
    Why.NOT_INSTALLED: "Add the package that provides it to {requirements}",
    Why.WORKER: "Add the package that provides it to {requirements}",
    Why.NO_FILE: "Correct the path, or commit the file",
    Why.NOT_CALLABLE: "Name the application",
    Why.FACTORY: "Name the application",
    Why.DOTTED: "Give it a name in the module `{module}`",
    Why.DATABASE_URL: 'Write `url.replace("postgres://", "{similar}", 1)` for the URL',
}
"""What to do if neither a requirement nor another line is known."""
_WITH_COMMAND = {
    Why.NO_MODULE: "If `{similar}` is meant, write {line}",
    Why.NO_ATTRIBUTE: "If `{similar}` is meant, write {line}",
    Why.NOT_CALLABLE: "If `{similar}` is meant, write {line}",
    Why.NOT_INSTALLED: "The folder {similar} has it, so write {line}",
    Why.FACTORY: "If it makes the application, write {line}",
}


def what_happens(fault: Fault) -> str:
    """Return what a process will do and why, as the rest of a sentence after its name."""
    # A server calls its application only for a request.
    end = "fail at each request" if fault.fails_at_requests else "stop at start"
    if fault.is_of_templates:
        end += " that renders a template"
    because = _BECAUSE[fault.why].format(
        subject=printable(fault.subject),
        target=printable(fault.target),
        module=fault.module,
        program=fault.program,
        serves=fault.serves,
        kind=_kind_of(fault),
        importer=f"{line_at(fault.place)}," if fault.place else "the app",
        file=line_at(fault.place) if fault.place else fault.module,
    )
    return f"will {end}, because {because}"


def remedy(fault: Fault, process: str, command: str, requirements: str) -> str:
    """Return what to do, as a sentence without its full stop.

    `requirements` says where the app lists them.
    """
    better = fault.command
    if fault.requirement and not better:
        return f"Add `{fault.requirement}` to {requirements}"
    if fault.similar and not better and fault.why in (Why.NO_MODULE, Why.NO_ATTRIBUTE):
        better = corrected(fault, command)
    if better:
        words = _WITH_COMMAND.get(fault.why, "Write {line}")
        return words.format(similar=fault.similar, line=f"`{process}: {better}`")
    if fault.similar and fault.why in (Why.NO_MODULE, Why.NO_ATTRIBUTE):
        return f"If `{fault.similar}` is meant, write that"
    if fault.why is Why.NOT_INSTALLED and _is_of_python(fault.subject):
        return (
            "It belongs to Python's standard library, but the installed Python does not have it"
        )
    words = _REMEDIES.get(fault.why, "Correct the app")
    return words.format(requirements=requirements, module=fault.module, similar=fault.similar)


def line_at(place: str) -> str:
    """Name a line, from `file:line`."""
    file, _, line = place.rpartition(":")
    return f"{printable(file)}, line {line}" if file else printable(place)


def _kind_of(fault: Fault) -> str:
    """Return the kind of an application that its server cannot serve, with its article."""
    if fault.subject.startswith("aiohttp."):
        return "an aiohttp"
    return "a WSGI" if fault.serves == "ASGI" or fault.is_wsgi else "an ASGI"


def _is_of_python(module: str) -> bool:
    """Return whether a module belongs to the standard library, which may lack it."""
    return module.partition(".")[0].removeprefix("_") in sys.stdlib_module_names
