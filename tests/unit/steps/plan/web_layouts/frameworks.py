"""An application of each framework, as its documentation writes it."""

from __future__ import annotations

from unit.steps.plan.web_layouts.layouts import Layout, fastapi, flask

_PORT = 'port=int(os.environ.get("PORT", 8000))'
_DASH = "from dash import Dash, html\napp = Dash(__name__)\napp.layout = html.Div('hi')\n"
_GRADIO = "import gradio as gr\nwith gr.Blocks() as demo:\n    gr.Textbox()\n"
_GRADIO_COMMAND = "env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python app.py"
_STREAMLIT = "--server.port $PORT --server.address 0.0.0.0 --server.headless true"

LAYOUTS = {
    "flask": Layout(files={"app.py": flask()}, serves=("app:app", "WSGI Flask")),
    "flask-that-also-runs": Layout(
        files={"app.py": flask() + 'if __name__ == "__main__":\n    app.run(debug=True)\n'},
        serves=("app:app", "WSGI Flask"),
    ),
    "flask-with-its-module": Layout(
        files={"app.py": "import flask\napp = flask.Flask(__name__)\n"},
        serves=("app:app", "WSGI Flask"),
    ),
    "flask-under-another-name": Layout(
        files={"app.py": "from flask import Flask as F\nweb: F = F(__name__)\n"},
        serves=("app:web", "WSGI Flask"),
    ),
    "flask-socketio": Layout(
        files={
            "app.py": "from flask_socketio import SocketIO\n" + flask() + "io = SocketIO(app)\n"
            'if __name__ == "__main__":\n    io.run(app)\n'
        },
        requires="flask-socketio\n",
        serves=("app:app", "WSGI Flask-SocketIO"),
    ),
    "flask-socketio-in-another-module": Layout(
        files={
            "app.py": "from sockets import io\n" + flask() + "io.init_app(app)\n",
            "sockets.py": "from flask_socketio import SocketIO\nio = SocketIO()\n",
        },
        requires="flask-socketio\n",
        serves=("app:app", "WSGI Flask-SocketIO"),
    ),
    "flask-socketio-that-nothing-imports": Layout(
        files={"app.py": flask()},
        requires="flask-socketio\n",
        serves=("app:app", "WSGI Flask"),
    ),
    "flask-with-extensions": Layout(
        files={
            "app.py": "from flask_restful import Api\nfrom flask_sqlalchemy import SQLAlchemy\n"
            + flask()
            + "db = SQLAlchemy(app)\napi = Api(app)\n"
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "apiflask": Layout(
        files={"app.py": "from apiflask import APIFlask\napp = APIFlask(__name__)\n"},
        serves=("app:app", "WSGI APIFlask"),
    ),
    "fastapi": Layout(files={"main.py": fastapi()}, serves=("main:app", "ASGI FastAPI")),
    "fastapi-that-also-runs": Layout(
        files={
            "main.py": "import uvicorn\n" + fastapi() + 'if __name__ == "__main__":\n'
            '    uvicorn.run("main:app", reload=True)\n'
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "fastapi-with-a-lifespan": Layout(
        files={
            "main.py": "from contextlib import asynccontextmanager\n"
            "from fastapi import FastAPI\n@asynccontextmanager\n"
            "async def lifespan(app):\n    yield\napp = FastAPI(lifespan=lifespan)\n"
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "starlette": Layout(
        files={
            "main.py": "from starlette.applications import Starlette\n"
            "from starlette.routing import Route\napp = Starlette(routes=[])\n"
        },
        serves=("main:app", "ASGI Starlette"),
    ),
    "quart": Layout(
        files={"app.py": "from quart import Quart\napp = Quart(__name__)\n"},
        serves=("app:app", "ASGI Quart"),
    ),
    "litestar": Layout(
        files={
            "app.py": "from litestar import Litestar, get\n@get('/')\n"
            "async def index() -> str: ...\napp = Litestar([index])\n"
        },
        serves=("app:app", "ASGI Litestar"),
    ),
    "bottle": Layout(
        files={"app.py": "import bottle\napplication = bottle.default_app()\n"},
        serves=("app:application", "WSGI Bottle"),
    ),
    "bottle-class": Layout(
        files={"hello.py": "from bottle import Bottle, run\napp = Bottle()\n"},
        serves=("hello:app", "WSGI Bottle"),
    ),
    "falcon": Layout(
        files={"app.py": "import falcon\napp = application = falcon.App()\n"},
        serves=("app:application", "WSGI Falcon"),
    ),
    "falcon-asgi": Layout(
        files={"app.py": "import falcon.asgi\napp = falcon.asgi.App()\n"},
        serves=("app:app", "ASGI Falcon"),
    ),
    "connexion": Layout(
        files={"app.py": "import connexion\napp = connexion.FlaskApp(__name__)\n"},
        requires="connexion[flask]\n",
        serves=("app:app", "ASGI Connexion"),
    ),
    "connexion-2": Layout(
        files={"app.py": "import connexion\napp = connexion.App(__name__)\n"},
        requires="connexion==2.14.2\n",
        serves=("app:app", "WSGI Connexion"),
    ),
    "connexion-before-3": Layout(
        files={"app.py": "import connexion\napp = connexion.App(__name__)\n"},
        requires="connexion>=2.14,<3.0\n",
        serves=("app:app", "WSGI Connexion"),
    ),
    "connexion-asynchronous": Layout(
        files={"app.py": "from connexion import AsyncApp\napp = AsyncApp(__name__)\n"},
        serves=("app:app", "ASGI Connexion"),
    ),
    "fasthtml": Layout(
        files={"main.py": "from fasthtml.common import *\napp, rt = fast_app()\nserve()\n"},
        serves=("main:app", "ASGI FastHTML"),
    ),
    "fasthtml-class": Layout(
        files={"main.py": "from fasthtml.common import *\napp = FastHTML()\nrt = app.route\n"},
        serves=("main:app", "ASGI FastHTML"),
    ),
    "channels": Layout(
        files={
            "asgi.py": "from channels.routing import ProtocolTypeRouter\n"
            "application = ProtocolTypeRouter({})\n"
        },
        serves=("asgi:application", "ASGI Channels"),
    ),
    "dash": Layout(files={"app.py": _DASH}, serves=("app:app", "WSGI Dash")),
    "dash-with-its-server": Layout(
        files={"app.py": _DASH + "server = app.server\n"}, serves=("app:server", "WSGI Dash")
    ),
    "dash-in-flask": Layout(
        files={
            "app.py": flask("server") + "from dash import Dash\napp = Dash(server=server)\n"
        },
        serves=("app:app", "WSGI Dash"),
    ),
    "dash-2": Layout(
        files={"app.py": _DASH},
        requires="dash==2.18.2\n",
        none="web: gunicorn app:server",
        says="server = app.server",
    ),
    "dash-2-in-flask": Layout(
        files={
            "app.py": flask("server") + "from dash import Dash\napp = Dash(server=server)\n"
        },
        requires="dash==2.18.2\n",
        serves=("app:server", "WSGI Dash"),
    ),
    "aiohttp": Layout(
        files={"app.py": "from aiohttp import web\napp = web.Application()\n"},
        serves=("app:app", "ASGI aiohttp"),
    ),
    "aiohttp-factory": Layout(
        files={
            "app.py": "from aiohttp import web\ndef create_app():\n"
            "    app = web.Application()\n    return app\n"
        },
        serves=("app:create_app()", "ASGI aiohttp"),
    ),
    "aiohttp-coroutine": Layout(
        files={
            "app.py": "from aiohttp import web\nasync def make_app():\n"
            "    return web.Application()\n"
        },
        serves=("app:make_app", "ASGI aiohttp"),
    ),
    "aiohttp-that-runs-itself": Layout(
        files={
            "main.py": "import os\nfrom aiohttp import web\ndef main():\n"
            f"    app = web.Application()\n    web.run_app(app, {_PORT})\n"
            'if __name__ == "__main__":\n    main()\n'
        },
        runs="python main.py",
    ),
    "sanic": Layout(
        files={"server.py": "from sanic import Sanic\napp = Sanic('demo')\n"},
        runs="sanic server:app --host=0.0.0.0 --port=$PORT",
    ),
    "sanic-factory-in-src": Layout(
        files={
            "src/app.py": "from sanic import Sanic\n"
            "def create_app():\n    return Sanic('demo')\n"
        },
        runs="env -C src sanic app:create_app --host=0.0.0.0 --port=$PORT --factory",
    ),
    "streamlit": Layout(
        files={"app.py": "import streamlit as st\nst.title('Harbour')\n"},
        runs=f"streamlit run app.py {_STREAMLIT}",
    ),
    "streamlit-app": Layout(
        files={
            "streamlit_app.py": "import streamlit as st\n"
            "def main():\n    st.title('x')\nmain()\n"
        },
        runs=f"streamlit run streamlit_app.py {_STREAMLIT}",
    ),
    "streamlit-with-pages": Layout(
        files={
            "Home.py": "import streamlit as st\nst.title('x')\n",
            "pages/1_map.py": "import streamlit as st\nst.map()\n",
        },
        runs=f"streamlit run Home.py {_STREAMLIT}",
    ),
    "streamlit-with-a-module": Layout(
        files={
            "main.py": "import streamlit as st\nfrom app import draw\nst.title('x')\ndraw()\n",
            "app.py": "import streamlit as st\ndef draw():\n    st.map()\n",
        },
        runs=f"streamlit run main.py {_STREAMLIT}",
    ),
    "gradio": Layout(
        files={"app.py": _GRADIO + "demo.launch()\n"},
        runs=_GRADIO_COMMAND,
    ),
    "gradio-interface": Layout(
        files={
            "app.py": "import gradio as gr\ndemo = gr.Interface(str, 'text', 'text')\n"
            'if __name__ == "__main__":\n    demo.queue().launch()\n'
        },
        runs=_GRADIO_COMMAND,
    ),
    "gradio-that-is-not-launched": Layout(
        files={"app.py": _GRADIO}, none=f"web: {_GRADIO_COMMAND}", says="demo.launch()"
    ),
    "gradio-on-a-fixed-port": Layout(
        files={"app.py": _GRADIO + "demo.launch(server_port=7860)\n"},
        none=f"web: {_GRADIO_COMMAND}",
        says="server_port",
    ),
    "gradio-in-fastapi": Layout(
        files={
            "app.py": fastapi() + _GRADIO + "app = gr.mount_gradio_app(app, demo, path='/')\n"
        },
        serves=("app:app", "ASGI FastAPI"),
    ),
    "gradio-in-fastapi-by-a-call": Layout(
        files={"app.py": fastapi() + _GRADIO + "gr.mount_gradio_app(app, demo, path='/')\n"},
        serves=("app:app", "ASGI FastAPI"),
    ),
    "pyramid": Layout(
        files={
            "app.py": "from pyramid.config import Configurator\n"
            "with Configurator() as config:\n    app = config.make_wsgi_app()\n"
        },
        serves=("app:app", "WSGI Pyramid"),
    ),
    "wsgi-function": Layout(
        files={"app.py": "def app(environ, start_response):\n    return []\n"},
        serves=("app:app", "WSGI"),
    ),
    "asgi-function": Layout(
        files={"main.py": "async def app(scope, receive, send): ...\n"},
        serves=("main:app", "ASGI"),
    ),
    "asgi-object": Layout(
        files={
            "main.py": "class App:\n    async def __call__(self, scope, receive, send): ...\n"
            "app = App()\n"
        },
        serves=("main:app", "ASGI"),
    ),
    "class-of-the-app": Layout(
        files={
            "main.py": "from fastapi import FastAPI\nclass Site(FastAPI): ...\napp = Site()\n"
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
}
