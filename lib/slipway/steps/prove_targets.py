"""Prove that processes can load what their commands name: modules, attributes, packages.

First by reading the app and the virtual environment. Only where that ends, or finds a fault,
the app is imported, by build_scripts/import_target.py: in a process of its own with a time
limit, which can neither use the network nor change files.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.formats import requirements_of
from slipway.domain.python.syntax import parse_module
from slipway.domain.redaction import printable
from slipway.domain.settings import FOR_THE_LOG
from slipway.domain.web.frameworks import AIOHTTP, SANIC, Framework
from slipway.domain.web.gunicorn_faults import GunicornSetting, settings_shown
from slipway.domain.web.imports import (
    Elsewhere,
    OwnModule,
    Reading,
    read_script,
    read_target,
)
from slipway.domain.web.launch import Interface, Launch, Web, WebApplication
from slipway.domain.web.modules import Modules
from slipway.domain.web.programs import PACKAGES, Started
from slipway.domain.web.servers import web_command
from slipway.domain.web.shell_commands import ShellSyntaxError, ShellTooComplex
from slipway.domain.web.shell_scripts import started_through_scripts
from slipway.domain.web.targets import (
    StartTarget,
    configuration_of,
    fault_of,
    module_of_worker,
    targets_of,
    with_application,
)
from slipway.effects.cache.kinds import TARGETS
from slipway.effects.files import (
    OF_OTHER_BUILDPACKS,
    AppFolder,
    read_if_there,
    scratch,
    walk,
    write,
)
from slipway.effects.processes import Command, TimeLimitReached, describe_exit
from slipway.effects.reading import read_bytes
from slipway.errors.stopped import CommandFailed
from slipway.errors.web import ApplicationUnusable, Fault, Why
from slipway.steps.context import BuildContext
from slipway.steps.module_finder import ModuleFinder, text_of

_TIME_LIMIT = 10.0
"""Seconds for importing what a process loads."""
_OF_WSGI = 2
"""Arguments with which a server calls a WSGI application: environ, start_response."""
_ENOUGH = 3
"""As many as those of an ASGI application."""
_SHORTEST_VALUE = 4
"""Characters of the values of variables that are struck from texts."""
_NOT_READ = OF_OTHER_BUILDPACKS | {".git", ".slipway", "node_modules", "__pycache__"}
_CHANGES_FOLDERS = re.compile(r"chdir|pythonpath|sys\.path|import \*")
_CONSOLE_SCRIPT = re.compile(
    r"^from (?P<module>[\w.]+) import (?P<name>\w+)\nif __name__ == ", re.MULTILINE
)
"""In the text that effects/packages/console_scripts.py writes for all installers."""
_NAMES_CONFIG = re.compile(r"(?:^|\s)(?:-c|--con)")
_CHANGES_WORKER = re.compile(r"worker.class|(?:^|\s)-k")
"""Settings in a configuration of Gunicorn that change what it imports, and calls."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A target, and the processes whose commands name it."""

    target: StartTarget
    processes: tuple[str, ...]


def prove_targets(
    context: BuildContext,
    launch: Launch,
    variables: Mapping[str, str],
    virtualenv_digest: str | None,
    find_web: Callable[[], Web | None],
    files: str = "",
) -> list[str]:
    """Return a sentence for each process of the app that will stop at start.

    What could not be checked is logged. `virtualenv_digest` is None if a hook has changed the
    virtual environment; else an unchanged app is not looked at again. `find_web` returns what
    the process `web` would serve if the app had no Procfile. `files` is the digest of the app's
    modules, if it is known.

    Raises ApplicationUnusable for Slipway's own processes.
    """
    named = targets_in(context, launch)
    if not named:
        return []
    effects = context.effects
    key = TARGETS.key(
        {
            "virtualenv": virtualenv_digest or "",
            "targets": [repr(one.target) for one in named],
            "files": files or files_digest(context.start_folder),
            "variables": sorted({*variables, *launch.defaults} - FOR_THE_LOG),
        }
    )
    entry = effects.cache.entry(key) if virtualenv_digest else None
    if entry is not None:
        for notice in json.loads(read_if_there(entry / "notices.json") or "[]"):
            effects.console.info(notice)
        return []
    proof = Proof(context, _running(context, launch, variables))
    verdicts = [(one, proof.of(one.target)) for one in named]
    problems = [
        _problem(context, launch, one, verdict, find_web)
        for one, verdict in verdicts
        if isinstance(verdict, Fault) and not _is_said(context, verdict)
    ]
    notices = [_notice(one, verdict) for one, verdict in verdicts if isinstance(verdict, str)]
    for notice in notices:
        effects.console.info(notice)
    if virtualenv_digest and not any(isinstance(one, Fault) for _, one in verdicts):
        with scratch("targets") as folder:
            write(folder / "notices.json", json.dumps(notices))
            effects.cache.store(key, folder)
    return problems


def targets_in(context: BuildContext, launch: Launch) -> list[Shared]:
    """Return what the processes load, as far as their commands tell."""
    read = partial(text_of, AppFolder(context.start_folder, context.effects.console.secrets))
    found: dict[StartTarget, list[str]] = {}
    for name, line in launch.processes.items():
        try:
            started = [*started_through_scripts(line, read)]
        except (ShellSyntaxError, ShellTooComplex):
            continue  # check_processes warns about it
        for one in started:
            configuration = configuration_of(one)
            named = (configuration, *targets_of(one), _console_script(context, launch, one))
            for target in filter(None, named):
                found.setdefault(target, []).append(name)
    return [
        Shared(target=target, processes=tuple(dict.fromkeys(names)))
        for target, names in found.items()
    ]


def _console_script(
    context: BuildContext, launch: Launch, started: Started
) -> StartTarget | None:
    """Return what a program of a package loads, if Slipway has chosen that program itself."""
    is_known = started.folder is not None and started.program not in PACKAGES
    if not launch.is_default or not is_known or "/" in started.program:
        return None
    text = read_if_there(context.virtualenv.bin / started.program) or ""
    found = _CONSOLE_SCRIPT.search(text)
    if found is None:
        return None
    return StartTarget(
        program=started.program,
        shown=f"{found['module']}:{found['name']}",
        module=found["module"],
        attribute=found["name"],
        folders=(),
        start_folder=started.folder or "",
    )


def files_digest(app: Path) -> str:
    """Digest the paths and contents of all modules of the app."""
    digest = hashlib.sha256()
    for path in walk(app, _NOT_READ):
        if path.name.endswith(".py"):
            try:
                content = read_bytes(path)
            except OSError:
                content = b""
            digest.update(
                f"{path.relative_to(app)}\0{len(content)}\0".encode("utf-8", "replace")
            )
            digest.update(content)
    return digest.hexdigest()


def _running(
    context: BuildContext, launch: Launch, variables: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the variables of the running app, as far as the build has them."""
    variable = "DJANGO_SETTINGS_MODULE"
    given = context.effects.environment
    kept = {name: value for name, value in variables.items() if name != variable}
    own = {variable: given[variable]} if variable in given else {}
    return {**launch.defaults, **kept, **own}


class Proof:
    """Finds out whether targets can be loaded."""

    def __init__(self, context: BuildContext, variables: Mapping[str, str]) -> None:
        self.context = context
        self.variables = variables
        self.files = AppFolder(context.start_folder, context.effects.console.secrets)

    def of(self, target: StartTarget) -> Fault | str | None:
        """Return what is wrong with a target, or why that is not known; None if nothing is."""
        if not (self.context.start_folder / target.start_folder).is_dir():
            return None
        finder = ModuleFinder(self.context, self.files, target, self.variables)
        if target.is_configuration:
            return self._of_configuration(target, finder)
        if target.file or target.is_run:
            return self._of_script(target, finder)
        configured = self._configured(target)
        return self._of_module(configured, finder) if configured else None

    def _of_module(self, target: StartTarget, finder: ModuleFinder) -> Fault | str | None:
        fault = _written_as_path(target, finder) or self._dotted(target)
        if fault:
            return fault
        reading = read_target(target.module, target.attribute, finder.find)
        framework = self._framework(target)
        if framework and reading.is_certain:
            fault = self._other_interface(target, framework)
        is_known = target.interface is None or framework is not None
        is_known = is_known and (not target.is_celery or self._has_celery(target, finder))
        if fault or (reading.is_certain and is_known and _fits(target, framework)):
            return fault
        return self._import(target, reading)

    def _configured(self, target: StartTarget) -> StartTarget | None:
        """Return a target as Gunicorn's configuration leaves it; None if that is not known."""
        if not target.config:
            return target
        if target.config.startswith("python:"):
            return None
        text = text_of(self.files, target.config) or ""
        text += f" {self.variables.get('GUNICORN_CMD_ARGS', '')}"
        if _CHANGES_FOLDERS.search(text):
            return None
        return replace(target, interface=None) if _CHANGES_WORKER.search(text) else target

    def _of_script(self, target: StartTarget, finder: ModuleFinder) -> Fault | None:
        """Check the imports of a script; it is not run."""
        if target.is_run:
            package = finder.find(target.module)
            name = f"{target.module}.__main__"
            is_package = isinstance(package, OwnModule) and package.is_package
            found = finder.find(name) if is_package else package
            if not isinstance(found, OwnModule):
                return None  # check_processes warns about it
            file, text = found.file, found.text
        else:
            read = text_of(self.files, target.file)
            if read is None:
                return None
            file, text = target.file, read
        return self._missing_import(target, file, text, finder)

    def _missing_import(
        self, target: StartTarget, file: str, text: str, finder: ModuleFinder
    ) -> Fault | None:
        return self._not_installed(target, read_script(file, text, finder.find))

    def of_urls(self, target: StartTarget) -> Fault | None:
        """Check the imports of Django's URLconf, which is only read."""
        finder = ModuleFinder(self.context, self.files, target, self.variables)
        found = self._not_installed(target, read_target(target.module, "", finder.find))
        return replace(found, is_urlconf=True) if found else None

    def _not_installed(self, target: StartTarget, reading: Reading) -> Fault | None:
        if reading.may_find_more or not reading.missing:
            return None
        tops = [one for one in reading.missing if "." not in one.module]
        answer = self._ask(target, find=[one.top for one in tops])
        missing = answer.get("missing", ()) if isinstance(answer, dict) else ()
        first = next((one for one in tops if one.top in missing), None)
        if first is None:
            return None
        from slipway.domain.web.failed_imports import not_installed  # only failures need it

        return not_installed(target, first.module, f"{first.file}:{first.line}")

    def _of_configuration(
        self, target: StartTarget, finder: ModuleFinder
    ) -> Fault | str | None:
        """Check the configuration of Gunicorn, as far as reading tells; it is not run."""
        variable = self.variables.get("GUNICORN_CMD_ARGS", "")
        is_other = "config" not in target.settings and _NAMES_CONFIG.search(variable)
        found = None if is_other else self._configuration(target, finder)
        if not isinstance(found, OwnModule):
            return found
        tree = parse_module(found.text)
        if tree is None:
            path = self.context.start_folder / found.file
            answer = self._ask(target, compile_file=str(path))
            if isinstance(answer, str) or "exceptions" not in answer:
                return None
            return self._failed(target, Reading(), answer)
        missing = self._missing_import(target, found.file, found.text, finder)
        return missing or self._of_settings(target, settings_shown(tree), found.file, finder)

    def _configuration(
        self, target: StartTarget, finder: ModuleFinder
    ) -> OwnModule | Fault | None:
        """Read the configuration of Gunicorn; None if it is not known."""
        module = target.config.removeprefix("python:")
        if module != target.config:
            found = finder.find(module)
            if found is Elsewhere.MISSING:
                return fault_of(target, Why.NO_MODULE, subject=module)
            return found if isinstance(found, OwnModule) else None
        if not target.config.endswith(".py"):
            return None
        text = text_of(self.files, target.config)
        if text is not None:
            return OwnModule(file=target.config, text=text)
        is_there = os.path.lexists(self.context.start_folder / target.config)
        if is_there or "config" not in target.settings:
            return None
        return fault_of(target, Why.NO_FILE, subject=target.shown)

    def _of_settings(
        self,
        target: StartTarget,
        settings: Sequence[GunicornSetting],
        file: str,
        finder: ModuleFinder,
    ) -> Fault | str | None:
        """Check settings in a configuration of Gunicorn whose values are written out."""
        values = {one.name: one.value for one in settings}
        for one in settings:
            place = f"{file}:{one.line}"
            if one.is_refused:
                shown = f"`{one.name}` to {one.value!r}"
                return fault_of(target, Why.SETTING, subject=shown, place=place)
            is_overridden = one.name in target.settings or _CHANGES_WORKER.search(
                self.variables.get("GUNICORN_CMD_ARGS", "")
            )
            if one.name == "worker_class" and isinstance(one.value, str) and not is_overridden:
                module = module_of_worker(one.value)
                if module and finder.find(module.partition(".")[0]) is Elsewhere.MISSING:
                    from slipway.domain.web.failed_imports import package_of_worker

                    return fault_of(
                        target,
                        Why.WORKER,
                        subject=one.value,
                        place=place,
                        requirement=package_of_worker(module),
                    )
        named = values.get("wsgi_app")
        if isinstance(named, str) and "wsgi_app" not in target.settings:
            served_here = with_application(target, named)
            return self.of(served_here) if served_here else None
        return None

    def _dotted(self, target: StartTarget) -> Fault | None:
        """Return the fault of an attribute that today's Gunicorn does not look up.

        https://github.com/benoitc/gunicorn/blob/20.0/gunicorn/util.py (import_app)
        """
        version = self.context.virtualenv.distributions().get("gunicorn", "")
        major = version.partition(".")[0]
        if target.program != "gunicorn" or not major.isdecimal() or int(major) < 20:
            return None
        name = target.attribute.partition("(")[0]
        return fault_of(target, Why.DOTTED, subject=target.attribute) if "." in name else None

    def _other_interface(self, target: StartTarget, framework: Framework) -> Fault | None:
        """Return the fault of an application with an interface that reading shows."""
        if framework is AIOHTTP and target.interface is not None:
            return self._wrong_kind(
                target, Interface.ASGI, "aiohttp.web.Application", framework
            )
        is_rsgi = target.serves_rsgi and "GRANIAN_INTERFACE" not in self.variables
        if not is_rsgi or framework.interface is None:
            return None
        fault = fault_of(
            target, Why.INTERFACE, subject=framework.name or framework.interface.value
        )
        is_wsgi = framework.interface is Interface.WSGI
        return replace(fault, serves="RSGI", is_wsgi=is_wsgi)

    def _framework(self, target: StartTarget) -> Framework | None:
        """Return what makes an application, if reading tells."""

        def read(path: str) -> str | None:
            paths = (posixpath.join(folder, path) for folder in target.folders)
            return next(filter(None, (text_of(self.files, one) for one in paths)), None)

        modules = Modules(read=read)
        module = modules.get(target.module)
        if module is None or "." in target.attribute:
            return None
        name, call, _ = target.attribute.partition("(")
        made = modules.factory(module, name) if call else modules.instance(module, name)
        return made.framework if made else None

    def _has_celery(self, target: StartTarget, finder: ModuleFinder) -> bool:
        """Return whether reading shows an application where Celery looks for one.

        https://github.com/celery/celery/blob/v5.4.0/celery/app/utils.py (find_app)
        """
        names = ("app", "celery")
        if any(read_target(target.module, name, finder.find).is_certain for name in names):
            return True
        below = f"{target.module}.celery"
        return any(read_target(below, name, finder.find).is_certain for name in names)

    def _import(self, target: StartTarget, reading: Reading) -> Fault | str | None:
        """Import a target behind the fence."""
        answer = self._ask(target, module=target.module, attribute=target.attribute)
        if isinstance(answer, str):
            return answer
        if "exceptions" in answer:
            return self._failed(target, reading, answer)
        if not answer.get("is_bound", True):
            return Fault(
                why=Why.NO_ATTRIBUTE,
                program=target.program,
                target=target.shown,
                subject="Celery application" if target.is_celery else target.attribute,
                module=target.module,
                similar=str(answer.get("near", "")),
            )
        return self._of_object(target, answer)

    def _of_object(self, target: StartTarget, answer: Mapping[str, Any]) -> Fault | None:
        """Return what keeps a server from serving an object that has been imported."""
        made_by = str(answer.get("type", ""))
        is_server = target.interface is not None or target.program == "gunicorn"
        if is_server and target.attribute and not answer.get("is_callable", True):
            return fault_of(target, Why.NOT_CALLABLE, subject=made_by)
        needed, most = answer.get("arguments") or (0, _ENOUGH)
        if _is_factory(target, int(most)):
            call = "" if needed else f"{target.shown}()"
            return fault_of(target, Why.FACTORY, subject=target.attribute, similar=call)
        kind = str(answer.get("kind", ""))
        if target.interface and kind and kind != target.interface.value:
            return self._wrong_kind(target, Interface(kind), made_by)
        return None

    def _failed(
        self, target: StartTarget, reading: Reading, report: Mapping[str, Any]
    ) -> Fault | str | None:
        """Return what an exception means."""
        from slipway.domain.web.failed_imports import meaning_of  # only failures need it

        read = partial(text_of, self.files)
        verdict = meaning_of(report, target, read, self.files.entries)
        if isinstance(verdict, str):
            return self._without_values(verdict)
        if verdict.why is Why.DATABASE_URL:
            from slipway.domain.database_urls.schemes import new_scheme  # rarely needed

            packages = self.context.virtualenv.distributions()
            scheme = new_scheme(packages, is_async=verdict.is_async)
            verdict = replace(verdict, similar=scheme)
        # A variable that the line sets may choose other modules.
        return None if target.sets_variables and not reading.missing else verdict

    def _without_values(self, text: str) -> str:
        """Strike the values of variables from an exception's text, which the cache keeps."""
        text = text.replace(f"{self.context.app}/", "")
        for value in sorted(set(self.variables.values()), key=len, reverse=True):
            if len(value) >= _SHORTEST_VALUE:
                text = text.replace(printable(value), "****")
        return text

    def _wrong_kind(
        self,
        target: StartTarget,
        interface: Interface,
        made_by: str,
        framework: Framework | None = None,
    ) -> Fault:
        application = WebApplication(
            target=f"{target.module}:{target.attribute}",
            folder=target.folders[-1],
            origin="",
            interface=interface,
            framework=framework.package if framework else "",
        )
        packages = self.context.virtualenv.distributions()
        return Fault(
            why=Why.INTERFACE,
            program=f"{target.program} -k {target.worker}" if target.worker else target.program,
            target=target.shown,
            subject=made_by,
            module=target.module,
            serves=target.interface.value if target.interface else "",
            command=web_command(application, packages),
        )

    def _ask(
        self,
        target: StartTarget,
        *,
        module: str = "",
        attribute: str = "",
        find: Sequence[str] = (),
        compile_file: str = "",
    ) -> dict[str, Any] | str:
        """Return the report about a target; a text says why there is none."""
        request = {
            "folders": [str(self.context.start_folder / one) for one in target.folders],
            "find": [*find],
            "compile": compile_file,
            "module": module,
            "attribute": attribute,
            "celery": target.is_celery,
        }
        script = self.context.effects.build_scripts / "import_target.py"
        command = Command(
            argv=[str(self.context.virtualenv.python), str(script), json.dumps(request)],
            cwd=self.context.start_folder / target.start_folder,
            env=self.variables,
            shown=f"python -c 'import {module}'",
        )
        try:
            output = self.context.effects.processes.query(command, time_limit=_TIME_LIMIT)
            answer = json.loads(output)
        except TimeLimitReached:
            return f"importing it takes more than {_TIME_LIMIT:.0f} s"
        except CommandFailed as error:
            return f"Python {describe_exit(error.status)} while it imported it"
        except OSError as error:
            return f"Python cannot be started: {error.strerror}"
        except (ValueError, RecursionError):
            return "Python ended while it imported it"
        return answer if isinstance(answer, dict) else {}


def _fits(target: StartTarget, framework: Framework | None) -> bool:
    """Return whether a server can call an application; those that are not known fit."""
    if target.interface is None or framework is None or framework is AIOHTTP:
        return True
    if framework is SANIC:
        return target.interface is Interface.ASGI
    return framework.interface in (None, target.interface)


def _is_factory(target: StartTarget, most: int) -> bool:
    """Return whether a function takes too few arguments for an application.

    Uvicorn calls a function without arguments itself, and Daphne knows applications of ASGI 2,
    which take one.
    """
    if target.interface is Interface.WSGI:
        return most < _OF_WSGI
    return target.program in ("daphne", "granian") and bool(target.interface) and not most


def _written_as_path(target: StartTarget, finder: ModuleFinder) -> Fault | None:
    """Return the fault of a path in place of a module."""
    if "/" not in target.module and not target.module.endswith(".py"):
        return None
    if "/" not in target.module and isinstance(finder.find(target.module), OwnModule):
        return None
    module = posixpath.normpath(target.module).removesuffix(".py").replace("/", ".")
    names = dict.fromkeys((target.attribute, "app", "application"))
    is_module = all(one.isidentifier() for one in module.split("."))
    if is_module and isinstance(finder.find(module), OwnModule):
        found = (it for it in names if read_target(module, it, finder.find).is_certain)
        meant = f"{module}:{next(found, target.attribute)}"
    else:
        meant = ""
    return fault_of(target, Why.NO_MODULE, subject=target.module, similar=meant)


def _notice(named: Shared, reason: str) -> str:
    processes = " and ".join(f"`{name}`" for name in named.processes)
    start = "start" if len(named.processes) > 1 else "starts"
    return (
        f"Not known whether {processes} {start} with {printable(named.target.shown)}: {reason}"
    )


def _problem(
    context: BuildContext,
    launch: Launch,
    named: Shared,
    fault: Fault,
    find_web: Callable[[], Web | None],
) -> str:
    """Return the sentence about a process of the app.

    Raises ApplicationUnusable for one of Slipway's own.
    """
    process = named.processes[0]
    command = launch.processes[process]
    from slipway.steps.better_command import with_better_command  # only failures need it

    fault = with_better_command(context, named.target, fault, command, find_web)
    if launch.is_default:
        raise ApplicationUnusable(
            process=process, command=command, fault=fault, origin=_origin(context.plan)
        )
    from slipway.domain.web import fault_words  # only failures need it

    app = AppFolder(context.start_folder, repository=context.layout.repository)
    where = _line_in_procfile(app, process, command)
    names = " and ".join(f"`{name}`" for name in named.processes)
    requirements = requirements_of(context.plan.dependencies.origin)
    remedy = fault_words.remedy(fault, process, command, requirements)
    happens = fault_words.what_happens(fault)
    return f"{where}{names} {happens}{'' if happens.endswith('?') else '.'} {remedy}"


def _is_said(context: BuildContext, fault: Fault) -> bool:
    """Return whether check_processes has named the package, whose program is missing too."""
    is_of_program = bool(fault.requirement) and PACKAGES.get(fault.program) == fault.requirement
    return is_of_program and not (context.virtualenv.bin / fault.program).exists()


def _origin(plan: BuildPlan) -> str:
    web = plan.web({"django": ""})
    return web.origin if web else ""


def _line_in_procfile(app: AppFolder, process: str, command: str) -> str:
    """Return the file and the line of a process type; if several name it, the one that counts.

    That is the first for most platforms, and the last for those that read the file as YAML.
    """
    text = text_of(app, "Procfile") or ""
    commands = dict[int, str]()
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), 1):
        name, _, rest = line.partition(":")
        if name.strip().strip("\"'") == process:
            commands[number] = rest.strip()
    if not commands:
        return ""
    # YAML removes quotes and comments, so the shortest line with the command is that command.
    matching = [number for number, rest in commands.items() if command in rest]
    number = min(matching, key=lambda one: len(commands[one]), default=min(commands))
    return f"{posixpath.join(app.path_in_repository, 'Procfile')}, line {number}: "
