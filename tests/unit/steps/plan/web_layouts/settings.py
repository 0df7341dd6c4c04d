"""Apps that name their application: in a setting, or for one of their tools."""

from __future__ import annotations

from unit.steps.plan.web_layouts.layouts import FACTORY, Layout, fastapi, flask

_TWO = {"app.py": flask(), "main.py": fastapi()}
_PACKAGE = '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "shop"\nversion = "1"\n'


def _named(target: str) -> str:
    return f'[tool.slipway]\napp = "{target}"\n'


def _fastapi(target: str) -> str:
    return f'[tool.fastapi]\nentrypoint = "{target}"\n'


LAYOUTS = {
    "setting": Layout(
        files={**_TWO, "pyproject.toml": _named("main:app")},
        serves=("main:app", "ASGI FastAPI"),
    ),
    "variable-before-the-setting": Layout(
        files={**_TWO, "pyproject.toml": _named("main:app")},
        variables={"SLIPWAY_APP": "app:app"},
        serves=("app:app", "WSGI Flask"),
    ),
    "app-module": Layout(
        files=_TWO, variables={"APP_MODULE": "app:app"}, serves=("app:app", "WSGI Flask")
    ),
    "setting-in-src": Layout(
        files={"src/harbour/__init__.py": "", "src/harbour/web.py": fastapi("x")},
        variables={"APP_MODULE": "harbour.web:x"},
        serves=("src/ harbour.web:x", "ASGI FastAPI"),
    ),
    "setting-in-a-folder": Layout(
        files={
            "blog/wsgi.py": "import db\n" + flask(),
            "blog/db.py": "",
            "shop/wsgi.py": flask(),
        },
        variables={"APP_MODULE": "blog.wsgi:app"},
        serves=("blog/ wsgi:app", "WSGI Flask"),
    ),
    "setting-with-a-factory": Layout(
        files={"app.py": FACTORY},
        variables={"APP_MODULE": "app:create_app()"},
        serves=("app:create_app()", "WSGI Flask"),
    ),
    "setting-with-a-factory-that-is-not-called": Layout(
        files={"app.py": FACTORY},
        variables={"APP_MODULE": "app:create_app"},
        serves=("app:create_app()", "WSGI Flask"),
    ),
    "setting-with-sanic": Layout(
        files={"server.py": "from sanic import Sanic\nweb = Sanic('x')\n"},
        variables={"APP_MODULE": "server:web"},
        runs="sanic server:web --host=0.0.0.0 --port=$PORT",
    ),
    "setting-that-reading-cannot-check": Layout(
        files={"app.py": "from shop import *\n"},
        requires="fastapi\n",
        variables={"APP_MODULE": "app:site"},
        serves=("app:site", "ASGI"),
    ),
    "setting-with-an-installed-module": Layout(
        files={},
        requires="weblate\n",
        variables={"APP_MODULE": "weblate.wsgi:application"},
        serves=("weblate.wsgi:application", "WSGI"),
    ),
    "script-start": Layout(
        files={"pyproject.toml": _PACKAGE + 'scripts = { start = "shop:main" }\n'}, runs="start"
    ),
    "script-web-before-start": Layout(
        files={
            "pyproject.toml": _PACKAGE
            + 'scripts = { start = "shop:main", web = "shop:web" }\n',
            **_TWO,
        },
        runs="web",
    ),
    "script-of-an-app-that-is-no-package": Layout(
        files={
            "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
            'scripts = { start = "shop:main" }\n',
            "app.py": flask(),
        },
        serves=("app:app", "WSGI Flask"),
        says="not installed as a package",
    ),
    "script-of-poetry": Layout(
        files={
            "pyproject.toml": '[build-system]\nrequires = ["poetry-core"]\n[tool.poetry]\n'
            'name = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = ">=3.10"\n'
            '[tool.poetry.scripts]\nstart = "shop:main"\n',
            "shop.py": "",
        },
        runs="start",
    ),
    "fastapi-entrypoint": Layout(
        files={**_TWO, "pyproject.toml": _fastapi("main:app")},
        serves=("main:app", "ASGI FastAPI"),
    ),
    "fastapi-entrypoint-that-does-not-exist": Layout(
        files={"main.py": fastapi(), "pyproject.toml": _fastapi("main:api")},
        serves=("main:app", "ASGI FastAPI"),
        says="`entrypoint` in [tool.fastapi] names `main:api`, which the app does not have",
    ),
    "fastapi-entrypoint-of-a-module-that-does-not-exist": Layout(
        files={"main.py": fastapi(), "pyproject.toml": _fastapi("nope:app")},
        serves=("main:app", "ASGI FastAPI"),
        says="`entrypoint` in [tool.fastapi] names `nope:app`, which the app does not have",
    ),
    "fastapi-entrypoint-that-is-a-router": Layout(
        files={
            "main.py": "from fastapi import APIRouter\n" + fastapi() + "api = APIRouter()\n",
            "pyproject.toml": _fastapi("main:api"),
        },
        serves=("main:app", "ASGI FastAPI"),
        says="names `main:api`, which is made by fastapi.APIRouter, not a web application",
    ),
    "flask-app-that-is-a-blueprint": Layout(
        files={**_TWO, "part.py": "import flask\napp = flask.Blueprint('x', __name__)\n"},
        variables={"FLASK_APP": "part:app"},
        equal=("app:app app.py:2", "main:app main.py:2"),
        says="FLASK_APP names `part:app`, which is made by flask.Blueprint",
    ),
    "flask-app": Layout(
        files=_TWO, variables={"FLASK_APP": "app.py"}, serves=("app:app", "WSGI Flask")
    ),
    "flask-app-in-flaskenv": Layout(
        files={**_TWO, ".flaskenv": "# Flask\nexport FLASK_APP='app'\nFLASK_DEBUG=1\n"},
        serves=("app:app", "WSGI Flask"),
    ),
    "flask-app-with-a-name": Layout(
        files={"hello.py": flask("one") + "two = Flask('x')\n"},
        variables={"FLASK_APP": "hello:two"},
        serves=("hello:two", "WSGI Flask"),
    ),
    "flask-app-with-a-factory": Layout(
        files={"flaskr/__init__.py": FACTORY},
        variables={"FLASK_APP": "flaskr"},
        serves=("flaskr:create_app()", "WSGI Flask"),
    ),
    "flask-app-with-a-called-factory": Layout(
        files={"flaskr/__init__.py": FACTORY},
        variables={"FLASK_APP": "flaskr:create_app()"},
        serves=("flaskr:create_app()", "WSGI Flask"),
    ),
    "flask-app-with-arguments": Layout(
        files={"flaskr/__init__.py": FACTORY},
        variables={"FLASK_APP": "flaskr:create_app('production')"},
        none="web: gunicorn wsgi:app",
        says="`app = create_app('production')`",
    ),
    "flask-app-in-a-folder": Layout(
        files={"src/hello.py": flask("site"), "app.py": flask()},
        variables={"FLASK_APP": "src/hello"},
        serves=("src.hello:site", "WSGI Flask"),
    ),
    "flask-app-that-does-not-exist": Layout(
        files={"app.py": flask()},
        variables={"FLASK_APP": "hello.py"},
        serves=("app:app", "WSGI Flask"),
        says="FLASK_APP names `hello.py`, which the app does not have",
    ),
    "gunicorn-configuration": Layout(
        files={**_TWO, "gunicorn.conf.py": "workers = 2\nwsgi_app = 'app:app'\n"},
        serves=("app:app", "WSGI Flask"),
    ),
    "gunicorn-configuration-without-a-name": Layout(
        files={"gunicorn.conf.py": "wsgi_app = 'shop'\n", "shop.py": flask("application")},
        serves=("shop:application", "WSGI Flask"),
    ),
    "gunicorn-configuration-that-must-run": Layout(
        files={**_TWO, "gunicorn.conf.py": "import os\nwsgi_app = os.environ['APP']\n"},
        serves=("", "WSGI"),
    ),
    "gunicorn-configuration-without-an-application": Layout(
        files={"main.py": fastapi(), "gunicorn.conf.py": "workers = 2\n"},
        serves=("main:app", "ASGI FastAPI"),
    ),
}
