"""The default command of each server starts it, on Heroku and by herokuish."""

from __future__ import annotations

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
    *("aiohttp", "daphne", "granian", "gunicorn>=24", "hypercorn", "pyuwsgi", "uvicorn"),
    *("uvicorn-worker", "waitress"),
]


@pytest.fixture(scope="session")
def app_with_servers(
    slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("servers")
    files = {
        "requirements.txt": "".join(f"{name}\n" for name in REQUIREMENTS),
        "Procfile": "web: gunicorn app:app\n",
        **MODULES,
        **{f"backend/{name}": _below(text) for name, text in MODULES.items()},
    }
    build = write_tree(folder / "build", files)
    platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
    platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    return platform.move(build)


def _below(module: str) -> str:
    return module.replace("served", "served below")


@pytest.mark.long
@pytest.mark.parametrize("script", [HEROKU, HEROKUISH], ids=["heroku", "herokuish"])
@pytest.mark.parametrize("command", [command for _, command in default_commands()])
def test_a_default_command_serves(command: str, script: str, app_with_servers: Path) -> None:
    with Dyno(app=app_with_servers, start_script=script).serve(command) as site:
        below = " below" if " backend " in command else ""
        assert site.get("/").text == f"served{below}"
