"""The exceptions of a failed Django command, as build_scripts/failure_facts.py reports them.

The report has the type, the text and the attributes of each exception, and for each frame whose
code it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.domain.django.project import DjangoProject, ReadText, module_source
from slipway.domain.python.syntax import statement_of
from slipway.domain.redaction import printable

_MOST = 500
"""The most characters of an exception's text in an error; the log has all of it."""
_ADDRESS = re.compile(r" object at 0x[0-9a-f]+>")


@dataclass(frozen=True, kw_only=True)
class Frame:
    file: str
    """Relative to the app, to site-packages, or to the folder of the standard library."""
    line: int
    function: str
    module: str
    owner: str
    """`app`, `package` or `stdlib`."""
    statement: str
    """The source of the statement that ran; empty if it is not known."""
    names: Mapping[str, str]
    """Local variables that name an environment variable."""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def is_own(self) -> bool:
        """Whether it is the app's own code, except for the top of manage.py."""
        return self.owner == "app" and self.module != "__main__"

    def runs(self, kind: type[ast.stmt]) -> bool:
        """Return whether the statement is of a kind, such as `raise`."""
        return isinstance(statement_of(self.statement), kind)


@dataclass(frozen=True, kw_only=True)
class Exceptional:
    """One exception of the chain."""

    types: tuple[str, ...]
    """The module and name of its class, and of the base classes."""
    text: str
    cause: int | None
    context: int | None
    is_suppressed: bool
    """Whether it was raised `from` something, which leaves the context out of tracebacks."""
    members: tuple[int, ...]
    attributes: Mapping[str, Any]
    required: Mapping[str, str]
    """Variables that its library requires and that are not set -> the form of their values."""
    annotations: Mapping[str, str]
    """Some of these -> their types, as a class of settings declares them."""
    refused: tuple[str, ...]
    """Variables whose values its library does not accept."""
    frames: tuple[Frame, ...]
    """The innermost is the last."""

    def is_a(self, *types: str) -> bool:
        return any(name in self.types for name in types)

    @property
    def last(self) -> Frame | None:
        return self.frames[-1] if self.frames else None

    @property
    def raised_in(self) -> str:
        """The module of the code that raised it."""
        return self.last.module if self.last else ""

    @property
    def own(self) -> Frame | None:
        """The innermost frame of the app's own code."""
        frames = [it for it in self.frames if it.owner != "stdlib"]
        # manage.py calls all the rest, so it counts only if it has not come to that.
        is_manage = bool(frames) and frames[-1].owner == "app"
        own = (it for it in reversed(frames) if it.is_own)
        return next(own, frames[-1] if is_manage else None)

    @property
    def package(self) -> Frame | None:
        """The innermost frame outside of the standard library, if it is of a package."""
        frames = [it for it in self.frames if it.owner != "stdlib"]
        return frames[-1] if frames and frames[-1].owner == "package" else None

    def described(self) -> str:
        """Give the type and the text; of an exception without text, the line that raised it."""
        kind = self.types[0].rpartition(".")[2]
        text = shortened(one_line(self.text))
        statement = self.last.statement if self.last and not text else ""
        if text:
            return text if text.startswith(f"{kind}: ") else f"{kind}: {text}"
        return f"{kind} from `{shortened(statement)}`" if statement else kind


@dataclass(frozen=True, kw_only=True)
class Site:
    """The Django project whose command failed, and its files."""

    project: DjangoProject
    read: ReadText
    """Returns the text of a file, by its path in the app."""
    entries: Callable[[str], Sequence[str]]
    """Lists a folder of the app, subfolders with a slash at the end."""

    def source(self, file: str) -> str | None:
        """Return the text of a file, by its path in the folder of manage.py."""
        return self.read(self.inside(file))

    def inside(self, file: str) -> str:
        return f"{self.project.folder}/{file}" if self.project.folder else file

    def has(self, module: str) -> bool:
        return module_source(module, self.source) is not None or bool(
            self.entries(self.inside(module.replace(".", "/")))
        )


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A Django command that ended with an exception."""

    site: Site
    chain: tuple[Exceptional, ...]
    """From the cause to the exception that ended the command."""
    python: str
    settings: str
    configuration: str
    variables: Mapping[str, bool]
    """Each variable that was set, and whether it had a value."""
    distributions: Mapping[str, Mapping[str, Any]]
    storage: str

    @property
    def cause(self) -> Exceptional:
        return self.chain[0]

    @property
    def own(self) -> Frame | None:
        """The innermost frame of the app's own code, of the exception nearest to the cause."""
        return next((one.own for one in self.chain if one.own), None)

    @property
    def place(self) -> str | None:
        return self.own.place if self.own else None

    @property
    def settings_text(self) -> str:
        """Name the settings module in a sentence."""
        return self.settings or self.site.project.settings or "the settings module"

    def distribution_of(self, module: str, file: str = "") -> str:
        """Name the distribution of a module, with its version if it is known."""
        top = top_level(module) or file.partition("/")[0].removesuffix(".py")
        for name, facts in self.distributions.items():
            modules = facts.get("modules") or [name.replace("-", "_")]
            if top in modules or top.lower() == name.replace("-", "_"):
                shown = "Django" if name == "django" else name
                return f"{shown} {facts.get('version', '')}".strip()
        return top

    @property
    def is_in_settings(self) -> bool:
        """Whether it was raised while the settings were imported."""
        return any(
            frame.module in (self.settings, "django.conf")
            for one in self.chain
            for frame in one.frames
            if frame.function in ("<module>", "__init__")
        )

    @property
    def with_values(self) -> frozenset[str]:
        return frozenset(name for name, has_value in self.variables.items() if has_value)


def shortened(text: str, most: int = _MOST) -> str:
    """Cut a text at a blank, and show that it was cut."""
    if len(text) <= most:
        return text
    return f"{text[:most].rpartition(' ')[0] or text[:most]} ..."


def one_line(text: str) -> str:
    """Return a text in one line, with control characters shown, and without addresses."""
    return printable(_ADDRESS.sub(">", " ".join(text.split())))


def failure_of(report: Mapping[str, Any], site: Site) -> Failure | None:
    """Read a report; None if it has no exceptions, or is not as the script writes it."""
    try:
        return _failure_of(report, site)
    except (AttributeError, LookupError, TypeError, ValueError):  # the app can write it, too
        return None


def _failure_of(report: Mapping[str, Any], site: Site) -> Failure | None:
    exceptions = [_exceptional(it) for it in report.get("exceptions", ())]
    if not exceptions:
        return None
    return Failure(
        site=site,
        chain=tuple(_chain(exceptions)),
        python=str(report["python"]),
        settings=str(report["settings"]),
        configuration=str(report["configuration"]),
        variables=dict(report["variables"]),
        distributions=dict(report["distributions"]),
        storage=str(report["storage"]),
    )


def _exceptional(facts: Mapping[str, Any]) -> Exceptional:
    frames = tuple(
        Frame(
            file=str(it["file"]),
            line=int(it["line"]),
            function=str(it["function"]),
            module=str(it["module"]),
            owner=str(it["owner"]),
            statement=str(it["statement"]),
            names=dict(it["names"]),
        )
        for it in facts["frames"]
    )
    return Exceptional(
        types=tuple(map(str, facts["types"])),
        text=str(facts["text"]),
        cause=facts["cause"],
        context=facts["context"],
        is_suppressed=facts["is_suppressed"],
        members=tuple(it for it in facts["members"] if it is not None),
        attributes=dict(facts["attributes"]),
        required=dict(facts["required"]),
        annotations=facts.get("annotations", {}),
        refused=tuple(map(str, facts["refused"])),
        frames=frames,
    )


def _chain(exceptions: Sequence[Exceptional]) -> list[Exceptional]:
    """List an exception and those that it only passes on, the cause first."""
    found = [exceptions[0]]
    for one in found:
        number = next((it for it in (one.cause, *one.members) if it is not None), None)
        if number is None and one.context is not None:
            context = exceptions[one.context]
            number = one.context if _passes_on(one, context) else None
        if number is not None and all(exceptions[number] is not it for it in found):
            found.append(exceptions[number])
    return found[::-1]


def _passes_on(outer: Exceptional, context: Exceptional) -> bool:
    """Return whether a handler raised an exception to report another one.

    Otherwise what the handler tried instead has failed too, and is the cause.
    """
    if outer.last is None or not context.frames:
        return False
    if not outer.last.runs(ast.Raise) and not outer.is_a("builtins.SystemExit"):
        return False
    # The app's own code hides with `from None` what its users should not read, and libraries
    # what they have dealt with.
    if outer.is_suppressed and outer.last.owner != "app":
        return False
    handler = context.frames[0]
    return any(
        (it.file, it.function) == (handler.file, handler.function) for it in outer.frames
    ) and (outer.last.owner, top_level(outer.last.module)) == (
        handler.owner,
        top_level(handler.module),
    )


def top_level(module: str) -> str:
    """Return the name of the package that a module is in."""
    return module.partition(".")[0]
