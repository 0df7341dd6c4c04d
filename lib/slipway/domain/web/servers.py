"""The servers of web applications: which one serves an app, and with which command.

The commands have only plain words and variables, because herokuish splits a command after
`eval echo`. `$PORT` stays as it is: each platform fills it in when the process starts. Gunicorn
binds to that port itself.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from slipway.domain.web.gunicorn_commands import as_todays_gunicorn
from slipway.domain.web.launch import Interface, OwnServer, Web, WebApplication
from slipway.domain.web.programs import python_start, started_programs
from slipway.domain.web.served import served
from slipway.domain.web.shell_commands import ShellSyntaxError


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server with one way to use it."""

    title: str
    """As its documentation writes it."""
    packages: tuple[str, ...]
    """The normalized names of the packages that have it; one of them is enough."""
    interface: Interface
    command: str
    """The program and its options; the application follows."""
    folder: str | None = None
    """The option that names the folder to import from; None: `env` changes to it."""
    command_in_folder: str = ""
    """The command with `env`, if it is another one."""
    factory: str | None = ""
    """The option for a factory; empty: it is written as a call; None: it cannot be called."""
    at_least: int = 0
    """The major version that it needs."""
    framework: str = ""
    """The only framework that it is for."""
    needs: str = ""
    """Another package that it needs, if the app has to bring one."""
    before: int = 0
    """The major version that no longer has it."""


_GUNICORN = Server(
    title="Gunicorn",
    packages=("gunicorn",),
    interface=Interface.WSGI,
    command="gunicorn",
    folder="--chdir",
)
_UVICORN = Server(
    title="Uvicorn",
    packages=("uvicorn",),
    interface=Interface.ASGI,
    command="uvicorn --host 0.0.0.0 --port $PORT",
    folder="--app-dir",
    factory="--factory",
)
_GRANIAN = Server(
    title="Granian",
    packages=("granian",),
    interface=Interface.WSGI,
    command="granian --interface wsgi --host 0.0.0.0 --port $PORT",
    factory="--factory",
)
_OF_AIOHTTP = replace(
    _GUNICORN,
    interface=Interface.ASGI,
    command="gunicorn -k aiohttp.GunicornWebWorker",
    framework="aiohttp",
)
"""An aiohttp application has an interface of its own, which only its own worker calls:
https://docs.aiohttp.org/en/stable/deployment.html"""

_OF_SOCKETIO = replace(
    _GUNICORN, command="gunicorn -w 1 --threads 100", framework="Flask-SocketIO"
)
"""Gunicorn's workers do not share the connections of Flask-SocketIO, so there is only one:
https://flask-socketio.readthedocs.io/en/latest/deployment.html#gunicorn-web-server"""

SERVERS = (
    _OF_AIOHTTP,
    replace(
        _OF_SOCKETIO,
        needs="gevent-websocket",
        command="gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker -w 1",
    ),
    replace(_OF_SOCKETIO, needs="gevent", command="gunicorn -k gevent -w 1"),
    replace(_OF_SOCKETIO, needs="eventlet", command="gunicorn -k eventlet -w 1", before=26),
    _OF_SOCKETIO,
    replace(
        _GUNICORN,
        title="Gunicorn and Uvicorn",
        packages=("uvicorn-worker",),
        interface=Interface.ASGI,
        command="gunicorn -k uvicorn_worker.UvicornWorker",
    ),
    _UVICORN,
    Server(
        title="Hypercorn",
        packages=("hypercorn",),
        interface=Interface.ASGI,
        command="hypercorn --bind 0.0.0.0:$PORT",
    ),
    replace(
        _GRANIAN,
        interface=Interface.ASGI,
        command="granian --interface asgi --host 0.0.0.0 --port $PORT",
    ),
    Server(
        title="Daphne",
        packages=("daphne",),
        interface=Interface.ASGI,
        command="daphne -b 0.0.0.0 -p $PORT",
        factory=None,
    ),
    replace(
        _GUNICORN, interface=Interface.ASGI, command="gunicorn -k asgi", at_least=24
    ),  # https://docs.gunicorn.org/en/latest/news.html
    _GUNICORN,
    Server(
        title="Waitress",
        packages=("waitress",),
        interface=Interface.WSGI,
        command="waitress-serve --host 0.0.0.0 --port $PORT",
        # The program looks in its folder last, after the app's root folder in PYTHONPATH.
        command_in_folder="python -m waitress --host 0.0.0.0 --port $PORT",
        factory="--call",
    ),
    _GRANIAN,
    Server(
        title="uWSGI",
        packages=("uwsgi", "pyuwsgi"),
        interface=Interface.WSGI,
        # By default it restarts at SIGTERM, and it starts without an application.
        command="uwsgi --http-socket 0.0.0.0:$PORT --master --die-on-term --need-app "
        "--enable-threads --module",
        folder="--chdir",
    ),
)
"""For each interface in the order of preference."""

_ADDED = {
    "gunicorn": ("gunicorn",),
    "uvicorn": ("uvicorn", "websockets"),
    "uvicorn-worker": ("uvicorn-worker", "websockets"),
    "hypercorn": ("hypercorn",),
    "daphne": ("daphne",),
    "granian": ("granian",),
    "waitress": ("waitress",),
    "packaging": ("packaging",),
}
"""The servers that Slipway adds to an app, with what they need for WebSockets, and what their
workers need. uWSGI is not there, because it must be compiled."""

BROUGHT_WITH = {
    "chainlit": ("uvicorn",),
    "channels[daphne]": ("daphne",),
    "connexion[uvicorn]": ("uvicorn",),
    "fastapi-cli[standard]": ("uvicorn",),
    "fastapi[all]": ("uvicorn", "fastapi-cli"),
    "fastapi[standard-no-fastapi-cloud-cli]": ("uvicorn", "fastapi-cli"),
    "fastapi[standard]": ("uvicorn", "fastapi-cli"),
    "gradio": ("uvicorn",),
    "litestar[cli]": ("uvicorn",),
    "litestar[full]": ("uvicorn",),
    "litestar[standard]": ("uvicorn",),
    "nicegui": ("uvicorn",),
    "python-fasthtml": ("uvicorn",),
    "quart": ("hypercorn",),
    "uvicorn-worker": ("gunicorn", "uvicorn"),
}
"""Requirements that bring a server, which is known before anything is resolved."""


def server_of(application: WebApplication, packages: Mapping[str, str]) -> Server:
    """Return the server for an application: one that the app brings, or the default.

    `packages` are those of the app, as name -> version, which is empty before it is known.
    """
    if application.is_configured:
        return _GUNICORN
    own = [it for it in SERVERS if it.framework and it.framework == application.framework]
    is_alone = "gunicorn" in packages or not can_serve(application.interface, packages)
    if own and (is_alone or application.framework == _OF_AIOHTTP.framework):
        return next(it for it in own if _has_what_it_needs(it, packages))
    for server in SERVERS:
        fits = server.interface is application.interface and not server.framework
        calls = server.factory is not None or not application.target.endswith("()")
        if fits and calls and _brings(server, packages):
            return server
    return _GUNICORN if application.interface is Interface.WSGI else _UVICORN


def _brings(server: Server, packages: Mapping[str, str]) -> bool:
    versions = [packages[name] for name in server.packages if name in packages]
    major = versions[0].partition(".")[0] if versions else "0"
    return bool(versions) and (not major.isdecimal() or int(major) >= server.at_least)


def _has_what_it_needs(server: Server, packages: Mapping[str, str]) -> bool:
    major = packages.get(server.packages[0], "").partition(".")[0]
    is_there = not server.before or (major.isdecimal() and int(major) < server.before)
    return is_there and (not server.needs or server.needs in packages)


def can_serve(interface: Interface, packages: Mapping[str, str]) -> bool:
    """Return whether the app brings a server for this interface."""
    return any(
        server.interface is interface and not server.framework and _brings(server, packages)
        for server in SERVERS
    )


def web_command(web: Web, packages: Mapping[str, str]) -> str:
    """Return the command of the default process `web`."""
    if isinstance(web, OwnServer):
        return web.command
    if web.is_configured:
        return _GUNICORN.command
    server, target, folder = server_of(web, packages), web.target, shlex.quote(web.folder)
    if server.factory and target.endswith("()"):
        target = f"{server.factory} {target.removesuffix('()')}"
    elif target.endswith("()"):
        target = f"'{target}'"
    if not web.folder:
        return f"{server.command} {target}"
    if server.folder is None:
        return f"env -C {folder} {server.command_in_folder or server.command} {target}"
    command = server.command.removesuffix(" --module")
    last = server.command.removeprefix(command)
    return f"{command} {server.folder} {folder}{last} {target}"


def packages_to_add(web: Web | None, packages: Mapping[str, str]) -> tuple[str, ...]:
    """Return the packages that the default process `web` needs and the app does not bring."""
    if web is None:
        return ()
    if isinstance(web, OwnServer):
        return tuple(packages_of_processes({"web": web.command}, packages))
    server = server_of(web, packages)
    added = () if _brings(server, packages) else _ADDED[server.packages[0]]
    known = {**packages, **dict.fromkeys(added, "")}
    of_worker = packages_of_processes({"web": f"{server.command} module:app"}, known)
    return tuple(package for package in (*added, *of_worker) if package not in packages)


def packages_of_processes(
    processes: Mapping[str, str], packages: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the packages of the servers that the app's Procfile names, but the app lacks.

    Each has the first process type that needs it.
    """
    found: dict[str, str] = {}
    for process, line in processes.items():
        for server in _named_servers(line):
            added = _ADDED[server] if server not in packages else ()
            needed = [package for package in added if package not in packages]
            found.update((package, process) for package in needed if package not in found)
    return found


_WORKER_PACKAGES = {
    "uvicorn.workers.": "uvicorn",
    "uvicorn_worker.": "uvicorn-worker",
    # From Gunicorn 27 on, only the extra `gevent` requires what its worker imports.
    # https://github.com/benoitc/gunicorn/blob/master/pyproject.toml
    "gevent": "packaging",
}
"""The package that a Gunicorn worker needs, by the beginning of the name of its class."""
_PROGRAM_PACKAGES = {
    **{name: name for name in ("gunicorn", "uvicorn", "hypercorn", "daphne", "granian")},
    "gunicorn_django": "gunicorn",
    "gunicorn_paster": "gunicorn",
    "waitress": "waitress",
    "waitress-serve": "waitress",
}


def _named_servers(line: str) -> Iterator[str]:
    """Yield the packages of the servers that a line starts."""
    try:
        programs = started_programs(line)
    except ShellSyntaxError:
        return
    for started in programs:
        python = python_start(started)
        name = (python.module or "") if python else started.program
        if name in _PROGRAM_PACKAGES:
            yield _PROGRAM_PACKAGES[name]
        script = (python.script or "") if python else started.program
        arguments = python.arguments if python else started.arguments
        is_django = posixpath.basename(script) in ("manage.py", "django-admin")
        if is_django and arguments[:1] == ("run_gunicorn",):
            yield "gunicorn"
        found = served(as_todays_gunicorn(started))
        worker = (found.worker_class or "") if found else ""
        for beginning, package in _WORKER_PACKAGES.items():
            if worker.startswith(beginning):
                yield package
