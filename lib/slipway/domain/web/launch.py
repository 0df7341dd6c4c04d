"""How the built app starts: its web application, process types and environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from slipway.domain.django.release_step import ReleaseStep


class Interface(Enum):
    """What a server calls."""

    WSGI = "WSGI"
    """https://peps.python.org/pep-3333/"""
    ASGI = "ASGI"
    """https://asgi.readthedocs.io/en/latest/specs/main.html"""


@dataclass(frozen=True, kw_only=True)
class WebApplication:
    """An application object for a server to serve."""

    target: str
    """`module:attribute`, or `module:function()` for a factory."""
    folder: str
    """The folder to import the module from, relative to the app; empty for its root."""
    origin: str
    """Where it was found: a file, or a setting in one."""
    interface: Interface = Interface.WSGI
    framework: str = ""
    """As its documentation writes it: `Django`, `FastAPI`; empty if it is not known."""
    is_configured: bool = False
    """Whether gunicorn.conf.py names it, so that the command is `gunicorn` alone. The target is
    empty if only running that file tells it."""


@dataclass(frozen=True, kw_only=True)
class OwnServer:
    """A program of the app that starts its own server."""

    command: str
    """Plain words, with `$PORT` if it does not read that variable itself."""
    origin: str
    framework: str = ""


Web = WebApplication | OwnServer


@dataclass(frozen=True, kw_only=True)
class WebSearch:
    """What was found for the process `web` of an app without a Procfile."""

    found: Web | None = None
    is_explicit: bool = False
    """Whether a setting of the app or of its tools names it, so that it wins over Django."""
    equal: tuple[WebApplication, ...] = ()
    """Candidates between which nothing decides; then there is no `found`."""
    looked_for: str = ""
    """What was looked for in vain, as part of a sentence; empty if there are candidates."""
    reason: str = ""
    """Why what was found cannot be served, or what to change in `line`, in sentences without
    the last full stop; it says more than `looked_for`, if there is one."""
    line: str = ""
    """If nothing was found, the exact line for the Procfile of this app, if it is known."""
    is_repaired: bool = False
    """Whether the app needs no Procfile if what `reason` advises is done."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a built app starts; each door writes it in the format of its platform."""

    processes: Mapping[str, str]
    """Process type -> command, in the order to show; the app's own if it has a Procfile."""
    is_default: bool
    """Whether the process types are Slipway's, because the app has no Procfile."""
    defaults: Mapping[str, str]
    """Environment variables for the running app, unless the user has set them."""
    release: ReleaseStep | None = None
    """The release step that travels with a Django app, and also runs in one-off commands."""
    gunicorn_settings: tuple[str, ...] = ()
    """Gunicorn's settings that get a default when the app starts, by the names in its
    configuration file; lib/runtime/server_defaults.py decides their values."""
