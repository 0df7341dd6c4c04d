"""A script that answers no requests is found, if reading is certain of it."""

from __future__ import annotations

import pytest

from slipway.domain.web.modules import Modules
from slipway.domain.web.script_faults import only_defined, unreachable_server

FLASK = "import os\nfrom flask import Flask\napp = Flask('x')\n"
FASTAPI = "import os, uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\n"
PORT = "int(os.environ['PORT'])"
BOTH = "not on the port in the variable PORT, and only for this machine"


def found(text: str) -> tuple[Modules, str]:
    return Modules(read={"main.py": text}.get), text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{FLASK}app.run()", BOTH),
        (f"{FLASK}if __name__ == '__main__':\n    app.run(debug=True)", BOTH),
        (f"{FLASK}app.run(port={PORT})", "only for this machine"),
        (f"{FLASK}app.run(host='0.0.0.0', port=5000)", "not on the port in the variable PORT"),
        (f"{FLASK}app.run('0.0.0.0', 5000)", "not on the port in the variable PORT"),
        (f"{FASTAPI}uvicorn.run(app, host='0.0.0.0')", "not on the port in the variable PORT"),
        (f"{FASTAPI}uvicorn.run('main:app', host='127.0.0.1', port={PORT})", "only for this"),
        (f"{FLASK}app.run(host='0.0.0.0', port={PORT})", ""),
        (f"{FLASK}app.run(**options)", ""),
        (f"{FLASK}app.run(port=settings.PORT)", ""),
        (f"{FLASK}import config\napp.run(config.HOST, config.PORT)", ""),
        (f"{FLASK}app.config['SERVER_NAME'] = 'x'\napp.run()", ""),
        (f"{FLASK}if os.environ.get('A'):\n    app.run()", ""),
        ("import dash\napp = dash.Dash()\napp.run()", ""),
        (FLASK, ""),
    ],
)
def test_a_server_that_no_request_reaches(text: str, problem: str) -> None:
    modules, _ = found(text)
    module = modules.get("main")
    assert module
    start = unreachable_server(modules, module)
    assert (start.problem if start else "").startswith(problem)
    assert bool(start) is bool(problem)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (FLASK, "app"),
        (f"'Shop.'\n{FLASK}@app.get('/')\ndef index(): return 'x'\n", "app"),
        (FASTAPI, "app"),
        (f"{FLASK}app.run()", ""),
        (f"{FLASK}start(app)", ""),
        (f"{FLASK}while True:\n    pass", ""),
        (f"{FLASK}if __name__ == '__main__':\n    main()", ""),
        ("import schedule\nx = 1\n", ""),
    ],
)
def test_an_application_that_is_only_defined(text: str, name: str) -> None:
    modules, _ = found(text)
    module = modules.get("main")
    assert module
    assert only_defined(modules, module) == name
