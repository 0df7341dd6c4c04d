"""Web frameworks: the classes and functions that make their applications."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slipway.domain.web.launch import Interface


@dataclass(frozen=True, kw_only=True)
class Framework:
    name: str
    """As its documentation writes it; empty for an application without a framework."""
    interface: Interface | None
    """None if its applications start a server of their own."""
    package: str = ""
    """The normalized name of the package that has it."""

    @property
    def module(self) -> str:
        """The name with which the package is imported."""
        return self.package.removeprefix("python-")


WSGI = Framework(name="", interface=Interface.WSGI)
ASGI = Framework(name="", interface=Interface.ASGI)
FLASK = Framework(name="Flask", interface=Interface.WSGI, package="flask")
FLASK_SOCKETIO = Framework(
    name="Flask-SocketIO", interface=Interface.WSGI, package="flask-socketio"
)
"""A Flask application whose server needs to be one process:
https://flask-socketio.readthedocs.io/en/latest/deployment.html"""
AIOHTTP = Framework(name="aiohttp", interface=Interface.ASGI, package="aiohttp")
"""It has neither interface, but a worker of its own for Gunicorn:
https://docs.aiohttp.org/en/stable/deployment.html#nginx-gunicorn"""
CONNEXION = Framework(name="Connexion", interface=Interface.ASGI, package="connexion")
CONNEXION_2 = Framework(name="Connexion", interface=Interface.WSGI, package="connexion")
"""https://connexion.readthedocs.io/en/latest/v3.html"""
DASH = Framework(name="Dash", interface=Interface.WSGI, package="dash")
DASH_SERVER = Framework(name="Dash", interface=Interface.WSGI, package="dash")
"""Its attribute `server`, which a server can call with any version."""
GRADIO = Framework(name="Gradio", interface=None, package="gradio")
SANIC = Framework(name="Sanic", interface=None, package="sanic")
STREAMLIT = Framework(name="Streamlit", interface=None, package="streamlit")
_DJANGO_WSGI = Framework(name="Django", interface=Interface.WSGI, package="django")
_DJANGO_ASGI = Framework(name="Django", interface=Interface.ASGI, package="django")
_APIFLASK = Framework(name="APIFlask", interface=Interface.WSGI, package="apiflask")
_BOTTLE = Framework(name="Bottle", interface=Interface.WSGI, package="bottle")
_CHANNELS = Framework(name="Channels", interface=Interface.ASGI, package="channels")
_FALCON = Framework(name="Falcon", interface=Interface.WSGI, package="falcon")
_FALCON_ASGI = Framework(name="Falcon", interface=Interface.ASGI, package="falcon")
_FASTAPI = Framework(name="FastAPI", interface=Interface.ASGI, package="fastapi")
_FASTHTML = Framework(name="FastHTML", interface=Interface.ASGI, package="python-fasthtml")
_LITESTAR = Framework(name="Litestar", interface=Interface.ASGI, package="litestar")
_PYRAMID = Framework(name="Pyramid", interface=Interface.WSGI, package="pyramid")
_QUART = Framework(name="Quart", interface=Interface.ASGI, package="quart")
_STARLETTE = Framework(name="Starlette", interface=Interface.ASGI, package="starlette")

FRAMEWORKS = (
    *(_APIFLASK, DASH, GRADIO, STREAMLIT, _FASTHTML, _CHANNELS, _PYRAMID, SANIC, _QUART),
    *(_LITESTAR, CONNEXION, _FALCON, _BOTTLE, _FASTAPI, FLASK, AIOHTTP, _STARLETTE),
)
"""Those that requirements tell, a framework before one that it is built on."""

CONSTRUCTORS: Mapping[str, Framework] = {
    "aiohttp.web.Application": AIOHTTP,
    "apiflask.APIFlask": _APIFLASK,
    "bottle.Bottle": _BOTTLE,
    "bottle.app": _BOTTLE,
    "bottle.default_app": _BOTTLE,
    "channels.routing.ProtocolTypeRouter": _CHANNELS,
    "connexion.App": CONNEXION,
    "connexion.AsyncApp": CONNEXION,
    "connexion.FlaskApp": CONNEXION,
    "dash.Dash": DASH,
    "django.core.asgi.get_asgi_application": _DJANGO_ASGI,
    "django.core.wsgi.get_wsgi_application": _DJANGO_WSGI,
    "falcon.API": _FALCON,
    "falcon.App": _FALCON,
    "falcon.asgi.App": _FALCON_ASGI,
    "fastapi.FastAPI": _FASTAPI,
    "fastapi.applications.FastAPI": _FASTAPI,
    "fasthtml.FastHTML": _FASTHTML,
    "fasthtml.common.FastHTML": _FASTHTML,
    "fasthtml.common.fast_app": _FASTHTML,
    "fasthtml.core.FastHTML": _FASTHTML,
    "fasthtml.fastapp.fast_app": _FASTHTML,
    "fasthtml.fast_app": _FASTHTML,
    "flask.Flask": FLASK,
    "flask.app.Flask": FLASK,
    "gradio.Blocks": GRADIO,
    "gradio.ChatInterface": GRADIO,
    "gradio.Interface": GRADIO,
    "gradio.TabbedInterface": GRADIO,
    "gradio.load": GRADIO,
    "gradio.mount_gradio_app": _FASTAPI,
    "gradio.routes.mount_gradio_app": _FASTAPI,
    "litestar.Litestar": _LITESTAR,
    "litestar.app.Litestar": _LITESTAR,
    "quart.Quart": _QUART,
    "quart.app.Quart": _QUART,
    "sanic.Sanic": SANIC,
    "sanic.app.Sanic": SANIC,
    "starlette.applications.Starlette": _STARLETTE,
    "starlite.Starlite": _LITESTAR,
    # Wrappers that turn one interface into the other, or have one of their own.
    "a2wsgi.ASGIMiddleware": WSGI,
    "a2wsgi.WSGIMiddleware": ASGI,
    "asgiref.wsgi.WsgiToAsgi": ASGI,
    "engineio.ASGIApp": ASGI,
    "engineio.WSGIApp": WSGI,
    "socketio.ASGIApp": ASGI,
    "socketio.WSGIApp": WSGI,
    "werkzeug.middleware.dispatcher.DispatcherMiddleware": WSGI,
}
"""What a call makes, by the full name of what is called."""

RETURNING_PAIR = frozenset(
    {"fasthtml.common.fast_app", "fasthtml.fast_app", "fasthtml.fastapp.fast_app"}
)
"""Functions that return the application first in a tuple."""

MOUNTING = frozenset({"gradio.mount_gradio_app", "gradio.routes.mount_gradio_app"})
"""Functions that mount an application in the one that they get first."""

METHODS: Mapping[str, Framework] = {"make_wsgi_app": _PYRAMID}
"""What a method of any object makes, by its name."""


def framework_among(packages: Collection[str]) -> Framework | None:
    """Return the framework among some packages, if one of these is there."""
    return next((one for one in FRAMEWORKS if one.package in packages), None)
