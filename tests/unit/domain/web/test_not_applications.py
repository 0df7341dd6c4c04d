"""What reading knows to be no web application, and what it does not know."""

from __future__ import annotations

import pytest

from slipway.domain.web.modules import Modules
from slipway.domain.web.not_applications import other_than_application

SUBCLASS = "from textual.app import App as Base\nclass Shop({}):\n    x = 1\n{}app = Shop()\n"
CALLABLE = "    def __call__(self, environ, start_response): ...\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app = None", "None"),
        ("app: object = 5", "a number"),
        ("app = 'shop'", "a text"),
        ("app = {}", "a dictionary"),
        ("app = [1]", "a list"),
        ("app = True", "a truth value"),
        ("def app(): ...", "a function without arguments"),
        ("import celery\napp = celery.Celery('x')", "made by celery.Celery"),
        ("from celery import Celery as C\nx = C()\napp = x", "made by celery.Celery"),
        ("from flask import Blueprint\napp = Blueprint('x', 'y')", "made by flask.Blueprint"),
        ("from other import app", "made by typer.Typer"),
        ("from other import app as x\napp = x", "made by typer.Typer"),
        (
            "class Shop: ...\napp = Shop()",
            "made by the class Shop, which has no method __call__",
        ),
        (SUBCLASS.format("Base", ""), "made by Shop, a class of textual.app.App"),
        # Any of these may be an application.
        ("from flask import Flask\napp = Flask('x')", ""),
        ("from unknown import Thing\napp = Thing()", ""),
        ("def app(environ, start_response): ...", ""),
        ("def app(*args): ...", ""),
        ("def app(scope): ...", ""),
        ("@Request.application\ndef app(): ...", ""),
        ("app = lambda environ, start_response: []", ""),
        ("class app: ...", ""),
        (SUBCLASS.format("Base", CALLABLE), ""),
        (SUBCLASS.format("Unknown", ""), ""),
        ("import flet\napp = flet.app(main, export_asgi_app=True)", ""),
        ("app = None\nif x:\n    app = make()", ""),
        ("try:\n    from shop import app\nexcept ImportError:\n    app = None", ""),
        ("app = None\ndef start():\n    global app\n    app = make()", ""),
        ("app = None\nfrom shop import app", ""),
        ("for app in (1, 2): ...", ""),
        ("app, x = make()", ""),
        ("app = None\nfrom shop import *", ""),
        ("from own import Celery\napp = Celery()", ""),
        ("from telegram import Bot\napp = Bot()", ""),
        ("app = app", ""),
        ("", ""),
    ],
)
def test_only_what_no_server_can_call_is_no_application(text: str, expected: str) -> None:
    files = {
        "main.py": text,
        "other.py": "import typer\napp = typer.Typer()\n",
        "own.py": "from celery import Celery\n",
        "telegram.py": "class Bot: ...\n",
    }
    modules = Modules(read=files.get)
    module = modules.get("main")
    assert module is not None
    assert other_than_application(modules, module, "app") == expected
