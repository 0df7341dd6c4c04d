"""The commands that Slipway may choose for the process `web` of an app."""

from __future__ import annotations

from dataclasses import replace

from slipway.domain.web.launch import Interface, WebApplication
from slipway.domain.web.servers import SERVERS, server_of, web_command

WSGI = WebApplication(target="app:app", folder="", origin="app.py")
ASGI = WebApplication(target="main:app", folder="", origin="main.py", interface=Interface.ASGI)
SOCKETIO = replace(WSGI, framework="Flask-SocketIO")
AIOHTTP = replace(ASGI, target="harbour:app", origin="harbour.py", framework="aiohttp")


def below(web: WebApplication) -> WebApplication:
    return replace(web, folder="backend", origin=f"backend/{web.origin}")


def factory(web: WebApplication) -> WebApplication:
    return replace(web, target=web.target.replace(":app", ":create_app()"))


def default_commands() -> list[tuple[WebApplication, str]]:
    """Make the default commands of each server, for folders and factories, too."""
    found = []
    for server in SERVERS:
        web = ASGI if server.interface is Interface.ASGI else WSGI
        web = {"aiohttp": AIOHTTP, "Flask-SocketIO": SOCKETIO}.get(server.framework, web)
        for one in (web, below(web), factory(web), factory(below(web))):
            version = str(server.before - 1) if server.before else ""
            packages = {server.packages[0]: version, server.needs: ""}
            if server_of(one, packages) == server:
                found.append((one, web_command(one, packages)))
    return found
