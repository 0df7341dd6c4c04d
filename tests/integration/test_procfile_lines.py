"""The lines that notices about a Procfile advise work, as Heroku and herokuish start them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import Platform
from integration.packages import write_tree
from integration.plain_apps import ASGI, WSGI
from integration.serving import HEROKU, HEROKUISH, Dyno, processes
from integration.test_fixtures_served import sentences
from procfile_lines import FAULTS, Fault

FASTAPI = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index():
    return "served"
"""
SANIC = """
from sanic import Sanic, text

app = Sanic("harbour")


@app.get("/")
async def index(request):
    return text("served")
"""
FILES = {
    "api.py": FASTAPI,
    "server.py": SANIC,
    "app.py": WSGI,
    "backend/app.py": WSGI,
    "a/__init__.py": f"{WSGI}\n\nb = app\n",
    "a/b/app.py": WSGI,
    "main.py": ASGI,
    "chat/asgi.py": ASGI,
    "conf.py": "workers = 1\n",
    "setup.sh": "true\n",
    "worker.py": "print('worked')\n",
    "src/worker.py": "print('worked')\n",
    "Procfile": "web: gunicorn app:app\nold: python manage.py run_gunicorn\n",
}
DATABASE = """
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
FEW = ["Django>=5.2,<5.3", "gunicorn", "uvicorn"]
SERVERS = [
    *("daphne", "fastapi[standard]", "granian", "hypercorn", "pyuwsgi", "sanic", "streamlit"),
    "waitress",
]
IN_CI = {
    "web: gunicorn -b 0.0.0.0:8000 app:app",
    "web: uvicorn main:app",
    "web: cd backend && python manage.py migrate && gunicorn app:app",
    "web: gunicorn app:app | cat",
    "worker: python worker.py --password hunter2",
}
NOT_SERVED = {
    "celery": "it needs a broker",
    "$PROGRAM": "it is for any program",
}
"""Parts of lines whose advised lines are not started here, and why."""
ADVISED = [
    pytest.param(fault, marks=[] if fault.line in IN_CI else pytest.mark.long, id=fault.line)
    for fault in FAULTS
    if any(fault.advised) and not any(part in fault.line for part in NOT_SERVED)
]


@pytest.fixture(scope="session")
def few(slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an app that is built with the usual servers."""
    return built(FEW, slipway, shared_cache, tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="session")
def many(slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an app that is built with every server that a line starts."""
    return built([*FEW, *SERVERS], slipway, shared_cache, tmp_path_factory.mktemp("many"))


def built(requirements: list[str], slipway: Path, cache: Path, folder: Path) -> Path:
    build = write_tree(folder / "build", FILES)
    site = FIXTURES / "django_without_staticfiles"
    for place in (build, build / "backend"):
        shutil.copytree(site, place, dirs_exist_ok=True)
        with (place / "harbour/settings.py").open("a") as settings:
            settings.write(DATABASE)
    (build / "requirements.txt").write_text("\n".join(requirements))
    platform = Platform(slipway=slipway, folder=folder, cache=cache)
    platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    return platform.move(build)


@pytest.fixture
def app(request: pytest.FixtureRequest, fault: Fault) -> Iterator[Path]:
    """Return the built app with the lines that are advised, and without them afterwards."""
    place: Path = request.getfixturevalue("few" if fault.line in IN_CI else "many")
    before = (place / "Procfile").read_text()
    (place / "Procfile").write_text("".join(f"{line}\n" for line in fault.advised))
    for name in processes(place) if fault.script else ():
        write_tree(place, {f"bin/{name}.sh": f"{fault.script}\n"})
    yield place
    (place / "Procfile").write_text(before)


@pytest.mark.parametrize("fault", ADVISED)
def test_an_advised_line_works(fault: Fault, app: Path) -> None:
    dynos = [Dyno(app=app, start_script=script) for script in (HEROKU, HEROKUISH)]
    for (name, command), dyno in product(processes(app).items(), dynos):
        if name == "web":
            with dyno.serve(command) as site:
                assert site.get("/").status == 200
        else:
            ended = dyno.run(command)
            assert ended.status == 0, ended.all


def test_a_build_names_faults_and_shows_no_secret(platform: Platform, tmp_path: Path) -> None:
    build = write_tree(
        tmp_path / "build",
        {
            "requirements.txt": "gunicorn\n",
            "app.py": WSGI,
            "Procfile": "web: SECRET_KEY=hunter22 gunicorn app:app\n"
            "worker: celery -b amqp://user:hunter23@host worker\n",
        },
    )
    result = platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert result.status == 0, result.all
    assert "hunter" not in result.all
    log = sentences(result.all)
    assert "Procfile, line 1, `web: SECRET_KEY=**** gunicorn app:app`: everybody who" in log
    assert "Write `web: gunicorn app:app`" in log
    assert "Write `worker: celery -b $CLOUDAMQP_URL worker`" in log
