"""Run commands of the app's manage.py, with throw-away values for variables that it lacks."""

from __future__ import annotations

import ast
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.domain.django.project import DjangoProject
from slipway.effects.files import AppFolder, read_if_there, remove, walk, write
from slipway.effects.processes import Command, describe_exit
from slipway.effects.reading import read_bytes
from slipway.errors.django import (
    Computed,
    DatabaseNotReached,
    NetworkRefused,
    PlaceholderLeft,
    RequiredVariable,
    SettingsVariableInvalid,
    SettingsVariableMissing,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.context import BuildContext

if TYPE_CHECKING:
    from slipway.domain.django.exception_chain import Failure, Site
    from slipway.domain.django.placeholders import Placeholder

_MOST_RUNS = 100
"""Each one has to give a variable a value, or another one."""
_MOST_SEARCHED = 200 * 1000**2
"""Bytes of a file that is searched; only films and the like are larger."""
_NOT_SEARCHED = frozenset({".git"})
_MISTAKES = frozenset({"builtins.AttributeError", "builtins.TypeError"})
"""Exceptions of code that does what no value allows, if the app does not raise them itself."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that has ended with status 0."""

    report: Mapping[str, Any]
    """Of build_scripts/django_command.py; empty if it has not come to the command."""
    output: str
    seconds: float

    @property
    def outcome(self) -> str:
        return str(self.report.get("outcome", ""))

    @property
    def commands(self) -> frozenset[str] | None:
        """The commands of manage.py; None if Django was not set up."""
        found = self.report.get("commands")
        return frozenset(map(str, found)) if isinstance(found, list) else None

    @property
    def pages(self) -> Mapping[str, Mapping[str, Any]] | None:
        """What describes failures of what Django imports for pages; None if it did not."""
        found = self.report.get("pages")
        is_known = isinstance(found, dict) and all(
            isinstance(it, dict) for it in found.values()
        )
        return found if is_known else None

    @property
    def refuses_hosts(self) -> bool:
        """Whether ALLOWED_HOSTS is empty, which matters."""
        return self.report.get("refuses_hosts") is True


@dataclass(kw_only=True)
class DjangoCommands:
    """Runs the commands of one build, which share their throw-away values.

    A command that fails because variables are missing runs again with a value for each of
    these, and for no others: a variable that the settings can do without stays absent.
    """

    context: BuildContext
    project: DjangoProject
    variables: Mapping[str, str]
    folder: Path
    """For reports, and for the files that placeholders name."""
    placeholders: dict[str, Placeholder] = field(default_factory=dict)
    imports_pages: bool = False
    """Whether the URLconf and what templates load are imported, too."""
    _token: str = field(default_factory=lambda: secrets.token_hex(8))
    _began: float = field(init=False)
    _ran: list[str] = field(default_factory=list)
    _announced: int = 0
    _refusals: dict[str, list[tuple[Failure, BuildStopped]]] = field(default_factory=dict)
    """Variable -> what failed with each of its placeholders, and the cause."""

    def __post_init__(self) -> None:
        self._began = self.context.effects.cache.now()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of the commands, with placeholders."""
        files = str(self.folder / "files")
        values = {name: one.value_in(files) for name, one in self.placeholders.items()}
        return {**self.variables, **values}

    @property
    def required(self) -> Mapping[str, RequiredVariable]:
        """The variables that have placeholders."""
        return {name: one.variable for name, one in self.placeholders.items()}

    def run(self, arguments: Sequence[str], text: str = "", *, may_upload: bool = False) -> Ran:
        """Run a command to its end; `text` is how the user writes it.

        Its output is logged only if it fails.

        Raises an error that domain/django/failure.py returns.
        """
        text = text or " ".join(arguments)
        console = self.context.effects.console
        start = console.now()
        for _ in range(_MOST_RUNS):
            try:
                output = self._started(arguments, text, may_upload=may_upload)
            except CommandFailed as error:
                stopped = self._learn(error, text)
                if stopped is None:
                    continue
                self.announce()
                for line in error.output.splitlines():
                    console.output(line)
                raise stopped from error
            self._ran.append(text)
            return Ran(report=self._report(), output=output, seconds=console.now() - start)
        self.announce()
        required = tuple(self.required.values())
        raise SettingsVariableMissing(variables=required, settings=self._settings)

    def _started(self, arguments: Sequence[str], text: str, *, may_upload: bool) -> str:
        effects, marks = self.context.effects, self._marks()
        request = {
            "manage": self.project.manage,
            "arguments": [*arguments],
            "may_upload": may_upload,
            "placeholders": marks,
            "pages": self.imports_pages,
        }
        write(self.folder / "request.json", json.dumps(request))
        remove(self._report_file)
        command = Command(
            argv=[
                str(self.context.virtualenv.python),
                str(effects.build_scripts / "django_command.py"),
                str(self.folder / "request.json"),
                str(self._report_file),
            ],
            cwd=self.context.app,
            env=self.environment,
            shown=f"python {self.project.manage} {text}",
        )
        return effects.processes.run(command, doing=f"running {text.partition(' ')[0]}")

    def _marks(self) -> Mapping[str, Sequence[str]]:
        if not self.placeholders:
            return {}
        from slipway.domain.django.placeholder_traces import marks_of

        return {name: marks_of(one) for name, one in self.placeholders.items()}

    @property
    def _report_file(self) -> Path:
        return self.folder / "report.json"

    @property
    def _settings(self) -> str:
        return self.project.settings or "the settings module"

    def _report(self) -> Mapping[str, Any]:
        """Return the report; empty if there is none, or if the app has written another one."""
        try:
            content = json.loads(read_if_there(self._report_file) or "{}")
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    # Learning from failures

    def _learn(self, error: CommandFailed, command: str) -> BuildStopped | None:
        """Give placeholders to what a failed command lacks; return why it cannot go on.

        None if it can be run again.
        """
        from slipway.domain.django.exception_chain import failure_of
        from slipway.domain.django.failure import cause_of  # only failures need it

        report, site = self._report(), self._site()
        cause = cause_of(report, site, describe_exit(error.status), command)
        failure = failure_of(report, site)
        if failure is None or not self.context.plan.settings.placeholders:
            return cause
        if isinstance(cause, SettingsVariableMissing):
            lacking = [it for it in cause.variables if it.name not in self.placeholders]
            # Also one that is set and empty: the settings cannot do without a value.
            for one in lacking:
                self._give(one)
            if lacking:
                return None
        stopped = self._try_another(cause, failure)
        return self._of_document(failure) or stopped if stopped is cause else stopped

    def _of_document(self, failure: Failure) -> BuildStopped | None:
        """Return the error for a throw-away JSON document that lacks what the settings use."""
        from slipway.domain.django.placeholder_traces import document_at_failure

        found = document_at_failure(failure, self.placeholders)
        if found is None or not failure.is_in_settings:
            return None
        refusals = self._refusals.get(found.variable.name, [])
        first = refusals[0][0] if refusals else failure
        return self._no_value_accepted(found.variable, first)

    def _try_another(self, cause: BuildStopped, failure: Failure) -> BuildStopped | None:
        """Give another kind of value to the variable that a failing line reads."""
        from slipway.domain.django.failed_reads import refused_placeholder
        from slipway.domain.django.placeholder_traces import read_at_failure
        from slipway.domain.django.placeholders import next_placeholder

        # With a value that leads to a connection, the settings have come far enough.
        if not self.placeholders or isinstance(cause, (DatabaseNotReached, NetworkRefused)):
            return cause
        name: str | None = None
        known = refused_placeholder(failure, [*self.placeholders.values()])
        if known is not None:
            name = known.variable.name
        elif isinstance(cause, SettingsVariableInvalid):
            name = cause.variable
        elif isinstance(cause, SettingsVariableMissing):
            name = cause.variables[0].name
        else:
            name = read_at_failure(failure, self.placeholders)
        if name not in self.placeholders:
            return cause
        refused = self.placeholders[name]
        refusals = self._refusals.setdefault(name, [])
        refusals.append((failure, cause))
        instead = next_placeholder(refused, self._token, self._packages())
        if instead is None:
            return self._refused(refused.variable, refusals)
        self._use(instead)
        return None

    def _refused(
        self, variable: RequiredVariable, refusals: Sequence[tuple[Failure, BuildStopped]]
    ) -> BuildStopped:
        """Return the error for a variable of which the settings have accepted no value."""
        failure, cause = refusals[0]
        types = {one.cause.types[0] for one, _ in refusals}
        if types <= _MISTAKES and len(types) == 1 and not _raises(failure):
            return cause  # no value of a variable mends `variable + 5`
        return self._no_value_accepted(variable, failure)

    def _no_value_accepted(
        self, variable: RequiredVariable, first: Failure
    ) -> SettingsVariableMissing:
        return SettingsVariableMissing(
            variables=(variable,),
            settings=self._settings,
            is_refused=True,
            refused_at=first.place,
            refusal=first.cause.described(),
        )

    def _give(self, variable: RequiredVariable) -> None:
        from slipway.domain.django.placeholders import first_placeholder

        self._use(first_placeholder(variable, self._token, self._packages()))

    def _use(self, placeholder: Placeholder) -> None:
        self.placeholders[placeholder.variable.name] = placeholder
        for name, content in placeholder.files.items():
            path = self.folder / "files" / name
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                write(path, content)

    def _packages(self) -> frozenset[str]:
        return frozenset(self.context.virtualenv.distributions())

    def _site(self) -> Site:
        from slipway.domain.django.exception_chain import Site

        app = AppFolder(self.context.app, self.context.effects.console.secrets)
        read = partial(_text_if_readable, app)
        return Site(project=self.project, read=read, entries=app.entries)

    # What the log and the built app have

    def announce(self) -> None:
        """Log the variables with placeholders that have not been logged yet, in one line."""
        new = [*self.required.values()][self._announced :]
        self._announced = len(self.placeholders)
        if not new:
            return
        names = ", ".join(f"{one.name} ({one.place})" if one.place else one.name for one in new)
        self.context.effects.console.info(
            "Throw-away values for this build, because the settings require variables that are "
            f"not set: {names}. The app needs real ones when it starts"
        )

    def search_files(self) -> None:
        """Search the files that the commands have written for values of placeholders.

        Raises PlaceholderLeft.
        """
        if not self.placeholders:
            return
        from slipway.domain.django.placeholder_traces import placeholders_in

        marks, found = self._marks(), list[Computed]()
        roots = dict.fromkeys((self.context.app, self.context.layout.virtualenv))
        for root in roots:
            for path in walk(root, _NOT_SEARCHED):
                content = os.fsencode(path.name) + _written_since(path, self._began)
                names = placeholders_in(content, marks)
                if names is not None:
                    variables = tuple(self.required[name] for name in names)
                    name = os.path.relpath(path, self.context.app)
                    found.append(Computed(name=name, variables=variables))
        if found:
            unique = {one.name: one for one in found}
            raise PlaceholderLeft(files=tuple(unique.values()), commands=tuple(self._ran))

    def of_static_settings(self) -> Mapping[str, Sequence[str]]:
        """Map settings of static files to variables with values that cannot be recognized."""
        without_marks = [name for name, marks in self._marks().items() if not marks]
        if not without_marks or not self.project.settings:
            return {}
        from slipway.domain.django.placeholder_traces import computed_from

        return computed_from(self.project.settings, self._site().source, without_marks)


def _raises(failure: Failure) -> bool:
    """Return whether the app itself raises the cause, to refuse a value."""
    own = failure.cause.own
    return own is not None and (own.runs(ast.Raise) or own.runs(ast.Assert))


def _written_since(path: Path, began: float) -> bytes:
    """Return the content of a file that has changed since then; empty for others."""
    try:
        # The clock of files can be a little behind.
        if path.is_symlink() or path.stat().st_ctime < began - 1:
            return b""
        return read_bytes(path, _MOST_SEARCHED)
    except OSError:
        return b""


def _text_if_readable(app: AppFolder, name: str) -> str | None:
    """Read a module, to explain a failure; whatever keeps it from being read is another one."""
    try:
        return app.text(name)
    except BuildStopped:
        return None
