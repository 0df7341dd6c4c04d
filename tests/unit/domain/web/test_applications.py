"""The application of a web framework is found by reading a module."""

from __future__ import annotations

import pytest

from slipway.domain.web.applications import application_in, module_order


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("app = Flask(__name__)\n", "gunicorn --bind 0.0.0.0:$PORT main:app"),
        ("import flask\nsite = flask.Flask('x')\n", "gunicorn --bind 0.0.0.0:$PORT main:site"),
        ("api: FastAPI = FastAPI()\n", "uvicorn --host 0.0.0.0 --port $PORT main:api"),
        ("app = Starlette(routes=[])\n", "uvicorn --host 0.0.0.0 --port $PORT main:app"),
    ],
)
def test_an_object_gives_a_start_command(text: str, command: str) -> None:
    found = application_in("main.py", text)
    assert found is not None
    assert found.command == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Flask\n",
        "app = make(Flask)\n",
        "def create_app():\n    app = Flask(__name__)\n    return app\n",
        "app = Flask(\n",
        "class Flask: pass\n",
        "self.app = Flask(__name__)\n",
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    assert application_in("main.py", text) is None


def test_a_package_is_named_as_a_module() -> None:
    found = application_in("shop/__init__.py", "app = Flask(__name__)\n")
    assert found is not None
    assert found.command.endswith(" shop:app")


def test_usual_modules_come_first() -> None:
    files = ["a/app.py", "zoo.py", "main.py", "app.py", "tests.py"]
    ordered = ["app.py", "main.py", "tests.py", "zoo.py", "a/app.py"]
    assert sorted(files, key=module_order) == ordered
