"""A small app of each framework is served, although it has no Procfile and names no server."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import FIXTURES, App
from integration.classic_platform import Platform
from integration.packages import write_tree
from integration.serving import HEROKUISH, TIMEOUT, Dyno, Site, processes
from integration.web_socket import echoed

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
_UVICORN = "uvicorn --host 0.0.0.0 --port $PORT"


@dataclass(frozen=True, kw_only=True)
class Framework:
    fixture: str
    command: str
    """The command of the process `web`."""
    path: str = "/"
    page: str = ""
    """What the page has; the name of the fixture if empty."""


FRAMEWORKS = {
    framework.fixture: framework
    for framework in (
        Framework(
            fixture="aiohttp_app", command="gunicorn -k aiohttp.GunicornWebWorker main:app"
        ),
        Framework(fixture="bottle_app", command="gunicorn app:app"),
        Framework(
            fixture="channels_site",
            command="daphne -b 0.0.0.0 -p $PORT harbour.asgi:application",
        ),
        Framework(fixture="connexion_app", command=f"{_UVICORN} app:app"),
        Framework(fixture="dash_app", command="gunicorn app:server"),
        Framework(fixture="falcon_app", command="gunicorn main:app"),
        Framework(fixture="falcon_asgi_app", command=f"{_UVICORN} main:app"),
        Framework(fixture="fastapi_app", command=f"{_UVICORN} main:app"),
        Framework(fixture="fasthtml_app", command=f"{_UVICORN} main:app"),
        Framework(fixture="flask_app", command="gunicorn app:app"),
        Framework(
            fixture="gradio_app",
            command="env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python app.py",
        ),
        Framework(fixture="litestar_app", command=f"{_UVICORN} app:app"),
        Framework(fixture="quart_app", command="hypercorn --bind 0.0.0.0:$PORT app:app"),
        Framework(fixture="sanic_app", command="sanic server:app --host=0.0.0.0 --port=$PORT"),
        Framework(fixture="starlette_app", command=f"{_UVICORN} app:app"),
        Framework(
            fixture="streamlit_app",
            command="streamlit run app.py --server.port $PORT --server.address 0.0.0.0 "
            "--server.headless true",
            page="<title>Streamlit</title>",
        ),
    )
}
FINISHED_LATE = {
    "flask_app": """
import time


@app.route("/slow")
def slow():
    def parts():
        yield "started\\n"
        time.sleep(3)
        yield "finished\\n"

    return parts()
""",
    "fastapi_app": """
import asyncio

from fastapi.responses import StreamingResponse


@app.get("/slow")
async def slow():
    async def parts():
        yield "started\\n"
        await asyncio.sleep(3)
        yield "finished\\n"

    return StreamingResponse(parts())
""",
}
"""What is added to an app, so that a response takes three seconds."""


def only_these(*fast: str) -> list[object]:
    """Return the frameworks as parameters; the others run only in the stage `long`."""
    return [
        pytest.param(framework, id=name, marks=() if name in fast else pytest.mark.long)
        for name, framework in FRAMEWORKS.items()
    ]


def assert_served(framework: Framework, site: Site) -> None:
    page = site.get(framework.path)
    assert page.status == 200, page.text
    assert (framework.page or framework.fixture) in page.text
    if framework.fixture == "channels_site":
        assert echoed(site.port, "/echo", "Ahoy, \u2693") == "Ahoy, \u2693"


def assert_finishes_a_request(site: Site, terminate: Callable[[int, int], None]) -> None:
    """Request a page that takes three seconds, and end the web process after its first line."""
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=TIMEOUT)) as client:
        client.request("GET", "/slow")
        answer = client.getresponse()
        assert answer.readline() == b"started\n"
        terminate(site.group, signal.SIGTERM)
        assert answer.read() == b"finished\n"


def slow_app(name: str, folder: Path) -> Path:
    """Copy an app, with a page that takes three seconds."""
    files = {path.name: path.read_text("utf-8") for path in (FIXTURES / name).iterdir()}
    [module] = (path for path in files if path.endswith(".py"))
    return write_tree(folder, {**files, module: f"{files[module]}{FINISHED_LATE[name]}"})


@pytest.mark.parametrize("framework", only_these())
def test_an_app_of_a_framework_is_served(
    framework: Framework, platform: Platform, app: App
) -> None:
    build = app(framework.fixture)
    platform.build(build, IMAGE_PYTHON)
    assert processes(build)["web"] == framework.command
    moved = platform.move(build)
    with Dyno(app=moved, start_script=HEROKUISH).serve() as site:
        assert_served(framework, site)


@pytest.mark.long
@pytest.mark.parametrize("name", ["flask_app", "fastapi_app", "channels_site"])
def test_pip_tools_adds_the_same_server(name: str, platform: Platform, app: App) -> None:
    build = app(name)
    platform.build(build, {**IMAGE_PYTHON, "SLIPWAY_TOOLCHAIN": "pip-tools"})
    with Dyno(app=platform.move(build)).serve() as site:
        assert_served(FRAMEWORKS[name], site)


@pytest.mark.parametrize("name", FINISHED_LATE)
def test_an_app_is_served_and_finishes_a_request_after_the_signal_to_stop(
    name: str, platform: Platform, tmp_path: Path
) -> None:
    build = slow_app(name, tmp_path / "build")
    platform.build(build, IMAGE_PYTHON)
    assert processes(build)["web"] == FRAMEWORKS[name].command
    # Heroku signals every process: https://devcenter.heroku.com/articles/dyno-shutdown-behavior
    with Dyno(app=platform.move(build)).serve() as site:
        assert_served(FRAMEWORKS[name], site)
        assert_finishes_a_request(site, os.killpg)
