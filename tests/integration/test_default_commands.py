"""The default command of each server starts it, on Heroku and by herokuish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from default_commands import default_commands
from integration.classic_platform import Platform
from integration.packages import write_tree
from integration.plain_apps import ASGI, WSGI
from integration.serving import HEROKU, HEROKUISH, Dyno

AIOHTTP = """
from aiohttp import web


async def index(request):
    return web.Response(text="served")


def create_app():
    app = web.Application()
    app.add_routes([web.get("/", index)])
    return app


app = create_app()
"""
MODULES = {"app.py": WSGI, "main.py": ASGI, "harbour.py": AIOHTTP}
REQUIREMENTS = [
    *("aiohttp", "daphne", "gevent", "gevent-websocket", "granian", "gunicorn>=24"),
    *("hypercorn", "packaging", "pyuwsgi", "uvicorn", "uvicorn-worker", "waitress"),
]
WITH_EVENTLET = ["eventlet", "gunicorn<26"]
"""The last versions of Gunicorn that have a worker for it."""


@pytest.fixture(scope="session")
def app_with(
    slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Sequence[str]], Path]:
    """Build the app with certain servers, once: `app_with(requirements)`."""

    @cache
    def build_with(requirements: str) -> Path:
        folder = tmp_path_factory.mktemp("servers")
        files = {
            "requirements.txt": requirements,
            "Procfile": "web: gunicorn app:app\n",
            **MODULES,
            **{f"backend/{name}": _below(text) for name, text in MODULES.items()},
        }
        build = write_tree(folder / "build", files)
        platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
        platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
        return platform.move(build)

    return lambda names: build_with("".join(f"{name}\n" for name in names))


def _below(module: str) -> str:
    return module.replace("served", "served below")


@pytest.mark.long
@pytest.mark.parametrize("script", [HEROKU, HEROKUISH], ids=["heroku", "herokuish"])
@pytest.mark.parametrize("command", [command for _, command in default_commands()])
def test_a_default_command_serves(
    command: str, script: str, app_with: Callable[[Sequence[str]], Path]
) -> None:
    app = app_with(WITH_EVENTLET if "-k eventlet" in command else REQUIREMENTS)
    with Dyno(app=app, start_script=script).serve(command) as site:
        below = " below" if " backend " in command else ""
        assert site.get("/").text == f"served{below}"
