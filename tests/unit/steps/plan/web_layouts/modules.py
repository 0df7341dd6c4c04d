"""What a single module has: several applications, wrappers, other syntax and encodings."""

from __future__ import annotations

from unit.steps.plan.web_layouts.layouts import Layout, fastapi, flask

_FAST = "from fastapi import FastAPI\n"
_DEEP = "x = " + "(" * 400 + "1" + ")" * 400 + "\n"

LAYOUTS = {
    "two-applications": Layout(
        files={"app.py": _FAST + "admin = FastAPI()\npublic = FastAPI()\n"},
        equal=("app:admin app.py:2", "app:public app.py:3"),
    ),
    "two-applications-one-with-the-usual-name": Layout(
        files={"app.py": _FAST + "app = FastAPI()\nadmin = FastAPI()\n"},
        equal=("app:app app.py:2", "app:admin app.py:3"),
    ),
    "two-kinds-of-applications": Layout(
        files={"app.py": flask("web") + fastapi("api")},
        equal=("app:api app.py:4", "app:web app.py:2"),
    ),
    "deleted": Layout(files={"app.py": flask() + "del app\n"}, none=""),
    "replaced-by-a-number": Layout(files={"app.py": flask() + "app = 5\n"}, none=""),
    "replaced-in-a-condition": Layout(
        files={"app.py": flask() + "if not app.debug:\n    app = None\n"},
        serves=("app:app", "WSGI Flask"),
    ),
    "celery-in-wsgi-py": Layout(
        files={"wsgi.py": "import celery\napplication = celery.Celery('x')\n"},
        none="",
        says="`application` in wsgi.py is made by celery.Celery, which is not a web",
    ),
    "none-and-another-name-in-wsgi-py": Layout(
        files={"wsgi.py": "application = None\n" + flask()}, serves=("wsgi:app", "WSGI Flask")
    ),
    "celery-in-an-app-of-flask": Layout(
        files={"app.py": "import celery\napp = celery.Celery('x')\n"},
        requires="flask\n",
        none="web: gunicorn MODULE:APP",
        says="no application of it in the modules that Slipway reads: `app` in app.py is made "
        "by celery.Celery",
    ),
    "two-names-for-one-application": Layout(
        files={"app.py": flask() + "application = app\n"},
        serves=("app:application", "WSGI Flask"),
    ),
    "mounted": Layout(
        files={"app.py": _FAST + "api = FastAPI()\napp = FastAPI()\napp.mount('/api', api)\n"},
        serves=("app:app", "ASGI FastAPI"),
    ),
    "mounted-in-a-function": Layout(
        files={
            "app.py": _FAST + "v1 = FastAPI()\nsite = FastAPI()\n"
            "def setup():\n    site.mount('/v1', v1)\nsetup()\n"
        },
        serves=("app:site", "ASGI FastAPI"),
    ),
    "mounted-by-routes": Layout(
        files={
            "app.py": "from starlette.applications import Starlette\n"
            "from starlette.routing import Mount\napi = Starlette()\n"
            "routes = [Mount('/api', app=api)]\nweb = Starlette(routes=routes)\n"
        },
        serves=("app:web", "ASGI Starlette"),
    ),
    "mounted-in-each-other": Layout(
        files={
            "app.py": _FAST
            + "a = FastAPI()\nb = FastAPI()\na.mount('/b', b)\nb.mount('/a', a)\n"
        },
        equal=("app:a app.py:2", "app:b app.py:3"),
    ),
    "dispatcher": Layout(
        files={
            "app.py": "from flask import Flask\n"
            "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
            "front = Flask('a')\nback = Flask('b')\n"
            "application = DispatcherMiddleware(front, {'/api': back})\n"
        },
        serves=("app:application", "WSGI"),
    ),
    "dispatcher-in-an-attribute": Layout(
        files={
            "app.py": "from flask import Flask\n"
            "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
            "app = Flask('a')\nback = Flask('b')\n"
            "app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {'/api': back.wsgi_app})\n"
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "wrapped-under-the-same-name": Layout(
        files={
            "app.py": "from whitenoise import WhiteNoise\n"
            + flask()
            + "app = WhiteNoise(app)\n"
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "wrapped-under-another-name": Layout(
        files={
            "app.py": "from whitenoise import WhiteNoise\n"
            + flask()
            + "application = WhiteNoise(app)\n"
        },
        serves=("app:application", "WSGI Flask"),
    ),
    "flask-as-asgi": Layout(
        files={
            "app.py": "from asgiref.wsgi import WsgiToAsgi\n"
            + flask()
            + "asgi_app = WsgiToAsgi(app)\n"
        },
        serves=("app:asgi_app", "ASGI"),
    ),
    "fastapi-with-sockets": Layout(
        files={
            "main.py": "import socketio\n" + fastapi("api") + "sio = socketio.AsyncServer()\n"
            "app = socketio.ASGIApp(sio, other_asgi_app=api)\n"
        },
        serves=("main:app", "ASGI"),
    ),
    "blueprints": Layout(
        files={
            "app.py": "from flask import Blueprint, Flask\nbp = Blueprint('a', __name__)\n"
            "app = Flask(__name__)\napp.register_blueprint(bp)\n"
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "router-only": Layout(
        files={"main.py": "from fastapi import APIRouter\nrouter = APIRouter()\n"},
        requires="fastapi\n",
        none="web: uvicorn --host 0.0.0.0 --port $PORT MODULE:APP",
        says="FastAPI",
    ),
    "app-py-and-main-py": Layout(
        files={"app.py": flask(), "main.py": fastapi()},
        equal=("app:app app.py:2", "main:app main.py:2"),
    ),
    "application-and-factory-that-differ": Layout(
        files={
            "app.py": flask(),
            "main.py": _FAST + "def create_app():\n    return FastAPI()\n",
        },
        equal=("app:app app.py:2", "main:create_app() main.py:3"),
    ),
    "two-packages": Layout(
        files={"blog/app.py": flask(), "shop/app.py": flask()},
        equal=("blog.app:app blog/app.py:2", "shop.app:app shop/app.py:2"),
    ),
    "two-packages-in-src": Layout(
        files={
            "src/blog/__init__.py": flask(),
            "src/shop/__init__.py": flask(),
        },
        equal=("blog:app src/blog/__init__.py:2", "shop:app src/shop/__init__.py:2"),
    ),
    "two-other-modules": Layout(
        files={"blog.py": flask(), "shop.py": flask()},
        equal=("blog:app blog.py:2", "shop:app shop.py:2"),
    ),
    "two-factories": Layout(
        files={
            "app.py": "from flask import Flask\ndef admin():\n    return Flask('a')\n"
            "def public():\n    return Flask('b')\n"
        },
        equal=("app:admin() app.py:3", "app:public() app.py:5"),
    ),
    "streamlit-and-fastapi": Layout(
        files={"app.py": "import streamlit as st\nst.title('x')\n", "api.py": fastapi()},
        none="web: streamlit run app.py --server.port $PORT --server.address 0.0.0.0 "
        "--server.headless true",
        says="api.py (FastAPI)",
    ),
    "two-streamlit-scripts": Layout(
        files={
            "app.py": "import streamlit as st\nst.title('x')\n",
            "main.py": "import streamlit as st\nst.title('y')\n",
        },
        none="web: streamlit run app.py --server.port $PORT --server.address 0.0.0.0 "
        "--server.headless true",
        says="cannot choose between app.py (Streamlit) and main.py (Streamlit)",
    ),
    "two-branches": Layout(
        files={
            "app.py": "from flask import Flask\nimport os\nif os.environ.get('X'):\n"
            "    app = Flask('a')\nelse:\n    app = Flask('b')\n"
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "under-try": Layout(
        files={
            "app.py": "try:\n    from flask import Flask\nexcept ImportError:\n    raise\n"
            "try:\n    app = Flask(__name__)\nexcept Exception:\n    app = None\n"
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "only-in-a-function": Layout(
        files={"main.py": _FAST + "def main():\n    app = FastAPI()\n"},
        requires="fastapi\n",
        none="web: uvicorn --host 0.0.0.0 --port $PORT MODULE:APP",
        says="has no application of it",
    ),
    "only-as-a-script": Layout(
        files={
            "main.py": 'from flask import Flask\nif __name__ == "__main__":\n'
            "    app = Flask(__name__)\n    app.run()\n"
        },
        requires="flask\n",
        none="web: python main.py",
        says="PORT",
    ),
    "a-class-of-this-name-from-elsewhere": Layout(
        files={"app.py": "from bottles import Flask\napp = Flask()\n"},
        none="",
    ),
    "python-2": Layout(
        files={"app.py": flask() + "print 'hello'\n"}, serves=("app:app", "WSGI Flask")
    ),
    "python-2-with-the-module": Layout(
        files={"app.py": "import bottle\napp = bottle.Bottle()\nprint 'hello'\n"},
        serves=("app:app", "WSGI Bottle"),
    ),
    "windows-line-ends": Layout(
        files={"app.py": flask().replace("\n", "\r\n").encode()},
        serves=("app:app", "WSGI Flask"),
    ),
    "byte-order-mark": Layout(
        files={"app.py": b"\xef\xbb\xbf" + flask().encode()}, serves=("app:app", "WSGI Flask")
    ),
    "latin-1": Layout(
        files={"app.py": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n" + flask().encode()},
        serves=("app:app", "WSGI Flask"),
    ),
    "bytes-that-are-not-utf-8": Layout(
        files={"app.py": b"# caf\xe9\n" + flask().encode()}, serves=("app:app", "WSGI Flask")
    ),
    "template": Layout(
        files={"app.py": "from {{ project }} import app\n{{ body }}\n"},
        none="worker: python app.py",
    ),
    "template-folder": Layout(files={"{{ project }}/app.py": flask()}, none=""),
    "deeply-nested": Layout(
        files={"app.py": _DEEP + flask()}, serves=("app:app", "WSGI Flask")
    ),
    "too-large": Layout(
        files={"app.py": flask() + "# " + "x" * 200_000}, none="worker: python app.py"
    ),
    "imports-itself": Layout(
        files={"app.py": "from app import app\napp = app\n"}, none="worker: python app.py"
    ),
    "imports-in-a-circle": Layout(
        files={"app.py": "from main import app\n", "main.py": "from app import app\n"},
        none="worker: python app.py",
    ),
    "many-modules": Layout(
        files={**{f"m{number}.py": "x = 1\n" for number in range(60)}, "app.py": flask()},
        serves=("app:app", "WSGI Flask"),
    ),
}
