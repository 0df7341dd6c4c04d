"""What a command line asks a server to serve, by the server's own grammar of options."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from slipway.domain.web import server_options as options
from slipway.domain.web.launch import Interface
from slipway.domain.web.programs import Started, joined, python_start
from slipway.domain.web.server_options import Grammar, Words, read_words


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a command line asks a server to serve."""

    server: str
    """The name of the program."""
    target: str | None
    """`module:attribute`, or `module:function()` for a factory; without an attribute if the
    server finds that itself, or if it refuses such a line. A path is written with dots. None if
    a configuration file or a variable names it."""
    interface: Interface | None
    """What the server calls; None if it finds that out itself, or if its configuration may
    decide."""
    folder: str | None
    """The folder to import from, relative to the app; None if that is not known."""
    other_folders: tuple[str | None, ...] = ()
    """More folders to import from."""
    config: str | None = None
    """The configuration file that the line names, relative to the app, or `python:module`."""
    worker_class: str | None = None
    """Gunicorn's worker, as the line has it."""
    options: frozenset[str] = frozenset()
    """The settings that the line itself sets, by their names in Gunicorn's configuration."""
    has_target: bool = False
    """Whether the line has words that are no options, even if they are not known."""


def served(started: Started) -> Served | None:
    """Return what a started program serves.

    None if it is not a server that is known, or if only running its line would tell.
    """
    python = python_start(started)
    program = (python.module or "") if python else started.program
    if python and program == "waitress":
        program = "waitress-serve"
    if program not in _PROGRAMS or (python and program == "uwsgi"):
        return None
    arguments = python.arguments if python else started.arguments
    texts = started.texts[len(started.texts) - len(arguments) :]
    grammar, read = _PROGRAMS[program]
    words = read_words(grammar, arguments, texts)
    return read(_Line(program, words, arguments, texts, started)) if words else None


class _Line(NamedTuple):
    """The command line of a server, and where it starts."""

    program: str
    words: Words
    arguments: tuple[str | None, ...]
    texts: tuple[str, ...]
    started: Started

    @property
    def given(self) -> tuple[str, ...]:
        """The words that are no options."""
        return tuple(self.arguments[place] or "" for place in self.words.positional)

    def after_command(self, grammar: Grammar) -> _Line | None:
        """Read the words after the first that is no option, which is a command."""
        start = self.words.positional[0] + 1
        arguments, texts = self.arguments[start:], self.texts[start:]
        words = read_words(grammar, arguments, texts)
        return self._replace(words=words, arguments=arguments, texts=texts) if words else None

    def folder(self, setting: str = "") -> str | None:
        """Return the folder that an option names, or else the one in which the line starts."""
        start = self.started.folder
        return joined(start, self.words.last(setting)) if self.has(setting) else start

    def folders(self, *settings: str) -> Iterator[str | None]:
        for name in settings:
            for value in self.words.settings.get(name, ()):
                paths = [None] if value is None else filter(None, value.split(","))
                yield from (joined(self.folder("chdir"), path) for path in paths)

    def config(self) -> str | None:
        name = self.words.last("config")
        if name is None or name.startswith("python:"):
            return name
        return joined(self.started.folder, name.removeprefix("file:"))

    def has(self, setting: str) -> bool:
        return setting in self.words.settings

    def serves(
        self,
        target: str | None,
        interface: Interface | None,
        folder: str | None,
        *,
        others: Iterable[str | None] = (),
        config: str | None = None,
        worker_class: str | None = None,
    ) -> Served:
        return Served(
            server=self.program,
            target=target,
            interface=interface,
            folder=folder,
            other_folders=tuple(others),
            config=config,
            worker_class=worker_class,
            has_target=bool(self.words.positional),
            options=frozenset(_SAME_SETTINGS.get(name, name) for name in self.words.settings),
        )


_SAME_SETTINGS = {
    "host": "bind",
    "port": "bind",
    "uds": "bind",
    "fd": "bind",
    "unix_socket": "bind",
    "listen": "bind",
    "socket": "bind",
    "http": "bind",
    "http-socket": "bind",
    "http11-socket": "bind",
    "processes": "workers",
    "timeout_graceful_shutdown": "graceful_timeout",
    "limit_max_requests": "max_requests",
}
"""Options of other servers -> the same setting in Gunicorn's configuration."""


def _of_gunicorn(line: _Line) -> Served | None:
    """https://docs.gunicorn.org/en/stable/run.html."""
    worker = line.words.last("worker_class")
    target = next(iter(line.given), None)
    if target and ":" not in target:
        target = f"{target}:application"
    may_decide = line.has("config") or line.has("worker_class")
    if worker:
        interface = _interface_of_worker(worker)
    else:
        may_decide |= "GUNICORN_CMD_ARGS" in line.started.variables
        interface = None if may_decide else Interface.WSGI
    return line.serves(
        None if line.has("paste") else target,
        interface,
        line.folder("chdir"),
        others=line.folders("pythonpath"),
        config=line.config(),
        worker_class=worker,
    )


def _interface_of_worker(worker: str) -> Interface | None:
    """https://docs.gunicorn.org/en/stable/settings.html#worker-class."""
    if worker in ("sync", "gthread", "gevent", "eventlet", "tornado"):
        return Interface.WSGI
    is_asgi = worker.startswith(
        ("uvicorn.workers.", "uvicorn_worker.", "gunicorn.workers.gasgi.")
    )
    if is_asgi or worker == "asgi":
        return Interface.ASGI
    return Interface.WSGI if worker.startswith("gunicorn.workers.") else None


def _of_uvicorn(line: _Line) -> Served | None:
    """https://uvicorn.dev/settings/."""
    if len(line.given) > 1:
        return None
    target = next(iter(line.given), None)
    is_wsgi = line.words.last("interface") == "wsgi"
    interface = Interface.WSGI if is_wsgi else Interface.ASGI
    if line.has("interface") and line.words.last("interface") is None:
        return None
    if target and line.has("factory"):
        target = f"{target}()"
    return line.serves(target, interface, line.folder("app_dir"))


def _of_hypercorn(line: _Line) -> Served | None:
    """Read `[asgi:|wsgi:][FOLDER/]MODULE[:EXPRESSION]`.

    https://github.com/pgjones/hypercorn/blob/main/src/hypercorn/utils.py
    """
    if len(line.given) != 1:
        return None
    kind, _, rest = line.given[0].partition(":")
    interface = None
    if ":" in rest:
        interface = {"asgi": Interface.ASGI, "wsgi": Interface.WSGI}.get(kind)
    path, _, attribute = (rest if ":" in rest else line.given[0]).partition(":")
    parent, module = posixpath.split(path)
    target = f"{module.removesuffix('.py')}:{attribute or 'app'}"
    folder = joined(line.started.folder, parent)
    return line.serves(target, interface, folder, config=line.config())


def _of_daphne(line: _Line) -> Served | None:
    """https://github.com/django/daphne#running."""
    if len(line.given) != 1:
        return None
    return line.serves(line.given[0], Interface.ASGI, line.folder())


def _of_granian(line: _Line) -> Served | None:
    """https://github.com/emmett-framework/granian#options; by default it serves RSGI."""
    if len(line.given) != 1:
        return None
    path, _, attribute = line.given[0].partition(":")
    call = "()" if line.has("factory") else ""
    interfaces = {"wsgi": Interface.WSGI, "asgi": Interface.ASGI, "asginl": Interface.ASGI}
    return line.serves(
        f"{_module(path)}:{attribute or 'app'}{call}",
        interfaces.get(line.words.last("interface") or ""),
        line.folder("working_dir"),
        others=[line.folder()] if line.has("working_dir") else (),
    )


def _of_waitress(line: _Line) -> Served | None:
    """https://docs.pylonsproject.org/projects/waitress/en/stable/runner.html."""
    if len(line.given) != 1 or ":" not in line.given[0]:
        return None  # without a colon, the module can end at each dot
    call = "()" if line.has("call") else ""
    return line.serves(f"{line.given[0]}{call}", Interface.WSGI, line.folder())


def _of_uwsgi(line: _Line) -> Served | None:
    """https://uwsgi-docs.readthedocs.io/en/latest/Options.html."""
    given = {name: line.words.last(name) for name in line.words.settings}
    config = next((given[name] for name in _UWSGI_CONFIG if name in given), None)
    module = given.get("module") or given.get("wsgi")
    file = given.get("wsgi-file") or given.get("file")
    if "mount" in given:
        module = (given["mount"] or "").partition("=")[2]
    for word in line.given:
        if word.endswith((".ini", ".xml", ".yaml", ".yml", ".json")):
            config = word
        elif word.endswith((".py", ".wsgi")):
            file = word
        elif ":" in word:
            module = word
        else:
            return None
    if not (config or module or (file and file.endswith(".py"))):
        return None
    target = module or (_module(file) if file else None)
    if target and ":" not in target:
        target = f"{target}:{given.get('callable') or 'application'}"
    return line.serves(
        target,
        Interface.WSGI,
        line.folder("chdir"),
        others=line.folders("pythonpath", "python-path", "pp"),
        config=joined(line.started.folder, config) if config else None,
    )


_UWSGI_CONFIG = ("ini", "xml", "yaml", "json", "yml", "ini-paste", "paste")


def _of_fastapi(line: _Line) -> Served | None:
    """https://fastapi.tiangolo.com/fastapi-cli/."""
    if line.given[:1] not in (("run",), ("dev",)):
        return None
    run = line.after_command(options.FASTAPI_RUN)
    if run is None or len(run.given) > 1:
        return None
    name, entrypoint = run.words.last("app"), run.words.last("entrypoint")
    target = f"{_module(run.given[0])}{f':{name}' if name else ''}" if run.given else None
    return run.serves(entrypoint or target, Interface.ASGI, run.folder())


def _of_flask(line: _Line) -> Served | None:
    """https://flask.palletsprojects.com/en/stable/cli/#application-discovery."""
    run = line.after_command(options.FLASK_RUN) if line.given[:1] == ("run",) else None
    if run is None or run.given or (line.has("app") and not line.words.last("app")):
        return None
    path, colon, attribute = (line.words.last("app") or "").partition(":")
    target = f"{_module(path)}{colon}{attribute}" if path else None
    return run.serves(target, Interface.WSGI, run.folder())


def _module(path: str) -> str:
    return posixpath.normpath(path).removesuffix(".py").replace("/", ".") if path else ""


_PROGRAMS: Mapping[str, tuple[Grammar, Callable[[_Line], Served | None]]] = {
    "gunicorn": (options.GUNICORN, _of_gunicorn),
    "uvicorn": (options.UVICORN, _of_uvicorn),
    "hypercorn": (options.HYPERCORN, _of_hypercorn),
    "daphne": (options.DAPHNE, _of_daphne),
    "granian": (options.GRANIAN, _of_granian),
    "waitress-serve": (options.WAITRESS, _of_waitress),
    "uwsgi": (options.UWSGI, _of_uwsgi),
    "pyuwsgi": (options.UWSGI, _of_uwsgi),
    "fastapi": (options.FASTAPI, _of_fastapi),
    "flask": (options.FLASK, _of_flask),
}
