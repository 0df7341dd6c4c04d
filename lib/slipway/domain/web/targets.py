"""What the programs of processes load from the app: modules, attributes of them, and files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from slipway.domain.web.gunicorn_config import CONFIG_FILE
from slipway.domain.web.launch import Interface
from slipway.domain.web.programs import PythonStart, Started, python_start
from slipway.domain.web.served import Served, served
from slipway.errors.web import Fault, Why

_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ATTRIBUTE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:\([^()]*\))?")
_PATH = re.compile(r"(?:\./)?[\w-]+(?:/[\w-]+)*(?:\.py)?")
"""A module that is written as a path."""
_WITH_MODULES = frozenset({"gunicorn", "uvicorn", "daphne", "waitress-serve"})
"""Servers that take no path."""
_WITH_OTHER_FOLDERS = frozenset({"fastapi", "flask"})
"""Programs that may import a module in a package from another folder than the line's."""
_WORKER_PACKAGES = frozenset({"gevent", "eventlet", "tornado"})
"""Gunicorn's own worker classes that need a package of that name."""


@dataclass(frozen=True, kw_only=True)
class StartTarget:
    """What a program loads when it starts."""

    program: str
    shown: str
    """As the line has it."""
    module: str = ""
    attribute: str = ""
    """`app`, `package.app`, `create_app()`; empty if the program needs none."""
    file: str = ""
    """The script that runs, in place of a module; relative to `start_folder`."""
    folders: tuple[str, ...]
    """The first folders in sys.path, relative to where the processes start."""
    start_folder: str
    """The working directory, relative to where the processes start."""
    config: str = ""
    """The configuration file of Gunicorn, or `python:module`; it need not exist."""
    interface: Interface | None = None
    """What a server calls; None if it calls either, or is not a server."""
    is_celery: bool = False
    """Whether Celery looks for its application in the module."""
    is_run: bool = False
    """Whether the module runs as `__main__`, and is not imported."""
    worker: str = ""
    """Gunicorn's worker class, if the line names one."""
    serves_rsgi: bool = False
    """Whether Granian would call it with its own interface, because the line names none."""
    is_configuration: bool = False
    """Whether it is the configuration of Gunicorn, in place of a module."""
    settings: frozenset[str] = frozenset()
    """The settings of Gunicorn that the line itself sets."""
    sets_variables: bool = False
    """Whether the line sets environment variables, which the build does not know."""


def fault_of(
    target: StartTarget,
    why: Why,
    *,
    subject: str,
    place: str = "",
    requirement: str = "",
    similar: str = "",
) -> Fault:
    """Return what keeps the program from loading a target."""
    return Fault(
        why=why,
        program=target.program,
        target=target.shown,
        subject=subject,
        place=place,
        module=target.module,
        requirement=requirement,
        similar=similar,
    )


def targets_of(started: Started) -> Iterator[StartTarget]:
    """Yield what a started program loads, as far as its command line tells."""
    if started.folder is None or "PYTHONPATH" in started.variables:
        return
    serves = served(started)
    if serves is not None:
        yield from _of_server(serves, started)
        return
    python = python_start(started)
    if python is None:
        yield from _of_program(started.program, started.arguments, started)
    elif python.module and _is_program(python):
        yield from _of_program(python.module, python.arguments, started)
    elif python.module and _MODULE.fullmatch(python.module):
        yield _made(started, program="python", shown=python.module, module=python.module)
    elif python.script:
        yield from _of_script("python", python.script, started)


def configuration_of(started: Started) -> StartTarget | None:
    """Return the configuration that Gunicorn loads, if it is known; it need not exist."""
    serves = served(started)
    is_unknown = "GUNICORN_CMD_ARGS" in started.variables or "PYTHONPATH" in started.variables
    if serves is None or serves.server != "gunicorn" or started.folder is None or is_unknown:
        return None
    if serves.config is None and "config" in serves.options:
        return None
    target = _made(started, program="gunicorn", shown=serves.config or CONFIG_FILE, module="")
    settings = serves.options | ({"wsgi_app"} if serves.has_target else set())
    return replace(
        target,
        config=_config(serves, started),
        is_configuration=True,
        settings=frozenset(settings),
        sets_variables=bool(started.variables),
    )


def with_application(configuration: StartTarget, named: str) -> StartTarget | None:
    """Return the application that a configuration of Gunicorn names as `wsgi_app`."""
    module, _, attribute = named.partition(":")
    attribute = attribute or "application"
    is_known = "chdir" not in configuration.settings and _MODULE.fullmatch(module)
    if not is_known or not _ATTRIBUTE.fullmatch(attribute):
        return None
    return replace(
        configuration,
        shown=named,
        module=module,
        attribute=attribute,
        is_configuration=False,
    )


def _is_program(python: PythonStart) -> bool:
    return python.module in ("celery", "rq", "huey", "dramatiq", "streamlit", "taskiq", "arq")


def _of_server(serves: Served, started: Started) -> Iterator[StartTarget]:
    worker = module_of_worker(serves.worker_class)
    if worker:
        yield _made(started, program="gunicorn", shown=serves.worker_class or "", module=worker)
    folders = (*serves.other_folders, serves.folder)
    known = tuple(one for one in folders if one is not None)
    if not serves.target or serves.folder is None or len(known) < len(folders):
        return
    module, _, attribute = serves.target.partition(":")
    is_path = serves.server in _WITH_MODULES and _PATH.fullmatch(module)
    if not (_MODULE.fullmatch(module) or is_path) or not _ATTRIBUTE.fullmatch(attribute):
        return
    if serves.server in _WITH_OTHER_FOLDERS and "." in module:
        return
    yield StartTarget(
        program=serves.server,
        shown=serves.target,
        module=module,
        attribute=attribute,
        folders=known,
        # Gunicorn and uWSGI change to the folder themselves.
        start_folder=serves.folder
        if serves.server in ("gunicorn", "uwsgi")
        else started.folder or "",
        config=_config(serves, started),
        interface=None if serves.server == "flask" else serves.interface,
        worker=serves.worker_class or "",
        serves_rsgi=serves.server == "granian"
        and "interface" not in serves.options
        and "GRANIAN_INTERFACE" not in started.variables,
        sets_variables=bool(started.variables),
    )


def _config(serves: Served, started: Started) -> str:
    if serves.server != "gunicorn":
        return ""
    return serves.config or posixpath.join(started.folder or "", CONFIG_FILE)


def module_of_worker(name: str | None) -> str:
    """Return the module of Gunicorn's worker class, if it is not one of Gunicorn's own."""
    if name in _WORKER_PACKAGES:
        return name or ""
    module, dot, _ = (name or "").rpartition(".")
    return module if dot and _MODULE.fullmatch(module) else ""


def _of_program(
    program: str, arguments: Sequence[str | None], started: Started
) -> Iterator[StartTarget]:
    """Yield what workers and other programs load."""
    first, second = (*arguments[:2], None, None)[:2]
    if program == "celery":
        named = _option(arguments, "-A", "--app")
        if named and _option(arguments, "--workdir") is None:
            yield from _of_celery(named, started)
    elif program in ("rq", "rqworker"):
        named = _option(arguments, "-c", "--config")
        if named and _MODULE.fullmatch(named):
            yield _made(started, program="rq", shown=named, module=named)
    elif program in ("huey_consumer", "huey_consumer.py", "arq") and first:
        yield from _of_pair(program, first, ".", started)
    elif program == "dramatiq":
        for named in takewhile(lambda one: one and not one.startswith("-"), arguments):
            yield from _of_pair(program, named or "", ":", started)
    elif (program, first) == ("taskiq", "worker") and second and ":" in second:
        yield from _of_pair(program, second, ":", started)
    elif (program, first) == ("streamlit", "run") and second:
        yield from _of_script(program, second, started)


def _of_celery(named: str, started: Started) -> Iterator[StartTarget]:
    module, colon, attribute = named.partition(":")
    if not _MODULE.fullmatch(module) or (colon and not _MODULE.fullmatch(attribute)):
        return
    yield _made(
        started,
        program="celery",
        shown=named,
        module=module,
        attribute=attribute,
        is_celery=not colon,
    )


def _of_pair(program: str, shown: str, sign: str, started: Started) -> Iterator[StartTarget]:
    """Yield a module with an attribute after the last dot, or after a colon if there is one."""
    module, _, attribute = shown.rpartition(sign) if sign == "." else shown.partition(sign)
    is_module = _MODULE.fullmatch(module)
    if is_module and (not attribute or _MODULE.fullmatch(attribute)):
        yield _made(started, program=program, shown=shown, module=module, attribute=attribute)


def _of_script(program: str, file: str, started: Started) -> Iterator[StartTarget]:
    path = posixpath.normpath(posixpath.join(started.folder or "", file))
    if file.startswith(("/", "~", "-")) or path.startswith("..") or not path.endswith(".py"):
        return
    yield StartTarget(
        program=program,
        shown=file,
        file=path,
        folders=(posixpath.dirname(path),),
        start_folder=started.folder or "",
        sets_variables=bool(started.variables),
    )


def _made(
    started: Started,
    *,
    program: str,
    shown: str,
    module: str,
    attribute: str = "",
    is_celery: bool = False,
) -> StartTarget:
    """Make a target that is found from the working directory."""
    return StartTarget(
        program=program,
        shown=shown,
        module=module,
        attribute=attribute,
        folders=(started.folder or "",),
        start_folder=started.folder or "",
        is_celery=is_celery,
        is_run=program == "python",
        sets_variables=bool(started.variables),
    )


def _option(arguments: Sequence[str | None], *names: str) -> str | None:
    """Return the value of an option; None if it is not given or known only at run time."""
    for argument, following in zip(arguments, [*arguments[1:], None], strict=True):
        for name in names:
            if argument == name:
                return following
            start = f"{name}=" if name.startswith("--") else name
            if argument and argument.startswith(start):
                return argument.removeprefix(start).removeprefix("=")
    return None
